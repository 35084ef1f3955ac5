//! What may be wrong with a seller, all of it at once.

use commerce::FieldError;

use super::{Place, Schedule, Seller, keep_profile::minimums_fit};
use crate::MarketError;

const MAX_LATITUDE_E6: i32 = 90_000_000;
const MAX_LONGITUDE_E6: i32 = 180_000_000;

/// The seller if all of it makes sense, else everything that does not.
pub(super) fn sound(seller: Seller) -> Result<Seller, MarketError> {
    let faults = of(&seller);
    if faults.is_empty() { Ok(seller) } else { Err(MarketError::Invalid(faults)) }
}

fn of(seller: &Seller) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut fault = |wrong: bool, pointer: &str, code: &str, detail: &str| {
        if wrong {
            faults.push(FieldError::new(pointer, code, detail));
        }
    };
    fault(seller.name.trim().is_empty(), "#/name", "empty", "a seller has a name");
    fault(!on_earth(seller.place), "#/place", "not_on_earth", "a place is on earth");
    let account = seller.payout_account.as_deref();
    let blank = account.is_some_and(|account| account.trim().is_empty());
    fault(blank, "#/payout_account", "empty", "an account has a name");
    let day = matches!(seller.schedule, Schedule::Monthly { day } if !(1..=28).contains(&day));
    fault(day, "#/payout_schedule/day", "out_of_range", "a day every month has: 1 to 28");
    let minimums = !minimums_fit(&seller.minimums);
    let detail = "one for each currency, more than zero";
    fault(minimums, "#/payout_minimums", "bad_minimums", detail);
    faults
}

fn on_earth(place: Place) -> bool {
    let Place { lat_e6, lon_e6 } = place;
    lat_e6.unsigned_abs() <= MAX_LATITUDE_E6.unsigned_abs()
        && lon_e6.unsigned_abs() <= MAX_LONGITUDE_E6.unsigned_abs()
}
