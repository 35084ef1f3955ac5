//! Every movement of money at a provider beside the one in our books, and whatever one side has and the other has not.
//!
//! A provider's record is listed by windows that overlap, each line is joined with the posting that tells of the same
//! movement, and what was seen is kept. Fees and payouts we learn of from nowhere else, so they are booked from it.

mod booking;
mod entry;
mod error;
mod join;
mod nightly;
mod ports;
mod reconcile;
mod report;
mod settings;

pub use entry::{Class, Reconciled};
pub use error::ReconcileError;
pub use nightly::Nightly;
pub use ports::{Booked, LineFilter, OwnEntry, Reconciliations, Unseen};
pub use reconcile::{Reconciliation, Run};
pub use report::{Concluded, ProviderReport, Share, Standing, Total};
pub use settings::ReconciliationSettings;
