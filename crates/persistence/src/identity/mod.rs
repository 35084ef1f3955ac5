//! Accounts and sessions.

mod attempts;
mod session;
mod sessions;
mod user;
mod users;

use crate::check::Invariant;

/// What this part of the shop promises; `souk check` looks for exceptions.
pub const INVARIANTS: &[Invariant] = &[];
