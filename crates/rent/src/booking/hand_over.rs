//! Hand a vehicle over and take it back, each with a record of how it was.

use commerce::{Actor, FieldError, Stored, Version};

use super::{
    Booking, BookingId, Record,
    change::Seen,
    effects,
    events::{What, told},
};
use crate::{Rent, RentError};

impl Rent {
    pub async fn hand_over(
        &self,
        actor: &Actor,
        (booking, seen): (BookingId, Version),
        record: Record,
    ) -> Result<Stored<Booking>, RentError> {
        let early = self.rules.hand_over_early;
        self.change_as_shop(actor, Seen { booking, version: seen }, |booking, now| {
            if effects::later(now, early) < booking.period.starts_at() {
                return Err(RentError::NotYet { from: booking.period.starts_at() });
            }
            checked(&record, None)?;
            let out = booking.handed_over(Record { at: now, ..record.clone() })?;
            let told = told(&self.env, What::HandedOver, &out);
            Ok((out, told))
        })
        .await
    }

    /// What is late is charged at once, out of the deposit.
    pub async fn take_back(
        &self,
        actor: &Actor,
        (booking, seen): (BookingId, Version),
        record: Record,
    ) -> Result<Stored<Booking>, RentError> {
        self.change_as_shop(actor, Seen { booking, version: seen }, |booking, now| {
            checked(&record, booking.handed_over.as_ref())?;
            let back = booking.taken_back(Record { at: now, ..record.clone() }, self.env.uuid())?;
            let told = told(&self.env, What::Returned, &back);
            Ok((back, told))
        })
        .await
    }
}

fn checked(record: &Record, before: Option<&Record>) -> Result<(), RentError> {
    let mut faults = Vec::new();
    if record.fuel_percent.is_some_and(|percent| percent > 100) {
        faults.push(FieldError::new("#/fuel_percent", "out_of_range", "it is 0 to 100"));
    }
    let went_out = before.and_then(|record| record.odometer_km);
    if went_out.zip(record.odometer_km).is_some_and(|(out, back)| back < out) {
        faults.push(FieldError::new(
            "#/odometer_km",
            "runs_backwards",
            "it is no less than at the start",
        ));
    }
    if faults.is_empty() { Ok(()) } else { Err(RentError::Invalid(faults)) }
}
