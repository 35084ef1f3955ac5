//! A shop in memory for tests that need no database.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]
#![expect(clippy::arithmetic_side_effects, reason = "tests may overflow")]

mod memory;
mod world;

pub use memory::memory;
pub use world::{World, address, cart, keeper, once, product, variant};
