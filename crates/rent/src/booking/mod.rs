//! A booking: a unit of a vehicle for a traveller and a time, `Held → Confirmed → Active → Returned → Completed`.

mod accounts;
mod answer;
mod book;
mod cancel;
mod change;
mod charge;
mod complete;
mod effects;
mod events;
mod expire;
mod hand_over;
mod order_news;
mod photo;
mod ports;
mod read;
mod remembered;
mod settle;
mod state;
#[cfg(test)]
mod tests;

pub use answer::Answering;
pub use book::Book;
pub use cancel::CancelBooking;
pub use charge::NewCharge;
pub use complete::CompleteBookings;
pub use expire::ExpireRequests;
pub use hand_over::NewRecord;
pub use order_news::HearOrders;
pub use photo::Photo;
pub use ports::{BookingFilter, Bookings};
pub use remembered::{Back, BackPart, Charge, ChargeKind, Deposit, Record};
pub use settle::SettleBookings;
pub use state::{Awaiting, BookingState, Side};

use commerce::{
    Aggregate, ClaimId, Id, Money, MoneyError, OrderId, ResourceId, Span, Tagged, Timestamp,
    UserId, seller::Commission,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Driver, ListingId, Quote, ShopId, UnitId, Zone};

pub type BookingId = Id<Booking>;

impl Tagged for Booking {
    const PREFIX: &'static str = "bkg";
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    pub id: BookingId,
    pub listing: ListingId,
    pub unit: UnitId,
    pub shop: ShopId,
    /// The shop's owner.
    pub owner: UserId,
    /// The seller it is lent for, and on what terms; absent where the house lends itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lent_for: Option<LentFor>,
    pub traveller: UserId,
    pub driver: Driver,
    /// The listing's, as it was booked.
    pub title: String,
    pub period: Span,
    /// The period and the turnaround after it: what the unit's time is claimed for.
    pub claimed: Span,
    pub zone: Zone,
    /// What was agreed; rates that change later do not touch it.
    pub quote: Quote,
    pub late: LateTerms,
    /// The claim a request holds the unit with, until an order takes it over.
    pub claim: ClaimId,
    /// Absent while a request waits for the owner's answer.
    pub order: Option<OrderId>,
    pub state: BookingState,
    pub deposit: Deposit,
    pub handed_over: Option<Record>,
    pub returned: Option<Record>,
    /// What the owner takes out of the deposit.
    pub charges: Vec<Charge>,
    /// Money on its way back to the traveller.
    pub back: Option<Back>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Whose the money of a rental is, frozen when it was booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LentFor {
    pub seller: Uuid,
    /// What each line of the quote costs them; nothing of the deposit, which is no sale.
    pub commissions: Vec<Option<Commission>>,
}

/// What an hour late costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateTerms {
    pub hour: Money,
    pub grace_minutes: u32,
}

impl Aggregate for Booking {
    type Id = BookingId;

    fn id(&self) -> BookingId {
        self.id
    }
}

impl Booking {
    pub fn seller(&self) -> Option<Uuid> {
        self.lent_for.as_ref().map(|lent_for| lent_for.seller)
    }

    /// The unit's time.
    pub fn resource(&self) -> ResourceId {
        self.unit.uuid().into()
    }

    /// What the charges come to.
    pub fn charged(&self) -> Result<Money, MoneyError> {
        let amounts = self.charges.iter().map(|charge| charge.amount);
        Money::sum(self.quote.deposit.currency, amounts)
    }

    /// How much of the deposit can still be charged.
    pub fn chargeable(&self) -> Result<Money, MoneyError> {
        match self.deposit {
            Deposit::Held { amount, .. } => {
                let left = amount.minus(self.charged()?)?;
                Ok(Money::new(left.minor.max(0), left.currency))
            }
            Deposit::None | Deposit::Due | Deposit::Settled { .. } => {
                Ok(Money::zero(self.quote.deposit.currency))
            }
        }
    }
}
