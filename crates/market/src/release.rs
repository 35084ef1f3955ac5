//! Releases what sellers earned, once the time for disputes is over.

use std::time::Duration;

use async_trait::async_trait;
use commerce::{
    event::{Sweep, Trouble},
    sales::Sales,
};

use tracing::error;

use crate::Market;

pub struct ReleaseEarnings {
    pub market: Market,
    pub sales: Sales,
}

#[async_trait]
impl Sweep for ReleaseEarnings {
    fn name(&self) -> &'static str {
        "market.release_earnings"
    }

    fn every(&self) -> Duration {
        self.market.settings.release_every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let (settings, now) = (&self.market.settings, self.market.env.now());
        let before = now.checked_sub_signed(settings.dispute_window).unwrap_or(now);
        let mut released: usize = 0;
        for payment in self.sales.unreleased(before, settings.batch).await? {
            match self.sales.release(payment).await {
                Ok(done) => released = released.saturating_add(usize::from(done)),
                // One that cannot be released now must not keep the others waiting.
                Err(error) => error!(%payment, %error, "earnings could not be released"),
            }
        }
        Ok(released)
    }
}
