//! What clients send about bookings.

use chrono::NaiveDate;
use commerce::{Money, picture::Picture};
use garde::Validate;
use rent::{Booking, Driver, Licence, Listing, NewCharge, NewRecord};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    places::PeriodBody,
    times::ExtraChoiceBody,
    words::{ChargeKindWord, LicenceWord},
};
use crate::{
    Problem,
    extract::{Listed, Ref, ids},
    views::MoneyInput,
};

#[derive(Debug, Deserialize, JsonSchema)]
pub struct BookingPath {
    pub id: Ref<Booking>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct PhotoPath {
    pub id: Ref<Booking>,
    pub picture: Ref<Picture>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewBooking", example = json!({
    "vehicle": "veh_019aa3c5d1f27c3e8a4b5c6d7e8f9012",
    "period": {"starts_at": "2026-12-01T04:30:00Z", "ends_at": "2026-12-03T04:30:00Z"},
    "extras": [{"code": "helmet", "count": 1}],
    "driver": {
        "name": "Ada Lovelace", "born_on": "1990-12-10",
        "licence": {"class": "b", "held_since": "2010-01-01"},
    },
    "accepted_total": {"amount": 12_900, "currency": "USD"},
}))]
pub struct NewBookingBody {
    #[garde(skip)]
    pub vehicle: Ref<Listing>,
    #[garde(dive)]
    pub period: PeriodBody,
    #[serde(default)]
    #[garde(length(max = 20), dive)]
    pub extras: Vec<ExtraChoiceBody>,
    #[garde(dive)]
    pub driver: DriverBody,
    /// The total that was shown; another price is refused. Whatever it is when absent.
    #[garde(dive)]
    pub accepted_total: Option<MoneyInput>,
}

impl NewBookingBody {
    pub fn accepted(&self) -> Result<Option<Money>, Problem> {
        self.accepted_total.as_ref().map(|total| total.money("#/accepted_total")).transpose()
    }
}

/// Who drives.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DriverInput")]
pub struct DriverBody {
    #[garde(length(chars, min = 1, max = 120))]
    pub name: String,
    #[garde(skip)]
    pub born_on: NaiveDate,
    #[garde(dive)]
    pub licence: Option<LicenceBody>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LicenceInput")]
pub struct LicenceBody {
    #[garde(skip)]
    pub class: LicenceWord,
    #[garde(skip)]
    pub held_since: NaiveDate,
}

impl From<DriverBody> for Driver {
    fn from(driver: DriverBody) -> Self {
        let licence = |licence: LicenceBody| Licence {
            class: licence.class.into(),
            held_since: licence.held_since,
        };
        Self { name: driver.name, born_on: driver.born_on, licence: driver.licence.map(licence) }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RequestAnswer", example = json!({"accept": true}))]
pub struct AnswerBody {
    #[garde(skip)]
    pub accept: bool,
}

/// How the vehicle is when it goes out or comes back.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VehicleRecordInput", example = json!({
    "odometer_km": 21_040, "fuel_percent": 95, "note": "A scratch on the left door.",
    "photos": ["pic_019aa3c5d1f27c3e8a4b5c6d7e8f9012"],
}))]
pub struct RecordBody {
    /// Absent for what has none.
    #[garde(range(max = 2_000_000))]
    pub odometer_km: Option<u32>,
    /// How full the tank or the battery is.
    #[garde(range(max = 100))]
    pub fuel_percent: Option<u8>,
    /// Pictures of yours, private, and used nowhere else; they stay with the booking.
    #[serde(default)]
    #[garde(length(max = 20), dive)]
    pub photos: Vec<Listed<Picture>>,
    #[serde(default)]
    #[garde(length(chars, max = 2_000))]
    pub note: String,
}

impl RecordBody {
    pub fn record(self) -> NewRecord {
        let Self { odometer_km, fuel_percent, photos, note } = self;
        NewRecord { odometer_km, fuel_percent, photos: ids(photos), note }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewDepositCharge", example = json!({
    "kind": "damage", "amount": {"amount": 4_500, "currency": "USD"},
    "reason": "The left mirror is broken.", "evidence": ["pic_019aa3c5d1f27c3e8a4b5c6d7e8f9012"],
}))]
pub struct ChargeBody {
    #[garde(skip)]
    pub kind: ChargeKindWord,
    #[garde(dive)]
    pub amount: MoneyInput,
    #[garde(length(chars, min = 1, max = 1_000))]
    pub reason: String,
    /// Pictures of yours that show it, private, and used nowhere else; they stay with the booking.
    #[garde(length(min = 1, max = 20), dive)]
    pub evidence: Vec<Listed<Picture>>,
}

impl ChargeBody {
    pub fn understood(self) -> Result<NewCharge, Problem> {
        let amount = self.amount.money("#/amount")?;
        let Self { kind, reason, evidence, .. } = self;
        Ok(NewCharge { kind: kind.into(), amount, reason, evidence: ids(evidence) })
    }
}
