//! Lets go of what was set aside for too long.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tracing::warn;

use super::{Hold, Holds};
use crate::{
    Change, CommitError, Effects, Env, Failure, Order, Repository,
    event::{Sweep, Trouble},
};

pub struct ExpireHolds {
    pub holds: Arc<dyn Holds>,
    pub orders: Arc<dyn Repository<Order>>,
    pub env: Env,
    pub every: Duration,
    pub batch: u32,
}

#[async_trait]
impl Sweep for ExpireHolds {
    fn name(&self) -> &'static str {
        "expire_holds"
    }

    fn every(&self) -> Duration {
        self.every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let due = self.holds.expired_holds(self.env.now(), self.batch).await;
        let due = due.map_err(|error| Trouble::Passing(error.to_string()))?;
        let mut ended: usize = 0;
        for hold in due {
            ended = ended.saturating_add(usize::from(self.expire(&hold).await));
        }
        Ok(ended)
    }
}

impl ExpireHolds {
    /// Whether this is what ended it; somebody else may have been quicker.
    async fn expire(&self, hold: &Hold) -> bool {
        let Ok(posting) = hold.expire(self.env.uuid(), "hold_expired", self.env.now()) else {
            return false;
        };
        let change = Change { writes: Vec::new(), effects: Effects::none().post(posting) };
        match self.orders.commit(change).await {
            Ok(()) => true,
            Err(CommitError::PostingEnded(_)) => false,
            Err(error) => {
                warn!(hold = %hold.id, code = error.code(), %error, "a hold could not be ended");
                false
            }
        }
    }
}
