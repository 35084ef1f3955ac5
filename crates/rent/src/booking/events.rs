//! The facts that bookings tell; ids in their bodies are written as clients see them.

use commerce::{Effects, Env, Event};
use serde_json::{Value, json};

use super::Booking;

/// Money of the booking has to go back; heard by [`super::SettleBookings`].
pub(super) const MONEY_DUE: &str = "booking_money_due";

/// Tells both sides: `booking_…` on the traveller's stream, `rental_…` on the owner's.
pub(super) fn told(env: &Env, what: What, booking: &Booking) -> Effects {
    let (traveller, owner) = what.names();
    let to_traveller = Event::new(env, traveller, booking.id, about(booking));
    let to_owner = Event::new(env, owner, booking.id, about(booking));
    Effects::none()
        .tell(to_traveller.to_user(booking.traveller))
        .tell(to_owner.to_user(booking.owner))
}

pub(super) fn money_due(env: &Env, booking: &Booking) -> Effects {
    match booking.back {
        Some(_) => Effects::none().tell(Event::new(env, MONEY_DUE, booking.id, about(booking))),
        None => Effects::none(),
    }
}

/// What happened to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Requested,
    Held,
    Accepted,
    Confirmed,
    HandedOver,
    Returned,
    Charged,
    /// The shop has earned its rent; `market` pays it out.
    Completed,
    Cancelled,
    Expired,
}

impl What {
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Requested => ("booking_requested", "rental_requested"),
            Self::Held => ("booking_held", "rental_held"),
            Self::Accepted => ("booking_accepted", "rental_accepted"),
            Self::Confirmed => ("booking_confirmed", "rental_confirmed"),
            Self::HandedOver => ("booking_handed_over", "rental_handed_over"),
            Self::Returned => ("booking_returned", "rental_returned"),
            Self::Charged => ("booking_charged", "rental_charged"),
            Self::Completed => ("booking_completed", "rental_completed"),
            Self::Cancelled => ("booking_cancelled", "rental_cancelled"),
            Self::Expired => ("booking_expired", "rental_expired"),
        }
    }
}

fn about(booking: &Booking) -> Value {
    json!({
        "booking": booking.id.to_string(),
        "listing": booking.listing.to_string(),
        "shop": booking.shop.to_string(),
        "order": booking.order.map(|order| order.to_string()),
        "title": booking.title,
        "period": booking.period,
        "zone": booking.zone.name(),
        "state": booking.state.name(),
        "total": booking.quote.totals.total,
        "deposit": booking.quote.deposit,
    })
}
