//! Double entry: where the money is, and how it got there; append-only.

mod account;
mod ports;
mod posting;
mod templates;

pub use account::{Account, Class};
pub use ports::{Balance, BookedEntry, Journal, TrialBalance};
pub use posting::{Draft, Entry, Posting, Unbalanced};
pub use templates::*;
