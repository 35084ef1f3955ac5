//! Cancel a booking before the vehicle is out: who backs out decides what goes back.

use commerce::{Actor, Effects, Stored, Timestamp, Version, payment::RefundId};

use super::{
    Back, BackPart, Booking, BookingId, BookingState, Side,
    change::Seen,
    effects,
    events::{What, money_due, told},
};
use crate::{Rent, RentError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelBooking {
    pub booking: BookingId,
    pub seen: Version,
}

impl Rent {
    /// A traveller gets back what the booking's tiers say, and the deposit; when the shop or the house backs
    /// out, everything. The order follows by itself.
    pub async fn cancel_booking(
        &self,
        actor: &Actor,
        cancel: CancelBooking,
    ) -> Result<Stored<Booking>, RentError> {
        let seen = Seen { booking: cancel.booking, version: cancel.seen };
        self.change_as_either(actor, seen, |booking, side, now| self.backed_out(booking, side, now))
            .await
    }

    fn backed_out(
        &self,
        booking: Booking,
        side: Side,
        now: Timestamp,
    ) -> Result<(Booking, Effects), RentError> {
        let released = Effects::none().claim(effects::release(&booking, now));
        let part = part_of(&booking, side, now)?;
        let refund = RefundId::new(&self.env);
        let back = booking.order.map(|_| Back { refund, part });
        let booking = Booking { back, ..booking.cancelled(side, now)? }.with_deposit_freed(now);
        let told = told(&self.env, What::Cancelled, &booking);
        let due = money_due(&self.env, &booking);
        Ok((booking, released.and(told).and(due)))
    }
}

/// Only a confirmed booking that its traveller gives up goes by the tiers. One that is not known to be paid
/// gives back whatever was paid.
fn part_of(booking: &Booking, side: Side, now: Timestamp) -> Result<Option<BackPart>, RentError> {
    match (booking.state, side) {
        (BookingState::Confirmed { .. }, Side::Traveller) => {
            let off = booking.quote.cancelled_at(now)?;
            Ok(Some(BackPart { amount: off.back, tax: off.tax }))
        }
        _ => Ok(None),
    }
}
