//! Lending vehicles: shops list them, travellers find and book them, and nobody gets hours that another has.

mod availability;
mod booking;
mod error;
mod fleet;
mod quote;
mod review;
mod rules;
mod search;
mod shop;
mod zone;

#[cfg(feature = "testing")]
pub mod testing;

use std::sync::Arc;

use commerce::{
    Env, Receipts,
    claim::Calendars,
    event::{Subscriber, Sweep},
    order::Orders,
    picture::{NoLinks, PictureLinks, Pictures},
    sales::Sales,
    seller::{NoSellers, Sellers},
};

pub use commerce::picture::{Image, ImageId, NewImage};

pub use availability::{
    Asked, CalendarDay, Closed, FreeTime, PeriodReading, calendar, check, claimed, free_units,
    nearest_free,
};
pub use booking::{
    Answering, Awaiting, Back, BackPart, Book, Booking, BookingFilter, BookingId, BookingState,
    Bookings, CancelBooking, Charge, ChargeKind, CompleteBookings, Deposit, ExpireRequests,
    HearOrders, LateTerms, LentFor, NewCharge, NewRecord, Photo, Record, SettleBookings, Side,
};
pub use error::RentError;
pub use fleet::{
    Bicycle, Bike, CancellationPolicy, Car, Charged, Driver, Extra, Feature, FollowSellers, Fuel,
    HearPictures, KeptListing, Kind, Licence, LicenceClass, Listing, ListingEdit, ListingId,
    ListingPage, ListingStatus, Listings, Motorbike, NewListing, RateRule, Rates, Scooter, TaxRule,
    Terms, Tier, Transmission, Unit, UnitId, Vehicle, When,
};
pub use quote::{Deadline, ExtraChoice, Item, MoneyOff, Quote, QuoteLine, price, quote};
pub use review::{NewReview, Rating, Review, ReviewId, Reviews};
pub use rules::Rules;
pub use search::{
    Bounds, Find, Found, Hit, Near, Place, Position, Sort, VehicleFilter, VehicleQuery,
    VehicleSearch, distance_m,
};
pub use shop::{
    DateRange, DayException, Hours, NewShop, RentShop, ShopEdit, ShopId, Shops, WeekPlan,
};
pub use zone::{UnknownZone, Zone};

/// The name this mode signs its orders with.
pub const MODE: &str = "rent";

/// The use cases of renting, over whatever the ports are wired to.
#[derive(Clone)]
pub struct Rent {
    pub shops: Arc<dyn Shops>,
    pub listings: Arc<dyn Listings>,
    pub bookings: Arc<dyn Bookings>,
    pub reviews: Arc<dyn Reviews>,
    pub search: Arc<dyn VehicleSearch>,
    pub calendars: Arc<dyn Calendars>,
    pub orders: Arc<dyn Orders>,
    pub receipts: Arc<dyn Receipts>,
    pub pictures: Arc<dyn Pictures>,
    pub sellers: Arc<dyn Sellers>,
    pub links: Arc<dyn PictureLinks>,
    pub env: Env,
    pub rules: Rules,
}

impl Rent {
    /// Everything kept in one store, and nobody lends but the house.
    pub fn over<S>(store: Arc<S>, env: Env, rules: Rules) -> Self
    where
        S: Shops
            + Listings
            + Bookings
            + Reviews
            + VehicleSearch
            + Calendars
            + Orders
            + Receipts
            + Pictures
            + 'static,
    {
        Self {
            shops: store.clone(),
            listings: store.clone(),
            bookings: store.clone(),
            reviews: store.clone(),
            search: store.clone(),
            calendars: store.clone(),
            orders: store.clone(),
            receipts: store.clone(),
            pictures: store,
            sellers: Arc::new(NoSellers),
            links: Arc::new(NoLinks),
            env,
            rules,
        }
    }

    /// Others lend here as well.
    pub fn with_sellers(self, sellers: Arc<dyn Sellers>) -> Self {
        Self { sellers, ..self }
    }

    /// Photos are kept here as well, and can be opened.
    pub fn with_links(self, links: Arc<dyn PictureLinks>) -> Self {
        Self { links, ..self }
    }

    /// Everyone here who acts on events; money goes back through `sales`.
    pub fn subscribers(&self, sales: Sales) -> Vec<Arc<dyn Subscriber>> {
        vec![
            Arc::new(HearOrders(self.clone())),
            Arc::new(HearPictures(self.clone())),
            Arc::new(FollowSellers(self.clone())),
            Arc::new(SettleBookings { rent: self.clone(), sales }),
        ]
    }

    /// Everything here that is looked after from time to time.
    pub fn sweeps(&self) -> Vec<Arc<dyn Sweep>> {
        vec![Arc::new(ExpireRequests(self.clone())), Arc::new(CompleteBookings(self.clone()))]
    }
}
