//! Events, deliveries that were given up, and the audit log.

use commerce::{
    Timestamp,
    audit::AuditEntry,
    event::{DeadLetter, FeedEvent},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A fact that concerns you, numbered without gaps.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct EventView {
    /// Ask for what comes `after` it.
    pub seq: i64,
    pub id: String,
    /// `order_paid`, `order_cancelled`, `payment_failed`, `refund_succeeded`, …
    pub name: String,
    pub at: Timestamp,
    /// The things it is about, by id.
    pub body: Value,
}

/// A delivery that was given up. Replaying it is harmless.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeadLetter")]
pub struct DeadLetterView {
    pub id: String,
    pub event: String,
    pub name: String,
    /// Who could not act on it.
    pub subscriber: String,
    pub attempts: u32,
    pub error: String,
    pub happened_at: Timestamp,
    pub died_at: Timestamp,
    pub body: Value,
}

/// One row of the audit log.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
pub struct AuditEntryView {
    pub id: String,
    pub at: Timestamp,
    /// Who acted; absent for strangers and for the house itself.
    pub actor: Option<String>,
    /// `sign_in_locked`, `password_changed`, …
    pub action: String,
    pub subject: Option<String>,
    pub address: Option<String>,
    pub request_id: Option<String>,
    pub facts: Value,
}

impl From<FeedEvent> for EventView {
    fn from(event: FeedEvent) -> Self {
        let FeedEvent { seq, id, name, subject: _, body, at } = event;
        Self { seq, id: id.to_string(), name, at, body }
    }
}

impl From<DeadLetter> for DeadLetterView {
    fn from(letter: DeadLetter) -> Self {
        let delivery = letter.delivery;
        Self {
            id: delivery.id.to_string(),
            event: delivery.event.to_string(),
            name: delivery.name,
            subscriber: delivery.subscriber,
            attempts: delivery.attempts,
            error: letter.error,
            happened_at: delivery.at,
            died_at: letter.died_at,
            body: delivery.body,
        }
    }
}

impl From<AuditEntry> for AuditEntryView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id.to_string(),
            at: entry.at,
            actor: entry.actor.map(|actor| actor.to_string()),
            action: entry.action,
            subject: entry.subject.map(|subject| subject.to_string()),
            address: entry.address,
            request_id: entry.request_id,
            facts: entry.facts,
        }
    }
}
