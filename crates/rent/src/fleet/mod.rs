//! What there is to rent: listings of vehicles, each with its units, rates and terms.

mod faults;
mod hear_pictures;
mod keep_listing;
mod listing;
mod ports;
mod rate_faults;
mod rates;
#[cfg(test)]
mod tests;
mod vehicle;
mod withhold;

pub use hear_pictures::HearPictures;
pub use keep_listing::ListingPage;
pub use listing::{
    Listing, ListingEdit, ListingId, ListingStatus, NewListing, Terms, Unit, UnitId,
};
pub use ports::{KeptListing, Listings};
pub(crate) use rates::WHOLE;
pub use rates::{CancellationPolicy, Charged, Extra, RateRule, Rates, TaxRule, Tier, When};
pub use vehicle::{
    Bicycle, Bike, Car, Driver, Feature, Fuel, Kind, Licence, LicenceClass, Motorbike, Scooter,
    Transmission, Vehicle,
};
pub use withhold::FollowSellers;
