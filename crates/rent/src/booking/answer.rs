//! Answer a request: yes raises the order, no gives the unit's time back.

use commerce::{Actor, Effects, OrderId, Stored, Version};

use super::{
    Awaiting, Booking, BookingId, BookingState, Side,
    change::Seen,
    effects,
    events::{What, told},
};
use crate::{Rent, RentError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answering {
    pub booking: BookingId,
    pub seen: Version,
    pub accept: bool,
}

impl Rent {
    /// Only the shop answers, and only in time. The order takes the request's place in the unit's calendar in
    /// the same commit, so nobody can come between.
    pub async fn answer_request(
        &self,
        actor: &Actor,
        answering: Answering,
    ) -> Result<Stored<Booking>, RentError> {
        if answering.accept {
            let (asked_for, _) = self.booking_for(actor, answering.booking).await?;
            self.may_lend(asked_for.state.seller()).await?;
        }
        let seen = Seen { booking: answering.booking, version: answering.seen };
        self.change_as_shop(actor, seen, |booking, now| {
            let BookingState::Held { until, awaiting: Awaiting::Answer } = booking.state else {
                return Err(booking.refused());
            };
            if until <= now {
                return Err(RentError::AnsweredTooLate);
            }
            let released = Effects::none().claim(effects::release(&booking, now));
            if !answering.accept {
                let declined = booking.cancelled(Side::Owner, now)?;
                let told = told(&self.env, What::Cancelled, &declined);
                return Ok((declined, released.and(told)));
            }
            let order = OrderId::new(&self.env);
            let until = effects::later(now, self.rules.hold);
            let accepted = booking.accepted(order, until)?;
            let raised = effects::raise(&self.env, &accepted, order, until)?;
            let told = told(&self.env, What::Accepted, &accepted);
            Ok((accepted, released.and(raised).and(told)))
        })
        .await
    }
}
