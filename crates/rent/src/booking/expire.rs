//! Lets requests run out that nobody answered, so that others may book what they held.

use std::time::Duration;

use async_trait::async_trait;
use commerce::{
    Effects,
    event::{Sweep, Trouble},
};
use tracing::warn;

use super::{
    Awaiting, BookingId, BookingState, effects,
    events::{What, told},
};
use crate::{Rent, RentError};

pub struct ExpireRequests(pub Rent);

#[async_trait]
impl Sweep for ExpireRequests {
    fn name(&self) -> &'static str {
        "rent.expire_requests"
    }

    fn every(&self) -> Duration {
        self.0.rules.sweep_every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let rent = &self.0;
        let due = rent.bookings.unanswered(rent.env.now(), rent.rules.batch).await;
        let mut expired: usize = 0;
        for booking in due.map_err(RentError::from)? {
            match rent.expire(booking).await {
                Ok(done) => expired = expired.saturating_add(usize::from(done)),
                // One that cannot run out must not keep the others waiting.
                Err(error) => warn!(%booking, %error, "a request could not run out"),
            }
        }
        Ok(expired)
    }
}

impl Rent {
    /// False when somebody answered or cancelled in the meantime.
    async fn expire(&self, id: BookingId) -> Result<bool, RentError> {
        self.change_by_itself(id, |booking, now| match booking.state {
            BookingState::Held { until, awaiting: Awaiting::Answer } if until <= now => {
                let released = Effects::none().claim(effects::release(&booking, now));
                let expired = booking.expired(now)?;
                let told = told(&self.env, What::Expired, &expired);
                Ok(Some((expired, released.and(told))))
            }
            _ => Ok(None),
        })
        .await
    }
}
