//! Sellers and their money in memory for tests that need no database, and what every store must promise.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

mod contract;
mod gateway;
mod memory;
mod world;

pub use contract::{Store, assert_ports};
pub use gateway::ModelBank;
pub use memory::memory;
pub use world::{World, application, new_rule, operator, person, sold};
