//! The life of a dispute: a customer's bank takes money back, and somebody wins.

use serde::{Deserialize, Serialize};

use crate::{Id, Money, MoneyError, Payment, Tagged, Timestamp};

pub type DisputeId = Id<Dispute>;

impl Tagged for Dispute {
    const PREFIX: &'static str = "dsp";
}

/// Money that a customer's bank took back, until it is decided whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    pub id: DisputeId,
    pub amount: Money,
    /// The bank's words.
    pub reason: String,
    pub state: DisputeState,
    /// The provider's own id, once it spoke of the dispute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_ref: Option<String>,
    pub created_at: Timestamp,
}

/// What a provider's message says of a dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeNews {
    pub provider_ref: String,
    pub amount: Money,
    /// The bank's words.
    pub reason: String,
    pub stands: DisputeStands,
}

/// How a dispute stands by its provider's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStands {
    /// The money is gone for now.
    Open,
    Won,
    Lost,
    /// The bank asked, or gave up, and took nothing.
    Dropped,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum DisputeState {
    Open,
    /// The bank gave the money back.
    Won {
        at: Timestamp,
    },
    /// The money stays with the customer.
    Lost {
        at: Timestamp,
    },
}

impl DisputeState {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Won { .. } => "won",
            Self::Lost { .. } => "lost",
        }
    }
}

impl Dispute {
    pub fn is_open(&self) -> bool {
        self.state == DisputeState::Open
    }
}

impl Payment {
    /// Whether somebody else may still turn out to have what its sellers earned.
    pub fn is_disputed(&self) -> bool {
        self.disputes.iter().any(Dispute::is_open)
    }

    /// What banks have taken back and not given up.
    pub fn disputed(&self) -> Result<Money, MoneyError> {
        let kept = self.disputes.iter().filter(|dispute| match dispute.state {
            DisputeState::Open | DisputeState::Lost { .. } => true,
            DisputeState::Won { .. } => false,
        });
        Money::sum(self.amount.currency, kept.map(|dispute| dispute.amount))
    }
}
