//! What the store counts of its own work.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters since the start of the process.
#[derive(Debug, Default)]
pub struct Stats {
    commits: AtomicU64,
    refusals: AtomicU64,
    stale: AtomicU64,
    deadlocks: AtomicU64,
    retries: AtomicU64,
    failures: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Changes that were written.
    pub commits: u64,
    /// Changes that were refused: taken, out of stock, done before.
    pub refusals: u64,
    /// Changes decided on a version that was no longer the last.
    pub stale: u64,
    /// Deadlocks; zero is the bar.
    pub deadlocks: u64,
    /// Commits tried again inside the store.
    pub retries: u64,
    /// Commits whose outcome the database did not tell.
    pub failures: u64,
}

impl Stats {
    pub fn counts(&self) -> Counts {
        Counts {
            commits: self.commits.load(Relaxed),
            refusals: self.refusals.load(Relaxed),
            stale: self.stale.load(Relaxed),
            deadlocks: self.deadlocks.load(Relaxed),
            retries: self.retries.load(Relaxed),
            failures: self.failures.load(Relaxed),
        }
    }

    pub(crate) fn committed(&self) {
        self.commits.fetch_add(1, Relaxed);
    }

    pub(crate) fn refused(&self, error: &commerce::CommitError) {
        let counter = match error {
            commerce::CommitError::Stale => &self.stale,
            commerce::CommitError::Store(_) => &self.failures,
            _ => &self.refusals,
        };
        counter.fetch_add(1, Relaxed);
    }

    pub(crate) fn retried(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(crate) fn deadlocked(&self) {
        self.deadlocks.fetch_add(1, Relaxed);
    }
}
