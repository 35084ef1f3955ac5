//! The sandbox gateway: a payment provider to develop and test against, with its own API, books, signed webhooks and faults on demand.
//!
//! It plays an outside company, so it knows no other crate of the workspace. Its wire format is `docs/sandbox-gateway.md`.
//!
//! ```no_run
//! # async fn demo() -> Result<(), sandbox::Error> {
//! let gateway = sandbox::start(sandbox::Config {
//!     api_key: "sk_sandbox_demo".into(),
//!     webhook_secret: "whsec_demo".into(),
//!     ..Default::default()
//! })
//! .await?;
//! println!("{}", gateway.url());
//! gateway.stop().await;
//! # Ok(())
//! # }
//! ```

mod books;
mod config;
mod env;
mod error;
mod fault;
mod gateway;
mod http;
mod journal;
mod model;
mod server;
mod timers;
mod webhook;

pub use books::Books;
pub use config::{Config, Fee};
pub use env::{Clock, Ids, RandomIds, SystemClock};
pub use error::Error;
pub use fault::{Chance, FaultError, FaultPlan, Faults};
pub use model::{
    Attempt, Capture, Card, DeliveryState, Entry, EntryKind, Intent, IntentStatus, NextAction,
    Payout, PayoutStatus, Problem, Refund, RefundStatus, Totals,
};
pub use server::{Sandbox, serve, start};
pub use webhook::signature;
