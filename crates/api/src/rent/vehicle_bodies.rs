//! What clients send about vehicles: a body for each kind, flat, so that every fault has a plain place.

use garde::Validate;
use rent::{
    Bicycle, Bike, Car, Image, LicenceClass, Listing, ListingEdit, Motorbike, NewListing, RentShop,
    Scooter, Terms, Unit, Vehicle,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    rate_bodies::{RatesBody, TermsBody},
    words::{BikeClassWord, FuelWord, LicenceWord, TransmissionWord},
};
use crate::{
    extract::{Faults, Object, Reads, Ref},
    images::{self, NewImageBody},
};

#[derive(Debug, Deserialize, JsonSchema)]
pub struct VehiclePath {
    pub id: Ref<Listing>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct UnitPath {
    pub id: Ref<Listing>,
    pub unit: Ref<Unit>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct VehicleImagePath {
    pub id: Ref<Listing>,
    pub image: Ref<Image>,
}

/// What every listing has, whatever it lends.
pub struct Offer {
    shop: Ref<RentShop>,
    title: String,
    description: String,
    rates: Option<RatesBody>,
    terms: Option<TermsBody>,
    units: Vec<String>,
    images: Vec<Object<NewImageBody>>,
}

impl Offer {
    fn of(self, vehicle: Vehicle, faults: &mut Faults) -> NewListing {
        let images = images::read_all(self.images, faults);
        NewListing {
            shop: self.shop.0,
            title: self.title,
            description: self.description,
            vehicle,
            rates: self.rates.map(|rates| rates.read(faults)),
            terms: self.terms.map(Terms::from).unwrap_or_default(),
            units: self.units,
            images,
        }
    }
}

macro_rules! vehicle {
    (
        $(#[$about_new:meta])* $new:ident;
        $(#[$about_details:meta])* $details:ident { $($(#[$rule:meta])* $field:ident: $kind:ty,)+ }
    ) => {
        #[derive(Debug, Deserialize, JsonSchema, Validate)]
        #[serde(deny_unknown_fields)]
        $(#[$about_details])*
        pub struct $details {
            $($(#[$rule])* pub $field: $kind,)+
        }

        #[derive(Debug, Deserialize, JsonSchema, Validate)]
        #[serde(deny_unknown_fields)]
        $(#[$about_new])*
        pub struct $new {
            /// The shop that lends it.
            #[garde(skip)]
            pub shop: Ref<RentShop>,
            #[garde(length(chars, min = 1, max = 120))]
            pub title: String,
            #[serde(default)]
            #[garde(length(chars, max = 5_000))]
            pub description: String,
            #[garde(dive)]
            pub rates: Option<RatesBody>,
            #[garde(dive)]
            pub terms: Option<TermsBody>,
            /// What tells each of the identical vehicles from the others: number plates, frame numbers.
            #[serde(default)]
            #[garde(length(max = 200), inner(length(chars, min = 1, max = 40)))]
            pub units: Vec<String>,
            #[serde(default)]
            #[garde(length(max = 20), dive)]
            pub images: Vec<Object<NewImageBody>>,
            $($(#[$rule])* pub $field: $kind,)+
        }

        impl Reads for $new {
            type Thing = NewListing;

            fn read(self, faults: &mut Faults) -> NewListing {
                let Self { shop, title, description, rates, terms, units, images, $($field),+ } = self;
                let vehicle = $details { $($field),+ }.read(faults);
                let offer = Offer { shop, title, description, rates, terms, units, images };
                offer.of(vehicle, faults)
            }
        }
    };
}

vehicle! {
    #[schemars(rename = "NewScooter", example = json!({
        "shop": "rsh_019aa3c5d1f27c3e8a4b5c6d7e8f9012", "title": "Activa for the city",
        "description": "Twist and go.", "make": "Honda", "model": "Activa", "year": 2024,
        "fuel": "petrol", "engine_cc": 110, "helmets": 2, "top_box": true, "licence": "a1",
        "minimum_age": 18, "odometer_km": 8_000, "units": ["AS-01-1234", "AS-01-1235"],
        "images": [{"url": "/demo/images/honda-activa.svg", "alt": "A red scooter"}],
        "terms": {"instant": true},
        "rates": {
            "currency": "USD", "hour_minor": 200, "day_minor": 1_200, "week_minor": 7_000,
            "min_minutes": 60, "max_minutes": 43_200, "deposit_minor": 5_000, "late_hour_minor": 300,
            "rules": [{"name": "Weekends", "days": "weekend", "basis_points": 12_500}],
            "extras": [{"code": "helmet", "name": "Another helmet", "price_minor": 100, "charged": "per_day", "most": 2}],
            "tax": {"basis_points": 1_800, "inclusive": false, "jurisdiction": "IN-AS"},
            "cancellation": {"tiers": [{"hours_before": 24, "basis_points": 10_000}]},
        },
    }))]
    NewScooterBody;
    /// All there is to know of a scooter.
    #[schemars(rename = "ScooterInput", example = json!({
        "make": "Honda", "model": "Activa", "year": 2024, "fuel": "petrol", "engine_cc": 110,
        "helmets": 2, "top_box": true, "licence": "a1", "minimum_age": 18, "odometer_km": 8_000,
    }))]
    ScooterBody {
        #[garde(length(chars, min = 1, max = 60))]
        make: String,
        #[garde(length(chars, min = 1, max = 60))]
        model: String,
        #[garde(range(min = 1_950, max = 2_100))]
        year: u16,
        /// Petrol or electric.
        #[garde(skip)]
        fuel: FuelWord,
        /// Absent for an electric one.
        #[garde(range(min = 30, max = 1_000))]
        engine_cc: Option<u32>,
        /// How far an electric one goes on a charge.
        #[garde(range(min = 1, max = 500))]
        range_km: Option<u32>,
        /// How many go out with it.
        #[garde(range(max = 2))]
        helmets: u8,
        #[serde(default)]
        #[garde(skip)]
        top_box: bool,
        /// What its driver needs; absent where that is none.
        #[garde(skip)]
        licence: Option<LicenceWord>,
        #[garde(range(min = 14, max = 30))]
        minimum_age: u8,
        #[garde(range(max = 1_000_000))]
        odometer_km: u32,
    }
}

impl Reads for ScooterBody {
    type Thing = Vehicle;

    fn read(self, _: &mut Faults) -> Vehicle {
        Vehicle::Scooter(Scooter {
            make: self.make,
            model: self.model,
            year: self.year,
            fuel: self.fuel.into(),
            engine_cc: self.engine_cc,
            range_km: self.range_km,
            helmets: self.helmets,
            top_box: self.top_box,
            licence: self.licence.map(Into::into),
            minimum_age: self.minimum_age,
            odometer_km: self.odometer_km,
        })
    }
}

vehicle! {
    #[schemars(rename = "NewBike", example = json!({
        "shop": "rsh_019aa3c5d1f27c3e8a4b5c6d7e8f9012", "title": "Himalayan for the hills",
        "description": "For roads that climb.", "class": "motorbike", "make": "Royal Enfield",
        "model": "Himalayan", "year": 2023, "fuel": "petrol", "engine_cc": 411,
        "transmission": "manual", "licence": "a2", "helmets": 2, "minimum_age": 21,
        "odometer_km": 15_000, "units": ["AS-01-4411"],
        "images": [{"url": "/demo/images/himalayan.svg", "alt": "A grey motorbike"}],
        "rates": {
            "currency": "USD", "day_minor": 3_000, "min_minutes": 1_440, "max_minutes": 43_200,
            "deposit_minor": 20_000,
        },
    }))]
    NewBikeBody;
    /// All there is to know of a bike: a motorbike has an engine and an odometer, a bicycle a frame and gears.
    #[schemars(rename = "BikeInput", example = json!({
        "class": "bicycle", "make": "Trek", "model": "Marlin", "frame_cm": 48, "gears": 21,
        "electric": false, "helmets": 1, "minimum_age": 12,
    }))]
    BikeBody {
        #[garde(skip)]
        class: BikeClassWord,
        #[garde(length(chars, min = 1, max = 60))]
        make: String,
        #[garde(length(chars, min = 1, max = 60))]
        model: String,
        /// Of a motorbike.
        #[garde(range(min = 1_920, max = 2_100))]
        year: Option<u16>,
        /// Of a motorbike: petrol or electric.
        #[garde(skip)]
        fuel: Option<FuelWord>,
        /// Of a motorbike that is not electric.
        #[garde(range(min = 50, max = 3_000))]
        engine_cc: Option<u32>,
        /// Of a motorbike.
        #[garde(skip)]
        transmission: Option<TransmissionWord>,
        /// What its driver needs; of a motorbike.
        #[garde(skip)]
        licence: Option<LicenceWord>,
        /// Of a motorbike.
        #[garde(range(max = 2_000_000))]
        odometer_km: Option<u32>,
        /// Of a bicycle: the height of its frame.
        #[garde(range(min = 20, max = 75))]
        frame_cm: Option<u8>,
        /// Of a bicycle.
        #[garde(range(min = 1, max = 40))]
        gears: Option<u8>,
        /// Of a bicycle: a motor helps with pedalling.
        #[garde(skip)]
        electric: Option<bool>,
        /// How many go out with it.
        #[garde(range(max = 2))]
        helmets: u8,
        #[garde(range(min = 6, max = 30))]
        minimum_age: u8,
    }
}

impl Reads for BikeBody {
    type Thing = Vehicle;

    fn read(self, faults: &mut Faults) -> Vehicle {
        Vehicle::Bike(match self.class {
            BikeClassWord::Motorbike => Bike::Motorbike(self.motorbike(faults)),
            BikeClassWord::Bicycle => Bike::Bicycle(self.bicycle(faults)),
        })
    }
}

impl BikeBody {
    fn motorbike(self, faults: &mut Faults) -> Motorbike {
        let others = [
            ("frame_cm", self.frame_cm.is_some()),
            ("gears", self.gears.is_some()),
            ("electric", self.electric.is_some()),
        ];
        faults.out_of_place(&others, "only a bicycle has it");
        let licence = self.licence.map(LicenceClass::from);
        Motorbike {
            make: self.make,
            model: self.model,
            year: faults.needed("year", self.year, 2_000),
            fuel: faults.needed("fuel", self.fuel, FuelWord::Petrol).into(),
            engine_cc: self.engine_cc,
            transmission: faults
                .needed("transmission", self.transmission, TransmissionWord::Manual)
                .into(),
            helmets: self.helmets,
            licence: faults.needed("licence", licence, LicenceClass::A),
            minimum_age: self.minimum_age,
            odometer_km: faults.needed("odometer_km", self.odometer_km, 0),
        }
    }

    fn bicycle(self, faults: &mut Faults) -> Bicycle {
        let others = [
            ("year", self.year.is_some()),
            ("fuel", self.fuel.is_some()),
            ("engine_cc", self.engine_cc.is_some()),
            ("transmission", self.transmission.is_some()),
            ("licence", self.licence.is_some()),
            ("odometer_km", self.odometer_km.is_some()),
        ];
        faults.out_of_place(&others, "only a motorbike has it");
        Bicycle {
            make: self.make,
            model: self.model,
            frame_cm: faults.needed("frame_cm", self.frame_cm, 50),
            gears: faults.needed("gears", self.gears, 1),
            electric: self.electric.unwrap_or(false),
            helmets: self.helmets,
            minimum_age: self.minimum_age,
        }
    }
}

vehicle! {
    #[schemars(rename = "NewCar", example = json!({
        "shop": "rsh_019aa3c5d1f27c3e8a4b5c6d7e8f9012", "title": "Swift, self-drive",
        "description": "A small car for small roads.", "make": "Maruti", "model": "Swift",
        "year": 2023, "fuel": "petrol", "engine_cc": 1_197, "transmission": "manual", "seats": 5,
        "doors": 5, "air_conditioning": true, "minimum_age": 21, "licence_held_years": 1,
        "odometer_km": 21_000, "km_per_day": 300, "units": ["AS-01-9001"],
        "images": [{"url": "/demo/images/maruti-swift.svg", "alt": "A red car"}],
        "rates": {
            "currency": "USD", "day_minor": 4_500, "min_minutes": 1_440, "max_minutes": 43_200,
            "deposit_minor": 20_000, "late_hour_minor": 500, "late_grace_minutes": 30,
        },
    }))]
    NewCarBody;
    /// All there is to know of a car that its renter drives.
    #[schemars(rename = "CarInput", example = json!({
        "make": "Maruti", "model": "Swift", "year": 2023, "fuel": "petrol", "engine_cc": 1_197,
        "transmission": "manual", "seats": 5, "doors": 5, "air_conditioning": true,
        "minimum_age": 21, "licence_held_years": 1, "odometer_km": 21_000, "km_per_day": 300,
    }))]
    CarBody {
        #[garde(length(chars, min = 1, max = 60))]
        make: String,
        #[garde(length(chars, min = 1, max = 60))]
        model: String,
        #[garde(range(min = 1_920, max = 2_100))]
        year: u16,
        #[garde(skip)]
        fuel: FuelWord,
        /// Absent for an electric one.
        #[garde(range(min = 400, max = 9_000))]
        engine_cc: Option<u32>,
        #[garde(skip)]
        transmission: TransmissionWord,
        #[garde(range(min = 1, max = 9))]
        seats: u8,
        #[garde(range(min = 2, max = 6))]
        doors: u8,
        #[serde(default)]
        #[garde(skip)]
        air_conditioning: bool,
        #[garde(range(min = 16, max = 30))]
        minimum_age: u8,
        /// For how many whole years its driver has had a licence of class B at least.
        #[serde(default)]
        #[garde(range(max = 10))]
        licence_held_years: u8,
        #[garde(range(max = 2_000_000))]
        odometer_km: u32,
        /// How far a day's rent goes; absent for as far as one likes.
        #[garde(range(min = 1, max = 5_000))]
        km_per_day: Option<u32>,
    }
}

impl Reads for CarBody {
    type Thing = Vehicle;

    fn read(self, _: &mut Faults) -> Vehicle {
        Vehicle::Car(Car {
            make: self.make,
            model: self.model,
            year: self.year,
            fuel: self.fuel.into(),
            engine_cc: self.engine_cc,
            transmission: self.transmission.into(),
            seats: self.seats,
            doors: self.doors,
            air_conditioning: self.air_conditioning,
            minimum_age: self.minimum_age,
            licence_held_years: self.licence_held_years,
            odometer_km: self.odometer_km,
            km_per_day: self.km_per_day,
        })
    }
}

/// What is absent stays; rates and terms are replaced as a whole.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VehiclePatch", example = json!({
    "title": "Swift, washed", "terms": {"instant": false, "lead_minutes": 120},
}))]
pub struct VehiclePatch {
    #[garde(length(chars, min = 1, max = 120))]
    pub title: Option<String>,
    #[garde(length(chars, max = 5_000))]
    pub description: Option<String>,
    #[garde(dive)]
    pub rates: Option<RatesBody>,
    #[garde(dive)]
    pub terms: Option<TermsBody>,
}

impl Reads for VehiclePatch {
    type Thing = ListingEdit;

    fn read(self, faults: &mut Faults) -> ListingEdit {
        ListingEdit {
            title: self.title,
            description: self.description,
            vehicle: None,
            rates: self.rates.map(|rates| rates.read(faults)),
            terms: self.terms.map(Into::into),
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewUnit", example = json!({"label": "AS-01-1236"}))]
pub struct NewUnitBody {
    /// What tells it from the others: a number plate, a frame number.
    #[garde(length(chars, min = 1, max = 40))]
    pub label: String,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UnitPatch", example = json!({"away": true}))]
pub struct UnitPatch {
    /// In the workshop or gone; it is not lent until it is back, but keeps its bookings.
    #[garde(skip)]
    pub away: bool,
}
