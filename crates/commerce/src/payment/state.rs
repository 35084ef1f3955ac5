//! The life of a payment and of its refunds.

use serde::{Deserialize, Serialize};

use super::Payment;
use crate::{Id, Money, MoneyError, Tagged, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum PaymentState {
    /// Written down; the provider may or may not know of it yet.
    Created,
    /// The provider waits for the customer, or works on it.
    Pending,
    /// The customer must do something more, such as 3-D Secure.
    RequiresAction,
    Captured {
        at: Timestamp,
    },
    /// The provider said no; a late capture still wins over it.
    Failed {
        at: Timestamp,
        code: String,
    },
    /// Given up by us or by the provider; a late capture still wins over it.
    Cancelled {
        at: Timestamp,
    },
}

impl PaymentState {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Pending => "pending",
            Self::RequiresAction => "requires_action",
            Self::Captured { .. } => "captured",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// Whether the customer may still pay through it.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Created | Self::Pending | Self::RequiresAction)
    }
}

pub type RefundId = Id<Refund>;

impl Tagged for Refund {
    const PREFIX: &'static str = "ref";
}

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum RefundCause {
    /// The shop decided so. Once the whole payment is refunded, `restock` puts the goods back on the shelf.
    Requested { restock: bool },
    /// Charged, but the goods were gone.
    OutOfStock,
    /// Charged, but another payment had paid the order.
    PaidTwice,
    /// Charged, but the order was cancelled.
    OrderCancelled,
    /// Charged after the order had run out, and the shop does not honour that.
    TooLate,
}

impl RefundCause {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested { .. } => "requested",
            Self::OutOfStock => "out_of_stock",
            Self::PaidTwice => "paid_twice",
            Self::OrderCancelled => "order_cancelled",
            Self::TooLate => "too_late",
        }
    }

    pub fn restocks(self) -> bool {
        matches!(self, Self::Requested { restock: true })
    }
}

/// Money on its way back. Its id is our idempotency key at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub id: RefundId,
    pub amount: Money,
    /// How much of the amount is tax that the sale had earned; nothing when the payment never paid its order.
    pub tax: Money,
    /// What of it falls on which line; empty when the whole sale was the shop's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<super::RefundShare>,
    pub cause: RefundCause,
    /// The shop's own words.
    pub reason: String,
    pub state: super::RefundState,
    /// The provider's own id, once it answered.
    pub provider_ref: Option<String>,
    pub created_at: Timestamp,
}

impl Refund {
    /// Whether it is on its way or has arrived; a failed one counts for nothing.
    pub fn is_live(&self) -> bool {
        self.state != super::RefundState::Failed
    }

    pub fn is_pending(&self) -> bool {
        self.state == super::RefundState::Pending
    }
}

impl Payment {
    /// What may still be refunded: captured less every refund that has not failed, and what banks took back.
    pub fn refundable(&self) -> Result<Money, MoneyError> {
        let live = self.refunds.iter().filter(|refund| refund.is_live());
        let given = Money::sum(self.amount.currency, live.map(|refund| refund.amount))?;
        self.captured.minus(given)?.minus(self.disputed()?)
    }

    /// What the provider has sent back.
    pub fn refunded(&self) -> Result<Money, MoneyError> {
        let done =
            self.refunds.iter().filter(|refund| refund.state == super::RefundState::Succeeded);
        Money::sum(self.amount.currency, done.map(|refund| refund.amount))
    }
}
