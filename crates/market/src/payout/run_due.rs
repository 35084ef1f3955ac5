//! Pays sellers out when their day has come.

use std::time::Duration;

use async_trait::async_trait;
use commerce::{
    Stored,
    event::{Sweep, Trouble},
};
use tracing::{error, warn};

use super::PayoutRequest;
use crate::{Market, MarketError, Seller};

pub struct RunPayouts(pub Market);

#[async_trait]
impl Sweep for RunPayouts {
    fn name(&self) -> &'static str {
        "market.run_payouts"
    }

    fn every(&self) -> Duration {
        self.0.settings.run_every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let market = &self.0;
        let due = market.sellers.due_sellers(market.env.now(), market.settings.batch).await;
        let mut run: usize = 0;
        for seller in due.map_err(MarketError::from)? {
            let Some(stored) = market.sellers.find(seller).await.map_err(MarketError::from)? else {
                continue;
            };
            match market.pay_due(stored).await {
                Ok(paid) => run = run.saturating_add(paid),
                // One that cannot be paid now must not keep the others waiting.
                Err(error) => error!(%seller, %error, "a seller could not be paid out"),
            }
        }
        Ok(run)
    }
}

impl Market {
    /// Dying in between pays nothing twice: what was paid is in its payout, and the day is moved last.
    async fn pay_due(&self, stored: Stored<Seller>) -> Result<usize, MarketError> {
        let seller = &stored.state;
        let mut paid: usize = 0;
        for balance in self.reads.balances(seller.id).await? {
            let currency = balance.payable.currency;
            let request = PayoutRequest { seller: seller.id, currency };
            match self.pay(request, seller.minimum(currency), None).await {
                Ok(_) => paid = paid.saturating_add(1),
                Err(MarketError::NothingToPay | MarketError::BelowMinimum { .. }) => {}
                Err(error @ (MarketError::NoPayoutAccount | MarketError::WrongState(_))) => {
                    warn!(seller = %seller.id, %error, "a payout was due and could not be made");
                }
                Err(error) => return Err(error),
            }
        }
        let next = seller.schedule.next(seller.zone, self.env.now());
        let moved = Seller { next_payout: next, ..seller.clone() };
        match self.sellers.commit(stored.becomes(moved).alone()).await {
            Ok(()) | Err(commerce::CommitError::Stale) => Ok(paid),
            Err(error) => Err(error.into()),
        }
    }
}
