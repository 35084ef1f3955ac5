//! Asking twice does it once: the proof is written in the same commit as the effect.

use std::fmt;

use async_trait::async_trait;
use uuid::Uuid;

use crate::StoreError;

/// Names one request of one caller; the same name with another body is a mistake of the caller's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestKey {
    /// Caller and route, so that nobody meets another's keys.
    pub scope: String,
    pub key: String,
    /// SHA-256 of the request, in hex.
    pub hash: String,
}

/// What was answered, kept so that the same question gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// The proof that a request was carried out, and on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub request: RequestKey,
    pub subject: Uuid,
    /// Absent while the answer waits for the outside world.
    pub answer: Option<Answer>,
}

/// A request key on its way to a commit, with the shell's way to word the answer.
pub struct Once<T> {
    pub request: RequestKey,
    pub answer: fn(&T) -> Answer,
}

impl<T> Once<T> {
    /// The receipt to commit with the effect that made `outcome`.
    pub fn receipt(&self, subject: Uuid, outcome: &T) -> Receipt {
        let answer = Some((self.answer)(outcome));
        Receipt { request: self.request.clone(), subject, answer }
    }

    /// The receipt of work whose answer is not known yet.
    pub fn begun(&self, subject: Uuid) -> Receipt {
        Receipt { request: self.request.clone(), subject, answer: None }
    }
}

impl<T> Clone for Once<T> {
    fn clone(&self) -> Self {
        Self { request: self.request.clone(), answer: self.answer }
    }
}

impl<T> fmt::Debug for Once<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Once").field(&self.request).finish()
    }
}

/// Where receipts are found again.
#[async_trait]
pub trait Receipts: Send + Sync {
    async fn find_receipt(&self, scope: &str, key: &str) -> Result<Option<Receipt>, StoreError>;

    /// Forgets receipts older than `before`; returns how many.
    async fn forget_receipts(&self, before: crate::Timestamp) -> Result<u64, StoreError>;
}
