//! The repositories on PostgreSQL and SQLite; the only crate that knows a database.

mod berths;
pub mod buy;
mod clock;
mod commerce;
mod commit;
mod cursor;
mod db;
mod ear;
mod engine;
mod failure;
pub mod identity;
mod lanes;
pub mod market;
pub mod media;
mod record;
pub mod rent;
mod rows;
mod settings;
mod sql;
mod stats;
mod step;
mod subscriptions;
mod writer;

pub mod check;
#[cfg(feature = "testing")]
pub mod testing;

pub use clock::DbClock;
pub use db::Db;
pub use ear::{Ear, Heard};
pub use engine::Engine;
pub use record::{Layout, Record};
pub use settings::Settings;
pub use stats::{Counts, Stats};
pub use step::{Refusal, Step, Steps};
pub use subscriptions::Subscriptions;
