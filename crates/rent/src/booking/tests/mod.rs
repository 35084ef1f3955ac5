//! What becomes of bookings, over memory and a model of a payment provider.

mod photos;
mod random;
mod sellers;
mod stories;

use commerce::Currency;

use super::{Booking, BookingState, Deposit, NewRecord};
use crate::testing::World;

/// What holds whenever everything has come to rest.
pub(super) fn assert_sound(world: &World) {
    let books = world.memory.read();
    let claims: Vec<_> = books.claims.values().filter(|claim| claim.is_live()).collect();
    for claim in &claims {
        assert!(
            !claims.iter().any(|other| claim.rivals(other)),
            "nobody has time that another has"
        );
    }
    let bookings: Vec<_> = books.all::<Booking>().into_iter().map(|stored| stored.state).collect();
    for claim in &claims {
        let wanted = bookings.iter().any(|booking| {
            let kept = matches!(booking.state, BookingState::Completed { .. });
            booking.resource() == claim.resource
                && claim.span == Some(booking.claimed)
                && (kept || booking.state.is_open())
        });
        assert!(wanted, "what nobody uses is free: {claim:?}");
    }
    let entries = books.postings.iter().flat_map(|posting| posting.entries());
    assert_eq!(entries.map(|entry| entry.amount.minor).sum::<i64>(), 0, "the books balance");
    for booking in bookings {
        let live = claims.iter().any(|claim| {
            claim.resource == booking.resource() && claim.span == Some(booking.claimed)
        });
        let wants = booking.state.is_open();
        assert!(!wants || live, "an open booking has its unit: {booking:?}");
        let account = format!("booking:{}:deposit", booking.id.uuid().simple());
        let held = -books.balance(&account, Currency::USD);
        let expected = match booking.deposit {
            Deposit::Held { amount, .. } => amount.minor,
            Deposit::None | Deposit::Due | Deposit::Settled { .. } => 0,
        };
        assert_eq!(held, expected, "a deposit is in the books while it is held");
        let over = matches!(
            booking.state,
            BookingState::Completed { .. } | BookingState::Cancelled { .. }
        );
        assert!(
            !over || !matches!(booking.deposit, Deposit::Held { .. }),
            "and settled when it is over"
        );
    }
}

pub(super) fn record(odometer_km: u32) -> NewRecord {
    NewRecord {
        odometer_km: Some(odometer_km),
        fuel_percent: Some(80),
        photos: Vec::new(),
        note: String::new(),
    }
}
