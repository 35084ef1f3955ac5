//! Drives the whole shop from outside: real processes, real HTTP, both engines.
//!
//! ```no_run
//! # async fn story() {
//! use tests::{Engine, Shop};
//!
//! let shop = Shop::open(Engine::Sqlite).await;
//! let buyer = shop.new_customer().await;
//! let cart = buyer.get("/v1/cart").await.expect(200);
//! assert_eq!(cart.body["ready"], false);
//! shop.close().await; // runs `souk check`
//! # }
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its world stops"
)]

pub mod bazaar;
pub mod client;
pub mod crowd;
pub mod document;
pub mod engine;
pub mod pictures;
pub mod rentals;
pub mod shop;
pub mod trade;

pub use client::{Answer, Client};
pub use crowd::{Doors, Storm, insist, together};
pub use document::{Document, Operation};
pub use engine::{Database, Engine};
pub use shop::{Server, Shop};
pub use trade::{Goods, Policy};
