//! Double entry: where the money is, and how it got there; append-only.

mod account;
mod posting;
mod templates;

pub use account::{Account, Class};
pub use posting::{Draft, Entry, Posting, Unbalanced};
pub use templates::*;
