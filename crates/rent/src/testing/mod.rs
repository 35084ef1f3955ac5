//! Shops and vehicles in memory for tests that need no database, and what every store must promise.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

mod contract;
mod links;
mod memory;
mod samples;
mod world;

pub use contract::{Store, assert_ports};
pub use links::Links;
pub use memory::memory;
pub use samples::{
    a_car, a_driver, a_listing, a_scooter, a_shop, new_listing, operator, owner, rates, stranger,
    traveller,
};
pub use world::{World, once};
