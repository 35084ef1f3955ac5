//! Bookings as both of their sides see them.

use chrono::NaiveDate;
use commerce::{Order, Stored, Timestamp};
use rent::{
    Awaiting, Booking, BookingState, Charge, Deposit, Driver, Licence, Listing, Photo, Record,
    RentShop, Unit,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    places::PeriodView,
    quote_views::QuoteView,
    words::{ChargeKindWord, LicenceWord},
};
use crate::{extract::Ref, views::MoneyView};

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Booking")]
pub struct BookingView {
    pub id: Ref<Booking>,
    pub vehicle: Ref<Listing>,
    pub unit: Ref<Unit>,
    pub shop: Ref<RentShop>,
    /// The traveller: `usr_…`
    pub traveller: String,
    pub title: String,
    pub driver: DriverView,
    pub period: PeriodView,
    /// What was agreed; rates that change later do not touch it.
    pub quote: QuoteView,
    /// `held`, `confirmed`, `active`, `returned`, `completed`, `cancelled` or `expired`.
    pub state: String,
    /// While it is held: `answer` of the shop to a request, or `payment` of the order.
    pub awaiting: Option<String>,
    /// While it is held: until when.
    pub held_until: Option<Timestamp>,
    /// Since when it is in its state; null while it is held.
    pub since: Option<Timestamp>,
    /// Who cancelled it: `traveller`, `owner` or `house`.
    pub cancelled_by: Option<String>,
    /// What is paid for it; null while a request waits for the shop's answer.
    pub order: Option<Ref<Order>>,
    pub deposit: DepositView,
    pub handed_over: Option<RecordView>,
    pub returned: Option<RecordView>,
    pub charges: Vec<ChargeView>,
    /// What goes back to the traveller; null when nothing does, or all that was paid.
    pub money_back: Option<MoneyView>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

impl From<Stored<Booking>> for BookingView {
    fn from(Stored { state: booking, version }: Stored<Booking>) -> Self {
        let life = Life::of(booking.state);
        let back = booking.back.and_then(|back| back.part);
        Self {
            deposit: DepositView::of(&booking),
            id: booking.id.into(),
            vehicle: booking.listing.into(),
            unit: booking.unit.into(),
            shop: booking.shop.into(),
            traveller: booking.traveller.to_string(),
            title: booking.title,
            driver: booking.driver.into(),
            period: booking.period.into(),
            quote: booking.quote.into(),
            state: booking.state.name().to_owned(),
            awaiting: life.awaiting.map(ToOwned::to_owned),
            held_until: life.held_until,
            since: life.since,
            cancelled_by: life.cancelled_by.map(ToOwned::to_owned),
            order: booking.order.map(Into::into),
            handed_over: booking.handed_over.map(Into::into),
            returned: booking.returned.map(Into::into),
            charges: booking.charges.into_iter().map(Into::into).collect(),
            money_back: back.map(|part| part.amount.into()),
            created_at: booking.created_at,
            updated_at: booking.updated_at,
            version: version.0,
        }
    }
}

/// What a state carries, laid flat.
#[derive(Default)]
struct Life {
    awaiting: Option<&'static str>,
    held_until: Option<Timestamp>,
    since: Option<Timestamp>,
    cancelled_by: Option<&'static str>,
}

impl Life {
    fn of(state: BookingState) -> Self {
        let nothing = Self::default();
        match state {
            BookingState::Held { until, awaiting } => {
                let awaiting = match awaiting {
                    Awaiting::Answer => "answer",
                    Awaiting::Payment => "payment",
                };
                Self { awaiting: Some(awaiting), held_until: Some(until), ..nothing }
            }
            BookingState::Confirmed { at }
            | BookingState::Active { since: at }
            | BookingState::Returned { at }
            | BookingState::Completed { at }
            | BookingState::Expired { at } => Self { since: Some(at), ..nothing },
            BookingState::Cancelled { at, by } => {
                Self { since: Some(at), cancelled_by: Some(by.as_str()), ..nothing }
            }
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Driver")]
pub struct DriverView {
    pub name: String,
    pub born_on: NaiveDate,
    pub licence: Option<LicenceView>,
}

impl From<Driver> for DriverView {
    fn from(driver: Driver) -> Self {
        let Driver { name, born_on, licence } = driver;
        Self { name, born_on, licence: licence.map(Into::into) }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Licence")]
pub struct LicenceView {
    pub class: LicenceWord,
    pub held_since: NaiveDate,
}

impl From<Licence> for LicenceView {
    fn from(licence: Licence) -> Self {
        Self { class: licence.class.into(), held_since: licence.held_since }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Deposit")]
pub struct DepositView {
    /// `none`, `due` with the payment, `held`, or `settled`.
    pub state: String,
    pub amount: MoneyView,
    /// What can still be charged of it.
    pub chargeable: MoneyView,
    /// What goes back of it, once it is settled.
    pub returned: Option<MoneyView>,
    /// What the shop keeps of it, once it is settled.
    pub claimed: Option<MoneyView>,
}

impl DepositView {
    fn of(booking: &Booking) -> Self {
        let (state, settled) = match booking.deposit {
            Deposit::None => ("none", None),
            Deposit::Due => ("due", None),
            Deposit::Held { .. } => ("held", None),
            Deposit::Settled { returned, claimed, .. } => ("settled", Some((returned, claimed))),
        };
        let nothing = commerce::Money::zero(booking.quote.deposit.currency);
        Self {
            state: state.to_owned(),
            amount: booking.quote.deposit.into(),
            chargeable: booking.chargeable().unwrap_or(nothing).into(),
            returned: settled.map(|(returned, _)| returned.into()),
            claimed: settled.map(|(_, claimed)| claimed.into()),
        }
    }
}

/// How the vehicle was when it went out or came back.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "VehicleRecord")]
pub struct RecordView {
    pub at: Timestamp,
    pub odometer_km: Option<u32>,
    pub fuel_percent: Option<u8>,
    /// Pictures, `pic_…`: make a link to see one. What was written before pictures could be private is an address.
    pub photos: Vec<String>,
    pub note: String,
}

impl From<Record> for RecordView {
    fn from(record: Record) -> Self {
        let Record { at, odometer_km, fuel_percent, photos, note } = record;
        Self { at, odometer_km, fuel_percent, photos: texts(photos), note }
    }
}

fn texts(photos: Vec<Photo>) -> Vec<String> {
    photos.into_iter().map(Into::into).collect()
}

/// Something the shop takes out of the deposit.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DepositCharge")]
pub struct ChargeView {
    pub kind: ChargeKindWord,
    pub amount: MoneyView,
    pub reason: String,
    /// Pictures, as the photos of a record are.
    pub evidence: Vec<String>,
    pub at: Timestamp,
}

impl From<Charge> for ChargeView {
    fn from(charge: Charge) -> Self {
        Self {
            kind: charge.kind.into(),
            amount: charge.amount.into(),
            reason: charge.reason,
            evidence: texts(charge.evidence),
            at: charge.at,
        }
    }
}
