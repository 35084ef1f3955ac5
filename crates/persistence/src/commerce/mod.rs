//! Orders, payments, claims, the ledger and the outbox: what every change may carry.

pub mod effect_steps;

mod audit;
mod calendar;
mod chain;
mod claim;
mod earnings;
mod event;
mod feed;
mod holds;
mod inbox;
mod journal;
mod leases;
pub mod ledger;
mod order;
mod outbox;
mod paper;
mod payment;
mod receipt;
mod reconciliation;

use commerce::ledger::Digest;
use uuid::Uuid;

/// What a commit tells the process once it is written.
#[derive(Debug, Default)]
pub struct Told {
    /// Deliveries were written: somebody should hear the bell.
    pub deliveries: bool,
    /// Accounts that are now known to be in the books.
    pub accounts: Vec<String>,
    /// What was to be posted, and what it says.
    pub postings: Vec<(Uuid, Digest)>,
}
