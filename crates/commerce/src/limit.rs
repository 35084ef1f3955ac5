//! How often a principal may do something.

use std::time::Duration;

use async_trait::async_trait;

use crate::StoreError;

/// `limit` times in `period`, under a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    pub policy: String,
    pub limit: u32,
    pub period: Duration,
}

/// What the limiter says of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub allowed: bool,
    pub limit: u32,
    pub remaining: u32,
    /// Until the window is whole again, or until the next attempt may pass.
    pub reset: Duration,
}

/// Counts attempts by policy and principal, in memory or in a shared store.
#[async_trait]
pub trait Limiter: Send + Sync {
    async fn hit(&self, quota: &Quota, principal: &str) -> Result<Verdict, StoreError>;
}
