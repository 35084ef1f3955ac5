//! Claim damage or missing fuel out of the deposit, with evidence, while the window is open.

use commerce::{Actor, FieldError, Money, Stored, Version, picture::PictureId};

use super::{
    Booking, BookingId, BookingState, Charge, ChargeKind,
    change::Seen,
    effects,
    events::{What, told},
    photo::Named,
};
use crate::{Rent, RentError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCharge {
    pub kind: ChargeKind,
    pub amount: Money,
    pub reason: String,
    /// Private pictures of whoever charges that show it; at least one.
    pub evidence: Vec<PictureId>,
}

impl Rent {
    /// Never more than what is left of the deposit.
    pub async fn charge_deposit(
        &self,
        actor: &Actor,
        (booking, seen): (BookingId, Version),
        new: NewCharge,
    ) -> Result<Stored<Booking>, RentError> {
        let named = Named { pointer: "#/evidence", pictures: &new.evidence };
        let seen = Seen { booking, version: seen };
        self.change_with_photos(actor, seen, named, |booking, now| {
            checked(&new)?;
            let BookingState::Returned { at } = booking.state else {
                return Err(booking.refused());
            };
            if effects::later(at, self.rules.claim_window) <= now {
                return Err(RentError::ClaimedTooLate);
            }
            let charge = Charge {
                id: self.env.uuid(),
                kind: new.kind,
                amount: new.amount,
                reason: new.reason.clone(),
                evidence: named.photos(),
                at: now,
            };
            let charged = booking.charged_with(charge)?;
            let told = told(&self.env, What::Charged, &charged);
            Ok((charged, told))
        })
        .await
    }
}

fn checked(new: &NewCharge) -> Result<(), RentError> {
    let mut faults = Vec::new();
    if !new.amount.is_positive() {
        faults.push(FieldError::new("#/amount", "not_positive", "a charge is more than nothing"));
    }
    if new.reason.trim().is_empty() {
        faults.push(FieldError::new("#/reason", "blank", "a charge has a reason"));
    }
    if new.evidence.is_empty() {
        faults.push(FieldError::new("#/evidence", "missing", "a charge is shown by a picture"));
    }
    if faults.is_empty() { Ok(()) } else { Err(RentError::Invalid(faults)) }
}
