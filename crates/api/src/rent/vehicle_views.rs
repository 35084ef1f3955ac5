//! Vehicles as clients see them: one envelope, with the particulars of the one kind it is of.

use commerce::{Actor, Role, Timestamp};
use rent::{
    Bicycle, Bike, Car, Found, KeptListing, Listing, ListingPage, ListingStatus, Motorbike,
    Scooter, Unit, Vehicle,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    rate_views::{RatesView, TermsView},
    shop_views::ShopCard,
    words::{BikeClassWord, FeatureWord, FuelWord, KindWord, LicenceWord, TransmissionWord},
};
use crate::{extract::Ref, images::ImageView, views::MoneyView};

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Vehicle")]
pub struct VehicleView {
    pub id: Ref<Listing>,
    pub kind: KindWord,
    /// There for a scooter.
    pub scooter: Option<ScooterView>,
    /// There for a bike.
    pub bike: Option<BikeView>,
    /// There for a car.
    pub car: Option<CarView>,
    pub title: String,
    pub description: String,
    /// `draft`, `published`, `paused` or `retired`.
    pub status: String,
    pub shop: ShopCard,
    pub features: Vec<FeatureWord>,
    /// How many people it carries, its driver among them.
    pub seats: u8,
    /// What its driver needs; null where that is none.
    pub licence: Option<LicenceWord>,
    pub minimum_age: u8,
    pub rates: Option<RatesView>,
    pub terms: TermsView,
    pub images: Vec<ImageView>,
    /// How many of it can go out.
    pub units_ready: u32,
    /// Each of them, for those who keep the shop.
    pub units: Option<Vec<UnitView>>,
    pub published_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl VehicleView {
    /// The vehicle as this reader may see it.
    pub fn of(page: ListingPage, reader: Option<&Actor>) -> Self {
        let ListingPage { listing, shop } = page;
        let listing = listing.state;
        let keeps = |actor: &Actor| actor.user == shop.owner || actor.role == Role::Operator;
        let shown = reader.is_some_and(keeps);
        let ready = u32::try_from(listing.ready_units().count()).unwrap_or(u32::MAX);
        let particulars = Particulars::of(&listing.vehicle);
        Self {
            id: listing.id.into(),
            kind: listing.vehicle.kind().into(),
            scooter: particulars.scooter,
            bike: particulars.bike,
            car: particulars.car,
            status: listing.status.name().to_owned(),
            shop: (&shop).into(),
            features: listing.vehicle.features().into_iter().map(Into::into).collect(),
            seats: listing.vehicle.seats(),
            licence: listing.vehicle.licence().map(Into::into),
            minimum_age: listing.vehicle.minimum_age(),
            rates: listing.rates.map(Into::into),
            terms: listing.terms.into(),
            images: listing.images.into_iter().map(Into::into).collect(),
            units_ready: ready,
            units: shown.then(|| listing.units.into_iter().map(Into::into).collect()),
            published_at: match listing.status {
                ListingStatus::Published { since } => Some(since),
                ListingStatus::Draft
                | ListingStatus::Paused { .. }
                | ListingStatus::Retired { .. } => None,
            },
            title: listing.title,
            description: listing.description,
            created_at: listing.created_at,
            updated_at: listing.updated_at,
        }
    }
}

#[derive(Default)]
struct Particulars {
    scooter: Option<ScooterView>,
    bike: Option<BikeView>,
    car: Option<CarView>,
}

impl Particulars {
    fn of(vehicle: &Vehicle) -> Self {
        match vehicle {
            Vehicle::Scooter(scooter) => Self { scooter: Some(scooter.into()), ..Self::default() },
            Vehicle::Bike(bike) => Self { bike: Some(bike.into()), ..Self::default() },
            Vehicle::Car(car) => Self { car: Some(car.into()), ..Self::default() },
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Scooter")]
pub struct ScooterView {
    pub make: String,
    pub model: String,
    pub year: u16,
    pub fuel: FuelWord,
    pub engine_cc: Option<u32>,
    pub range_km: Option<u32>,
    pub helmets: u8,
    pub top_box: bool,
    pub odometer_km: u32,
}

impl From<&Scooter> for ScooterView {
    fn from(scooter: &Scooter) -> Self {
        Self {
            make: scooter.make.clone(),
            model: scooter.model.clone(),
            year: scooter.year,
            fuel: scooter.fuel.into(),
            engine_cc: scooter.engine_cc,
            range_km: scooter.range_km,
            helmets: scooter.helmets,
            top_box: scooter.top_box,
            odometer_km: scooter.odometer_km,
        }
    }
}

/// A motorbike has an engine and an odometer, a bicycle a frame and gears; the rest is null.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Bike")]
pub struct BikeView {
    pub class: BikeClassWord,
    pub make: String,
    pub model: String,
    pub year: Option<u16>,
    pub fuel: Option<FuelWord>,
    pub engine_cc: Option<u32>,
    pub transmission: Option<TransmissionWord>,
    pub odometer_km: Option<u32>,
    pub frame_cm: Option<u8>,
    pub gears: Option<u8>,
    pub electric: Option<bool>,
    pub helmets: u8,
}

impl From<&Bike> for BikeView {
    fn from(bike: &Bike) -> Self {
        match bike {
            Bike::Motorbike(motorbike) => motorbike.into(),
            Bike::Bicycle(bicycle) => bicycle.into(),
        }
    }
}

impl From<&Motorbike> for BikeView {
    fn from(bike: &Motorbike) -> Self {
        Self {
            class: BikeClassWord::Motorbike,
            make: bike.make.clone(),
            model: bike.model.clone(),
            year: Some(bike.year),
            fuel: Some(bike.fuel.into()),
            engine_cc: bike.engine_cc,
            transmission: Some(bike.transmission.into()),
            odometer_km: Some(bike.odometer_km),
            frame_cm: None,
            gears: None,
            electric: None,
            helmets: bike.helmets,
        }
    }
}

impl From<&Bicycle> for BikeView {
    fn from(bike: &Bicycle) -> Self {
        Self {
            class: BikeClassWord::Bicycle,
            make: bike.make.clone(),
            model: bike.model.clone(),
            year: None,
            fuel: None,
            engine_cc: None,
            transmission: None,
            odometer_km: None,
            frame_cm: Some(bike.frame_cm),
            gears: Some(bike.gears),
            electric: Some(bike.electric),
            helmets: bike.helmets,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Car")]
pub struct CarView {
    pub make: String,
    pub model: String,
    pub year: u16,
    pub fuel: FuelWord,
    pub engine_cc: Option<u32>,
    pub transmission: TransmissionWord,
    pub seats: u8,
    pub doors: u8,
    pub air_conditioning: bool,
    pub licence_held_years: u8,
    pub odometer_km: u32,
    /// How far a day's rent goes; null for as far as one likes.
    pub km_per_day: Option<u32>,
}

impl From<&Car> for CarView {
    fn from(car: &Car) -> Self {
        Self {
            make: car.make.clone(),
            model: car.model.clone(),
            year: car.year,
            fuel: car.fuel.into(),
            engine_cc: car.engine_cc,
            transmission: car.transmission.into(),
            seats: car.seats,
            doors: car.doors,
            air_conditioning: car.air_conditioning,
            licence_held_years: car.licence_held_years,
            odometer_km: car.odometer_km,
            km_per_day: car.km_per_day,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "VehicleUnit")]
pub struct UnitView {
    pub id: Ref<Unit>,
    /// What tells it from the others.
    pub label: String,
    /// Not lent at the moment.
    pub away: bool,
}

impl From<Unit> for UnitView {
    fn from(unit: Unit) -> Self {
        Self { id: unit.id.into(), label: unit.label, away: unit.away }
    }
}

/// A vehicle as a list for its keepers shows it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "KeptVehicle")]
pub struct KeptView {
    pub id: Ref<Listing>,
    pub kind: KindWord,
    pub title: String,
    pub status: String,
    pub units: u32,
    pub updated_at: Timestamp,
}

impl From<KeptListing> for KeptView {
    fn from(kept: KeptListing) -> Self {
        let KeptListing { id, kind, title, status, units, updated_at } = kept;
        Self { id: id.into(), kind: kind.into(), title, status, units, updated_at }
    }
}

/// A vehicle as a search shows it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "VehicleCard")]
pub struct CardView {
    pub id: Ref<Listing>,
    pub kind: KindWord,
    pub title: String,
    pub image: Option<ImageView>,
    pub shop: ShopCard,
    pub features: Vec<FeatureWord>,
    pub seats: u8,
    /// Booked at once, or asked for.
    pub instant: bool,
    /// How many are free in the period that was searched for, or can go out at all.
    pub units: u32,
    /// A day at the plain rate, or the nearest to it there is.
    pub day_from: MoneyView,
    /// From the place that was searched near.
    pub distance_m: Option<u32>,
    /// For the period that was searched for, tax and deposit included.
    pub total: Option<MoneyView>,
    /// What of the total goes back after the return.
    pub deposit: Option<MoneyView>,
}

impl From<Found> for CardView {
    fn from(found: Found) -> Self {
        let Found { hit, day_from, distance_m, quote } = found;
        let listing = hit.listing;
        Self {
            id: listing.id.into(),
            kind: listing.vehicle.kind().into(),
            image: listing.images.into_iter().next().map(Into::into),
            shop: (&hit.shop).into(),
            features: listing.vehicle.features().into_iter().map(Into::into).collect(),
            seats: listing.vehicle.seats(),
            instant: listing.terms.instant,
            units: hit.units,
            day_from: day_from.into(),
            distance_m,
            total: quote.as_ref().map(|quote| quote.totals.total.into()),
            deposit: quote.map(|quote| quote.deposit.into()),
            title: listing.title,
        }
    }
}
