//! Surroundings and a store for tests that need no database, and what every store must promise.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]
#![expect(clippy::arithmetic_side_effects, reason = "tests may overflow")]

mod books;
mod claims;
mod contract;
mod env;
mod gateway;
mod memory;
mod reads;
mod reconciliation;
mod sellers;

pub use claims::{ClaimAct, ClaimModel};
pub use contract::{assert_claims, assert_repository, assert_time_claims};
pub use env::{ManualClock, SeededRandom, TestEnv, moment};
pub use gateway::{ModelProvider, ProviderBooks, ProviderFault};
pub use memory::{Books, Memory};
