//! What the worker needs from the store.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use uuid::Uuid;

use crate::{Page, PageRequest, StoreError, Timestamp};

/// One event on its way to one subscriber, leased to one worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub id: Uuid,
    pub event: Uuid,
    pub subscriber: String,
    pub name: String,
    pub subject: Uuid,
    pub body: Value,
    pub at: Timestamp,
    /// How often it was tried, this time included.
    pub attempts: u32,
}

/// How a delivery went.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Done,
    /// Try again at that moment.
    Later {
        at: Timestamp,
        error: String,
    },
    /// Not tried: it is as if it had not been leased.
    GivenBack,
    /// Given up; a person may replay it.
    Dead {
        error: String,
    },
}

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    pub delivery: Delivery,
    pub error: String,
    pub died_at: Timestamp,
}

/// What the worker has not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    pub waiting: u64,
    /// When the oldest that is due became so.
    pub oldest: Option<Timestamp>,
    /// Given up; an operator looks at them.
    pub dead: u64,
}

/// Deliveries waiting for their subscribers. A delivery whose lease ran out is handed out again.
#[async_trait]
pub trait Outbox: Send + Sync {
    async fn lease(
        &self,
        subscribers: &[&str],
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<Delivery>, StoreError>;

    /// Settles leased deliveries; one whose lease was lost meanwhile is left alone.
    async fn settle(&self, outcomes: &[(Delivery, Outcome)]) -> Result<(), StoreError>;

    async fn dead_letters(&self, page: PageRequest) -> Result<Page<DeadLetter>, StoreError>;

    /// Makes a dead delivery ready again; false when there is none.
    async fn replay(&self, delivery: Uuid) -> Result<bool, StoreError>;

    async fn backlog(&self) -> Result<Backlog, StoreError>;
}

/// Work that only one process does at a time, with a fencing epoch.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes or renews the lease; `None` while another holder has it.
    async fn acquire(
        &self,
        name: &str,
        holder: &str,
        lease: Duration,
    ) -> Result<Option<i64>, StoreError>;
    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError>;
}

/// How long to wait before the next try: doubling, capped, spread by `jitter` out of 256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    pub first: Duration,
    pub most: Duration,
}

impl Backoff {
    pub fn after(self, attempts: u32, jitter: u8) -> Duration {
        let doubled = 1_u32.checked_shl(attempts.saturating_sub(1).min(20)).unwrap_or(u32::MAX);
        let full = self.first.saturating_mul(doubled).min(self.most);
        let half = full.checked_div(2).unwrap_or_default();
        half.saturating_add(
            half.saturating_mul(u32::from(jitter)).checked_div(256).unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_up_to_a_limit() {
        let backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_mins(5) };

        assert_eq!(backoff.after(1, 0), Duration::from_millis(500));
        assert!(backoff.after(3, 128) > backoff.after(1, 255));
        assert_eq!(backoff.after(40, 0), Duration::from_secs(150));
    }
}
