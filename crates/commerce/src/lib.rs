//! The core of the shop: what is scarce, what was sold, what was paid and where the money went.
//!
//! A use case reads, decides and commits. The decision is a value, [`Change`]: the next state of an
//! aggregate and its [`Effects`] on the parts of the shop that every way of selling shares.
#![warn(clippy::arithmetic_side_effects)]

mod actor;
mod change;
mod env;
mod failure;
mod id;
mod money;
mod once;
mod page;
mod store;

pub mod audit;
pub mod claim;
pub mod event;
pub mod invoice;
pub mod ledger;
pub mod limit;
pub mod order;
pub mod payment;
pub mod picture;
pub mod reconciliation;
pub mod sales;
pub mod seller;
pub mod wallet;

#[cfg(feature = "testing")]
pub mod testing;

pub use actor::{Actor, AuthError, Authenticator, Role, Session, SessionId, User, UserId};
pub use change::{Aggregate, Change, Effects, Stored, Version, Write};
pub use claim::{Claim, ClaimId, ClaimMove, ClaimState, Resource, ResourceId, Span, StockMove};
pub use env::{Clock, Env, Random, SystemClock, Timestamp};
pub use event::Event;
pub use failure::{Failure, FieldError, Kind};
pub use id::{Id, IdError, Tagged};
pub use ledger::{Account, Entry, Posting};
pub use money::{Currency, Money, MoneyError};
pub use once::{Answer, Once, Receipt, Receipts, RequestKey};
pub use order::{Order, OrderId};
pub use page::{Page, PageRequest};
pub use payment::{Payment, PaymentId};
pub use store::{
    ATTEMPTS, BadCursor, CommitError, IsStale, Repository, StoreError, retrying, update,
};
