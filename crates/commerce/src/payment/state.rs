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

/// Money on its way back. Its id is our idempotency key at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub id: RefundId,
    pub amount: Money,
    pub reason: String,
    pub state: super::RefundState,
    /// The provider's own id, once it answered.
    pub provider_ref: Option<String>,
    pub created_at: Timestamp,
}

impl Payment {
    /// What may still be refunded: captured less every refund that has not failed.
    pub fn refundable(&self) -> Result<Money, MoneyError> {
        let live = self.refunds.iter().filter(|refund| refund.state != super::RefundState::Failed);
        let given = Money::sum(self.amount.currency, live.map(|refund| refund.amount))?;
        self.captured.minus(given)
    }

    /// What the provider has sent back.
    pub fn refunded(&self) -> Result<Money, MoneyError> {
        let done =
            self.refunds.iter().filter(|refund| refund.state == super::RefundState::Succeeded);
        Money::sum(self.amount.currency, done.map(|refund| refund.amount))
    }
}
