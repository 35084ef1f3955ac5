//! Finding vehicles.

use commerce::{Currency, FieldError, Span, Timestamp};
use garde::Validate;
use paperclip::actix::{api_v2_operation, web::Data};
use rent::{Feature, Find, Near, Place, Rent, Sort, VehicleFilter};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{places::degrees, vehicle_views::CardView};
use crate::{
    Fail, Problem,
    answer::Json,
    extract::{PageView, Query},
};

/// What is searched in where no radius is told: 10 kilometres.
const RADIUS_M: u32 = 10_000;

/// What a search is in where no currency is told.
#[derive(Debug, Clone, Copy)]
pub struct OwnCurrency(pub Currency);

#[derive(Debug, Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// A place in decimal degrees, `latitude,longitude`: `26.144518,91.736237`.
    #[garde(length(chars, min = 1, max = 30))]
    pub near: Option<String>,
    /// How far from there the shop may be; 10 kilometres unless told.
    #[garde(range(min = 1, max = 500_000))]
    pub radius_m: Option<u32>,
    #[garde(skip)]
    pub kind: Option<KindParameter>,
    /// On a day at the plain rate, in minor units of the search's currency.
    #[garde(range(min = 0))]
    pub price_min: Option<i64>,
    #[garde(range(min = 0))]
    pub price_max: Option<i64>,
    /// ISO 4217; the house's own unless told. A search shows what is rented out in it.
    #[garde(length(chars, equal = 3))]
    pub currency: Option<String>,
    /// All of these, with commas between: `air_conditioning`, `automatic`, `bicycle`, `electric`, `helmet`,
    /// `motorbike`, `no_licence`, `top_box`.
    #[garde(length(chars, min = 1, max = 200))]
    pub features: Option<String>,
    /// At least so many.
    #[garde(range(min = 1, max = 9))]
    pub seats: Option<u8>,
    /// With `free_until`: only what can be booked for this period, and what it comes to.
    #[garde(skip)]
    pub free_from: Option<Timestamp>,
    #[garde(skip)]
    pub free_until: Option<Timestamp>,
    /// `distance` near a place, else `price`.
    #[garde(skip)]
    pub sort: Option<SortParameter>,
    /// How many vehicles at most; 20 unless told. A page may be shorter though more follow.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "VehicleKindParameter", inline)]
pub enum KindParameter {
    Scooter,
    Bike,
    Car,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(rename = "VehicleSort", inline)]
pub enum SortParameter {
    #[serde(rename = "distance")]
    Distance,
    #[serde(rename = "price")]
    PriceUp,
    #[serde(rename = "-price")]
    PriceDown,
}

/// Find vehicles to rent.
///
/// Near a place, of a kind, with features, at a price, and free in a period; for a period, each vehicle is shown with
/// what a booking would cost.
#[api_v2_operation(tags(Rentals), operation_id = "searchVehicles")]
pub async fn search(
    rent: Data<Rent>,
    own: Data<OwnCurrency>,
    query: Query<Parameters>,
) -> Result<Json<PageView<CardView>>, Fail> {
    let find = query.0.understood(own.0)?;
    Ok(Json(PageView::of(rent.find_vehicles(find).await?, CardView::from)))
}

impl Parameters {
    fn understood(self, own: Currency) -> Result<Find, Problem> {
        let mut faults = Vec::new();
        let near = taken(self.near(), &mut faults);
        let filter = VehicleFilter {
            currency: taken(self.currency(own), &mut faults).unwrap_or(own),
            near,
            kind: self.kind.map(Into::into),
            price_min: self.price_min,
            price_max: self.price_max,
            features: taken(self.features(), &mut faults).unwrap_or_default(),
            seats: self.seats,
            free_in: taken(self.period(), &mut faults),
        };
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let usual = if near.is_some() { Sort::Distance } else { Sort::PriceUp };
        let sort = self.sort.map_or(usual, Into::into);
        let limit = self.limit.unwrap_or(20);
        Ok(Find { filter, sort, extras: Vec::new(), limit, cursor: self.cursor })
    }

    fn near(&self) -> Result<Option<Near>, FieldError> {
        let Some(text) = &self.near else { return Ok(None) };
        let place = text.split_once(',').and_then(|(lat, lon)| {
            Some(Place { lat_e6: degrees(lat.trim())?, lon_e6: degrees(lon.trim())? })
        });
        let detail = "a place is two decimals, such as 26.144518,91.736237";
        let place = place.ok_or_else(|| FieldError::new("near", "bad_place", detail))?;
        Ok(Some(Near { place, radius_m: self.radius_m.unwrap_or(RADIUS_M) }))
    }

    fn currency(&self, own: Currency) -> Result<Option<Currency>, FieldError> {
        let Some(code) = &self.currency else { return Ok(Some(own)) };
        let unknown = |error: commerce::MoneyError| {
            FieldError::new("currency", "unknown_currency", error.to_string())
        };
        Currency::parse(code).map(Some).map_err(unknown)
    }

    fn features(&self) -> Result<Option<Vec<Feature>>, FieldError> {
        let Some(names) = &self.features else { return Ok(None) };
        let features = names.split(',').map(|name| {
            let unknown = || format!("`{}` is no feature", name.trim());
            Feature::parse(name.trim())
                .ok_or_else(|| FieldError::new("features", "unknown_feature", unknown()))
        });
        features.collect::<Result<Vec<_>, _>>().map(Some)
    }

    fn period(&self) -> Result<Option<Span>, FieldError> {
        let missing =
            |name: &str| FieldError::new(name, "required", "a period has a beginning and an end");
        match (self.free_from, self.free_until) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(missing("free_until")),
            (None, Some(_)) => Err(missing("free_from")),
            (Some(from), Some(to)) => Span::try_new(from, to).map(Some).map_err(|error| {
                FieldError::new("free_until", "ends_before_it_begins", error.to_string())
            }),
        }
    }
}

/// What was read, or nothing and the reason among the faults.
fn taken<T>(read: Result<Option<T>, FieldError>, faults: &mut Vec<FieldError>) -> Option<T> {
    read.unwrap_or_else(|fault| {
        faults.push(fault);
        None
    })
}

impl From<KindParameter> for rent::Kind {
    fn from(kind: KindParameter) -> Self {
        match kind {
            KindParameter::Scooter => Self::Scooter,
            KindParameter::Bike => Self::Bike,
            KindParameter::Car => Self::Car,
        }
    }
}

impl From<SortParameter> for Sort {
    fn from(sort: SortParameter) -> Self {
        match sort {
            SortParameter::Distance => Self::Distance,
            SortParameter::PriceUp => Self::PriceUp,
            SortParameter::PriceDown => Self::PriceDown,
        }
    }
}
