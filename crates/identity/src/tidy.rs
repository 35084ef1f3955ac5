//! Forgets sessions long over and windows long closed.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::TimeDelta;
use commerce::{
    Env, StoreError,
    event::{Sweep, Trouble},
};

use crate::{Attempts, Sessions};

const BATCH: u32 = 500;

/// An expired session is kept this long, for whoever asks what happened.
const KEPT: TimeDelta = TimeDelta::days(7);

pub struct Tidy {
    pub sessions: Arc<dyn Sessions>,
    pub attempts: Arc<dyn Attempts>,
    pub env: Env,
    pub every: Duration,
}

#[async_trait]
impl Sweep for Tidy {
    fn name(&self) -> &'static str {
        "identity.tidy"
    }

    fn every(&self) -> Duration {
        self.every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let passing = |error: StoreError| Trouble::Passing(error.to_string());
        let now = self.env.now();
        let before = now.checked_sub_signed(KEPT).unwrap_or(now);
        let sessions = self.sessions.forget_sessions(before, BATCH).await.map_err(passing)?;
        let attempts = self.attempts.forget_attempts(now, BATCH).await.map_err(passing)?;
        Ok(usize::try_from(sessions.saturating_add(attempts)).unwrap_or(usize::MAX))
    }
}
