//! Which vehicles a search shows, in which order, and from where on; and the port that finds them.

use async_trait::async_trait;
use commerce::{Currency, Span, StoreError};

use super::{Near, Place, distance_m};
use crate::{Feature, Kind, Listing, ListingId, RentShop};

/// Which published vehicles are wanted. A search is in one currency and shows what is rented out in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VehicleFilter {
    pub currency: Currency,
    /// How far the shop may be.
    pub near: Option<Near>,
    pub kind: Option<Kind>,
    /// On [`crate::Rates::day_from`], in minor units.
    pub price_min: Option<i64>,
    pub price_max: Option<i64>,
    /// All of these.
    pub features: Vec<Feature>,
    /// At least so many.
    pub seats: Option<u8>,
    /// Some unit that is not away has no live claim that overlaps this, made longer by the listing's turnaround.
    pub free_in: Option<Span>,
}

impl VehicleFilter {
    pub fn all_in(currency: Currency) -> Self {
        Self {
            currency,
            near: None,
            kind: None,
            price_min: None,
            price_max: None,
            features: Vec::new(),
            seats: None,
            free_in: None,
        }
    }

    /// Whether a published listing fits, all but whether it is free.
    pub fn fits(&self, listing: &Listing, shop: &RentShop) -> bool {
        let Some(rates) = &listing.rates else {
            return false;
        };
        let (day, features) = (rates.day_from().minor, listing.vehicle.features());
        rates.currency == self.currency
            && self.near.is_none_or(|near| near.holds(shop.place))
            && self.kind.is_none_or(|kind| listing.vehicle.kind() == kind)
            && self.price_min.is_none_or(|least| day >= least)
            && self.price_max.is_none_or(|most| day <= most)
            && self.features.iter().all(|feature| features.contains(feature))
            && self.seats.is_none_or(|seats| listing.vehicle.seats() >= seats)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Nearest first; only with a place.
    Distance,
    /// By [`crate::Rates::day_from`].
    PriceUp,
    PriceDown,
}

/// A vehicle's place in a sorted search: the value sorted by, and the listing that breaks ties, both upwards
/// except that prices may go down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub sort: Sort,
    /// Metres, or minor units.
    pub value: i64,
    pub listing: ListingId,
}

impl Position {
    pub fn of(listing: &Listing, shop: &RentShop, query: &VehicleQuery) -> Self {
        let metres = || query.filter.near.map(|near| distance_m(near.place, shop.place));
        let day = || listing.rates.as_ref().map_or(0, |rates| rates.day_from().minor);
        let value = match query.sort {
            Sort::Distance => i64::from(metres().unwrap_or_default()),
            Sort::PriceUp | Sort::PriceDown => day(),
        };
        Self { sort: query.sort, value, listing: listing.id }
    }

    /// What hits are put in order by.
    pub fn key(&self) -> (i64, ListingId) {
        let value = match self.sort {
            Sort::Distance | Sort::PriceUp => self.value,
            Sort::PriceDown => self.value.saturating_neg(),
        };
        (value, self.listing)
    }

    /// Reads a cursor; `None` unless it was made for a search sorted like this.
    pub fn parse(text: &str, sort: Sort) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (kind, value, listing) = (parts.next()?, parts.next()?, parts.next()?);
        let (value, listing) = (value.parse().ok()?, listing.parse().ok()?);
        (kind == letter(sort)).then_some(Self { sort, value, listing })
    }

    /// The cursor a client hands back for the next page.
    pub fn cursor(&self) -> String {
        format!("{}.{}.{}", letter(self.sort), self.value, self.listing)
    }
}

fn letter(sort: Sort) -> &'static str {
    match sort {
        Sort::Distance => "m",
        Sort::PriceUp => "u",
        Sort::PriceDown => "d",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VehicleQuery {
    pub filter: VehicleFilter,
    pub sort: Sort,
    pub limit: u32,
    /// Only what comes after it.
    pub after: Option<Position>,
}

/// A vehicle that was found, with what is needed to price it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub listing: Listing,
    pub shop: RentShop,
    /// How many units are free in the period that was searched for, or ready at all.
    pub units: u32,
    pub position: Position,
}

impl Hit {
    pub fn distance_m(&self, from: Place) -> u32 {
        distance_m(from, self.shop.place)
    }
}

/// Reading for screens; as quick over a hundred thousand vehicles as over a hundred.
#[async_trait]
pub trait VehicleSearch: Send + Sync {
    /// The first `limit` published vehicles that fit, in order; one more than asked tells that there is more.
    async fn search_vehicles(&self, query: &VehicleQuery) -> Result<Vec<Hit>, StoreError>;
}
