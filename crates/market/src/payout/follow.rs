//! Asks the provider what became of payouts, also of those that may still come back.

use std::time::Duration;

use async_trait::async_trait;
use commerce::event::{Sweep, Trouble};
use tracing::warn;

use super::{PayoutId, TransferError};
use crate::{Market, MarketError};

pub struct FollowPayouts(pub Market);

#[async_trait]
impl Sweep for FollowPayouts {
    fn name(&self) -> &'static str {
        "market.follow_payouts"
    }

    fn every(&self) -> Duration {
        self.0.settings.follow_every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let market = &self.0;
        let due = market.payouts.due_payouts(market.env.now(), market.settings.batch).await;
        let mut asked: usize = 0;
        for payout in due.map_err(MarketError::from)? {
            match market.follow(payout).await {
                Ok(()) => asked = asked.saturating_add(1),
                // One that cannot be asked about now must not keep the others waiting.
                Err(error) => {
                    warn!(%payout, %error, "a payout could not be followed");
                    market.look_later(payout).await?;
                }
            }
        }
        Ok(asked)
    }
}

impl Market {
    /// One whose first answer was lost is sent once more under the same key, which tells what became of it.
    pub async fn follow(&self, id: PayoutId) -> Result<(), MarketError> {
        let stored = self.payouts.find(id).await?.ok_or(MarketError::NoPayout)?;
        let payout = stored.state;
        let Some(provider_ref) = &payout.provider_ref else {
            return self.send(&payout).await;
        };
        match self.gateway.fetch(provider_ref).await {
            Ok(transfer) => self.heard(id, &transfer).await,
            Err(
                TransferError::Unknown | TransferError::NotFound | TransferError::Refused { .. },
            ) => Err(MarketError::Unanswered),
        }
    }
}
