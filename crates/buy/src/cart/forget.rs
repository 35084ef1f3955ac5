//! Forgets the carts that guests left behind.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::TimeDelta;
use commerce::{
    Env, StoreError,
    event::{Sweep, Trouble},
};

use super::Carts;

const BATCH: u32 = 500;

pub struct ForgetCarts {
    pub carts: Arc<dyn Carts>,
    pub env: Env,
    /// How long a guest's cart is kept after it was touched last.
    pub kept: TimeDelta,
    pub every: Duration,
}

#[async_trait]
impl Sweep for ForgetCarts {
    fn name(&self) -> &'static str {
        "buy.forget_carts"
    }

    fn every(&self) -> Duration {
        self.every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let passing = |error: StoreError| Trouble::Passing(error.to_string());
        let now = self.env.now();
        let before = now.checked_sub_signed(self.kept).unwrap_or(now);
        let forgotten = self.carts.forget_guest_carts(before, BATCH).await.map_err(passing)?;
        Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
    }
}
