//! Whoever carries money to sellers' accounts.

use async_trait::async_trait;
use commerce::Money;

use super::PayoutId;

/// An account at the provider.
pub type Destination = String;

/// A payout that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTransfer {
    /// Sending the same twice sends once.
    pub payout: PayoutId,
    pub account: Destination,
    pub amount: Money,
}

/// A payout as its provider sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    pub provider_ref: String,
    pub amount: Money,
    pub state: TransferState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferState {
    InTransit,
    Paid,
    Failed {
        code: String,
    },
    /// The receiving bank gave it back; this may come days after it was paid.
    Returned {
        code: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// Nobody knows whether it happened. Ask again with the same key.
    #[error("the payout provider gave no usable answer")]
    Unknown,
    /// It certainly did not happen and never will.
    #[error("the payout provider refused: {code}")]
    Refused { code: String },
    #[error("the payout provider knows of no such payout")]
    NotFound,
}

#[async_trait]
pub trait PayoutGateway: Send + Sync {
    /// The provider's name in our API.
    fn provider(&self) -> &str;

    async fn send(&self, transfer: &NewTransfer) -> Result<Transfer, TransferError>;
    async fn fetch(&self, provider_ref: &str) -> Result<Transfer, TransferError>;

    /// Whether asking it tells what became of a payout.
    fn tells(&self) -> bool {
        true
    }
}
