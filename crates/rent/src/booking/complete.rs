//! Complete bookings: by their shop, or by themselves once nothing can be claimed any more.

use std::time::Duration;

use async_trait::async_trait;
use commerce::{
    Actor, Effects, Stored, Timestamp, Version,
    event::{Sweep, Trouble},
    payment::RefundId,
};
use tracing::warn;

use super::{
    Booking, BookingId, BookingState,
    change::Seen,
    events::{What, money_due, told},
};
use crate::{Rent, RentError};

impl Rent {
    /// The shop has nothing (more) to claim: the rest of the deposit goes back now.
    pub async fn complete_booking(
        &self,
        actor: &Actor,
        (booking, seen): (BookingId, Version),
    ) -> Result<Stored<Booking>, RentError> {
        self.change_as_shop(actor, Seen { booking, version: seen }, |booking, now| {
            match booking.state {
                BookingState::Returned { .. } => self.done(booking, now),
                _ => Err(booking.refused()),
            }
        })
        .await
    }

    fn done(&self, booking: Booking, now: Timestamp) -> Result<(Booking, Effects), RentError> {
        let done = booking.completed(RefundId::new(&self.env), now)?;
        let effects = told(&self.env, What::Completed, &done).and(money_due(&self.env, &done));
        Ok((done, effects))
    }

    async fn complete_by_itself(
        &self,
        id: BookingId,
        before: Timestamp,
    ) -> Result<bool, RentError> {
        self.change_by_itself(id, |booking, now| {
            let over = match booking.state {
                BookingState::Returned { at } => at <= before,
                BookingState::Confirmed { .. } => booking.period.ends_at() <= before,
                _ => false,
            };
            if over { self.done(booking, now).map(Some) } else { Ok(None) }
        })
        .await
    }
}

/// Completes what was returned, or never picked up, when the window for claims is over.
pub struct CompleteBookings(pub Rent);

#[async_trait]
impl Sweep for CompleteBookings {
    fn name(&self) -> &'static str {
        "rent.complete_bookings"
    }

    fn every(&self) -> Duration {
        self.0.rules.sweep_every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let rent = &self.0;
        let now = rent.env.now();
        let before = now.checked_sub_signed(rent.rules.claim_window).unwrap_or(now);
        let due = rent.bookings.to_complete(before, rent.rules.batch).await;
        let mut done: usize = 0;
        for booking in due.map_err(RentError::from)? {
            match rent.complete_by_itself(booking, before).await {
                Ok(completed) => done = done.saturating_add(usize::from(completed)),
                // One that cannot be completed must not keep the others waiting.
                Err(error) => warn!(%booking, %error, "a booking could not be completed"),
            }
        }
        Ok(done)
    }
}
