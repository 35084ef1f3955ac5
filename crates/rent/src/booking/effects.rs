//! What a booking's moves ask of the core: its order, and the claim of a request that has none yet.

use chrono::TimeDelta;
use commerce::{
    Claim, ClaimMove, ClaimState, Effects, Env, Id, Order, OrderId, Timestamp,
    order::{NewOrder, OrderLine, Origin, Policy, Reservation},
    seller::Commission,
};
use serde_json::json;

use super::{Awaiting, Booking, BookingState};
use crate::{Item, MODE, QuoteLine, RentError};

/// Raises the order that must be paid until then; it holds the unit's time.
pub(super) fn raise(
    env: &Env,
    booking: &Booking,
    id: OrderId,
    until: Timestamp,
) -> Result<Effects, RentError> {
    let lines = booking.quote.lines.iter().enumerate();
    let terms = |at: usize| booking.lent_for.as_ref()?.commissions.get(at)?.as_ref();
    let new = NewOrder {
        id,
        buyer: booking.traveller,
        origin: Origin { mode: MODE.to_owned(), reference: booking.id.uuid() },
        lines: lines
            .map(|(at, line)| order_line(env, booking, line, (at == 0, terms(at))))
            .collect(),
        totals: booking.quote.totals.clone(),
        address: None,
        until,
    };
    let (_, effects) = Order::raise(new, env.now())?;
    Ok(effects)
}

/// The first line claims the unit's time for all of them.
fn order_line(
    env: &Env,
    booking: &Booking,
    line: &QuoteLine,
    (claims, commission): (bool, Option<&Commission>),
) -> OrderLine {
    let reservation = claims.then(|| Reservation {
        claim: Id::new(env),
        resource: booking.resource(),
        units: 1,
        policy: Policy::Hold,
        span: Some(booking.claimed),
    });
    let name = match line.item {
        Item::Rent => format!("{}: {}", booking.title, line.name),
        Item::Extra | Item::Deposit => line.name.clone(),
    };
    OrderLine {
        id: env.uuid(),
        sku: line.code.clone(),
        name,
        quantity: line.quantity,
        unit_price: line.unit_price,
        total: line.total,
        tax: line.tax,
        seller: commission.and(booking.seller()),
        commission: commission.cloned(),
        reservation,
        snapshot: json!({
            "booking": booking.id.to_string(),
            "listing": booking.listing.to_string(),
            "period": booking.period,
            "zone": booking.zone.name(),
        }),
    }
}

/// A request sets the unit's time aside by itself.
pub(super) fn hold(booking: &Booking, until: Timestamp) -> ClaimMove {
    let (resource, holder) = (booking.resource(), booking.id.uuid());
    Claim::hold_time(booking.claim, resource, booking.claimed, holder, until)
}

/// A request that is over gives back what it held; an order gives its own back.
pub(super) fn release(booking: &Booking, now: Timestamp) -> Option<ClaimMove> {
    match booking.state {
        BookingState::Held { until, awaiting: Awaiting::Answer } => {
            let held = Claim {
                id: booking.claim,
                resource: booking.resource(),
                units: 1,
                span: Some(booking.claimed),
                holder: booking.id.uuid(),
                state: ClaimState::Held { until },
            };
            held.release(now).ok()
        }
        _ => None,
    }
}

pub(super) fn later(now: Timestamp, by: TimeDelta) -> Timestamp {
    now.checked_add_signed(by).unwrap_or(now)
}
