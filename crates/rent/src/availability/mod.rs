//! When a vehicle can be had: what the shop allows, and which of its units nobody else has.

mod calendar;
mod free;
mod read;
#[cfg(test)]
mod tests;

pub use calendar::{CalendarDay, FreeTime, calendar};
pub use free::{free_units, nearest_free};
pub use read::{Asked, PeriodReading};

use chrono::{NaiveDate, TimeDelta};
use commerce::{Span, Timestamp};
use thiserror::Error;

use crate::{Listing, RentShop};

/// Why a period cannot be rented, whoever else wants it.
#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
pub enum Closed {
    #[error("the vehicle must be booked earlier than that")]
    TooSoon { earliest: Timestamp },
    #[error("the vehicle cannot be booked that far ahead")]
    TooFarAhead { latest: Timestamp },
    #[error("the period is shorter than the vehicle is rented for")]
    TooShort { least_minutes: u32 },
    #[error("the period is longer than the vehicle is rented for")]
    TooLong { most_minutes: u32 },
    #[error("the shop is closed when the period begins")]
    ClosedAtStart,
    #[error("the shop is closed when the period ends")]
    ClosedAtEnd,
    #[error("nothing is rented out on {0}")]
    BlackedOut(NaiveDate),
}

impl Closed {
    pub fn code(self) -> &'static str {
        match self {
            Self::TooSoon { .. } => "too_soon",
            Self::TooFarAhead { .. } => "too_far_ahead",
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::ClosedAtStart => "closed_at_start",
            Self::ClosedAtEnd => "closed_at_end",
            Self::BlackedOut(_) => "blacked_out",
        }
    }
}

/// Whether the shop rents the vehicle out for a period, asked now.
pub fn check(
    listing: &Listing,
    shop: &RentShop,
    period: Span,
    now: Timestamp,
) -> Result<(), Closed> {
    let earliest = later(now, TimeDelta::minutes(listing.terms.lead_minutes.into()));
    let latest = later(now, TimeDelta::days(listing.terms.horizon_days.into()));
    if period.starts_at() < earliest {
        return Err(Closed::TooSoon { earliest });
    }
    if period.ends_at() > latest {
        return Err(Closed::TooFarAhead { latest });
    }
    if let Some(rates) = &listing.rates {
        if period.length() < TimeDelta::minutes(rates.min_minutes.into()) {
            return Err(Closed::TooShort { least_minutes: rates.min_minutes });
        }
        if period.length() > TimeDelta::minutes(rates.max_minutes.into()) {
            return Err(Closed::TooLong { most_minutes: rates.max_minutes });
        }
    }
    if let Some(date) = shop.blacked_out(period) {
        return Err(Closed::BlackedOut(date));
    }
    if !shop.is_open(period.starts_at()) {
        return Err(Closed::ClosedAtStart);
    }
    if shop.takes_back(period.ends_at()) { Ok(()) } else { Err(Closed::ClosedAtEnd) }
}

/// What a booking claims of its unit: the period, and the rest before the next one.
pub fn claimed(listing: &Listing, period: Span) -> Span {
    period.and_then(TimeDelta::minutes(listing.terms.turnaround_minutes.into()))
}

fn later(at: Timestamp, by: TimeDelta) -> Timestamp {
    at.checked_add_signed(by).unwrap_or(at)
}
