//! Forgets the answers to requests that nobody repeats any more.

use std::time::Duration;

use async_trait::async_trait;

use super::Sales;
use crate::{
    event::{Sweep, Trouble},
    payment::PaymentError,
};

pub struct ForgetReceipts(pub Sales);

#[async_trait]
impl Sweep for ForgetReceipts {
    fn name(&self) -> &'static str {
        "forget_receipts"
    }

    fn every(&self) -> Duration {
        self.0.settings.tidy_every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let sales = &self.0;
        let now = sales.env.now();
        let before = now.checked_sub_signed(sales.settings.receipts_kept).unwrap_or(now);
        let forgotten = sales.receipts.forget_receipts(before).await.map_err(PaymentError::from)?;
        Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
    }
}
