//! Seals what was posted, a step behind the writers.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::Chain;
use crate::event::{Sweep, Trouble};

/// Adds the links of the chain; one process does so at a time, and a second one would change nothing.
pub struct SealBook {
    pub chain: Arc<dyn Chain>,
    pub every: Duration,
    pub batch: u32,
}

#[async_trait]
impl Sweep for SealBook {
    fn name(&self) -> &'static str {
        "seal_book"
    }

    fn every(&self) -> Duration {
        self.every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        self.chain.seal(self.batch).await.map_err(|error| Trouble::Passing(error.to_string()))
    }
}
