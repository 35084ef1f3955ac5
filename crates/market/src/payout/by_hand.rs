//! Payouts that people carry out at the bank, and say what became of them.

use async_trait::async_trait;
use commerce::{Actor, Stored};

use super::{NewTransfer, Payout, PayoutGateway, PayoutId, Transfer, TransferError, TransferState};
use crate::{Market, MarketError, commission::operates};

/// What the setting says when no provider carries the money.
pub const BY_HAND: &str = "by_hand";

/// A payout is on its way until an operator says how it went.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByHand;

#[async_trait]
impl PayoutGateway for ByHand {
    fn provider(&self) -> &'static str {
        BY_HAND
    }

    async fn send(&self, transfer: &NewTransfer) -> Result<Transfer, TransferError> {
        Ok(Transfer {
            provider_ref: transfer.payout.to_string(),
            amount: transfer.amount,
            state: TransferState::InTransit,
        })
    }

    /// Nobody knows more than the operator said.
    async fn fetch(&self, _: &str) -> Result<Transfer, TransferError> {
        Err(TransferError::Unknown)
    }

    fn tells(&self) -> bool {
        false
    }
}

/// An operator's word about a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    Paid,
    Failed { code: String },
    Returned { code: String },
}

impl Market {
    /// Only of payouts that are paid by hand: others are followed at their provider.
    pub async fn report_payout(
        &self,
        actor: &Actor,
        id: PayoutId,
        report: Report,
    ) -> Result<Stored<Payout>, MarketError> {
        operates(actor)?;
        let stored = self.payouts.find(id).await?.ok_or(MarketError::NoPayout)?;
        if stored.state.provider != BY_HAND {
            return Err(MarketError::NotByHand);
        }
        let state = match report {
            Report::Paid => TransferState::Paid,
            Report::Failed { code } => TransferState::Failed { code },
            Report::Returned { code } => TransferState::Returned { code },
        };
        let word = Transfer { provider_ref: id.to_string(), amount: stored.state.amount, state };
        self.heard(id, &word).await?;
        self.payouts.find(id).await?.ok_or(MarketError::NoPayout)
    }
}
