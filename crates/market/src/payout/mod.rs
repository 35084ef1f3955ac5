//! A payout: what a seller has earned, itemised and sent to its account.

mod by_hand;
mod follow;
mod gateway;
mod news;
mod ports;
mod read;
mod run;
mod run_due;
mod send;
#[cfg(test)]
mod tests;

pub use by_hand::{BY_HAND, ByHand, Report};
pub use follow::FollowPayouts;
pub use gateway::{
    Destination, NewTransfer, PayoutGateway, Transfer, TransferError, TransferState,
};
pub use ports::{PayoutFilter, Payouts, SellerBalance, SellerReads, SoldLine, StatementEntry};
pub use run::PayoutRequest;
pub use run_due::RunPayouts;
pub use send::SendPayouts;

use commerce::{Aggregate, Id, Money, Tagged, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::SellerId;

pub type PayoutId = Id<Payout>;

impl Tagged for Payout {
    const PREFIX: &'static str = "pyo";
}

/// Its id is our idempotency key at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    pub id: PayoutId,
    pub seller: SellerId,
    pub provider: String,
    /// Where it goes, as the seller's profile said when it was made.
    pub account: String,
    /// The sum of its items.
    pub amount: Money,
    /// Every entry of the seller's account that it pays, each in no other payout.
    pub items: Vec<PayoutItem>,
    pub state: PayoutState,
    /// The posting that took the money from the seller's account.
    pub sent_by: Uuid,
    /// The posting that saw it leave our bank.
    pub confirmed_by: Option<Uuid>,
    /// The provider's own id, once it answered.
    pub provider_ref: Option<String>,
    pub created_at: Timestamp,
    /// When to ask the provider again; absent when there is nothing to wait for.
    pub check_at: Option<Timestamp>,
    pub checks: u32,
}

impl Aggregate for Payout {
    type Id = PayoutId;

    fn id(&self) -> PayoutId {
        self.id
    }
}

/// One entry of the seller's account: earnings that were released are positive, what was taken back is negative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutItem {
    pub posting: Uuid,
    /// The entry's place in its posting.
    pub line: u32,
    /// The template of the posting: `earnings_released`.
    pub kind: String,
    /// What it is about: an order, a refund, an earlier payout.
    pub reference: Uuid,
    pub amount: Money,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum PayoutState {
    /// The money is set aside; the provider may or may not know of it yet.
    Draft,
    Sent {
        at: Timestamp,
    },
    Paid {
        at: Timestamp,
    },
    /// It never left; the seller has the money again.
    Failed {
        at: Timestamp,
        code: String,
    },
    /// The bank gave it back, perhaps after it was paid; the seller has the money again.
    Returned {
        at: Timestamp,
        code: String,
    },
}

impl PayoutState {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent { .. } => "sent",
            Self::Paid { .. } => "paid",
            Self::Failed { .. } => "failed",
            Self::Returned { .. } => "returned",
        }
    }

    pub fn is_over(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Returned { .. })
    }
}
