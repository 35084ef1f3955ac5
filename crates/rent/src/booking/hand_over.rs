//! Hand a vehicle over and take it back, each with a record of how it was.

use commerce::{Actor, FieldError, Stored, Timestamp, Version, picture::PictureId};

use super::{
    Booking, BookingId, Record,
    change::Seen,
    effects,
    events::{What, told},
    photo::Named,
};
use crate::{Rent, RentError};

/// How a vehicle is, as the shop finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// Absent for what has none.
    pub odometer_km: Option<u32>,
    /// How full the tank or the battery is.
    pub fuel_percent: Option<u8>,
    /// Private pictures of whoever hands over or takes back.
    pub photos: Vec<PictureId>,
    pub note: String,
}

impl NewRecord {
    fn named(&self) -> Named<'_> {
        Named { pointer: "#/photos", pictures: &self.photos }
    }

    fn made(&self, at: Timestamp) -> Record {
        Record {
            at,
            odometer_km: self.odometer_km,
            fuel_percent: self.fuel_percent,
            photos: self.named().photos(),
            note: self.note.clone(),
        }
    }
}

impl Rent {
    pub async fn hand_over(
        &self,
        actor: &Actor,
        (booking, seen): (BookingId, Version),
        record: NewRecord,
    ) -> Result<Stored<Booking>, RentError> {
        let early = self.rules.hand_over_early;
        let seen = Seen { booking, version: seen };
        self.change_with_photos(actor, seen, record.named(), |booking, now| {
            if effects::later(now, early) < booking.period.starts_at() {
                return Err(RentError::NotYet { from: booking.period.starts_at() });
            }
            checked(&record, None)?;
            let out = booking.handed_over(record.made(now))?;
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
        record: NewRecord,
    ) -> Result<Stored<Booking>, RentError> {
        let seen = Seen { booking, version: seen };
        self.change_with_photos(actor, seen, record.named(), |booking, now| {
            checked(&record, booking.handed_over.as_ref())?;
            let back = booking.taken_back(record.made(now), self.env.uuid())?;
            let told = told(&self.env, What::Returned, &back);
            Ok((back, told))
        })
        .await
    }
}

fn checked(record: &NewRecord, before: Option<&Record>) -> Result<(), RentError> {
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
