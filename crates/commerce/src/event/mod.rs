//! Facts told after they are written: the outbox, those who listen, and the worker that delivers.

mod feed;
mod outbox;
mod worker;

pub use feed::{Feed, FeedEvent, user_stream};
pub use outbox::{Backlog, Backoff, DeadLetter, Delivery, Leases, Outbox, Outcome};
pub use worker::{Running, Subscriber, Sweep, Trouble, Worker, WorkerSettings};

use serde_json::Value;
use uuid::Uuid;

use crate::{Env, Timestamp};

/// A fact, written in the same commit as what it tells of.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: Uuid,
    /// A stable name: `order_paid`.
    pub name: &'static str,
    pub subject: Uuid,
    /// A stream that clients resume, such as `user:0190…`; it numbers its events without gaps.
    pub stream: Option<String>,
    pub body: Value,
    pub at: Timestamp,
}

impl Event {
    pub fn new(env: &Env, name: &'static str, subject: impl Into<Uuid>, body: Value) -> Self {
        let (id, at) = (env.uuid(), env.now());
        Self { id, name, subject: subject.into(), stream: None, body, at }
    }

    /// Tells it on the stream of a user as well.
    pub fn to_user(self, user: crate::UserId) -> Self {
        Self { stream: Some(user_stream(user)), ..self }
    }
}
