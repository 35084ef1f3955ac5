//! Stripe's messages: which intent they speak of.

use commerce::{
    Timestamp,
    payment::{Notice, NoticeError},
};
use serde::Deserialize;
use serde_json::Value;

use super::wire::StripeDispute;
use crate::gateways::{digest, dispute};

#[derive(Deserialize)]
struct WireEvent {
    id: String,
    object: String,
    #[serde(rename = "type")]
    kind: String,
    data: WireData,
}

#[derive(Deserialize)]
struct WireData {
    object: Value,
}

/// A thin event (`v2.core.event`) carries no object, so it cannot be read.
pub(super) fn read(provider: &str, body: &[u8], now: Timestamp) -> Result<Notice, NoticeError> {
    let event: WireEvent = serde_json::from_slice(body).map_err(|_| NoticeError::Unreadable)?;
    if event.object != "event" {
        return Err(NoticeError::Unreadable);
    }
    let object = &event.data.object;
    let disputed = event.kind.starts_with("charge.dispute.");
    let read = || dispute::read::<StripeDispute>(provider, &event.id, object);
    Ok(Notice {
        provider: provider.to_owned(),
        digest: digest(body),
        provider_ref: intent_of(object),
        dispute: disputed.then(read).flatten(),
        event_id: event.id,
        kind: event.kind,
        payload: without_secret(event.data.object),
        received_at: now,
    })
}

/// Charges, refunds and disputes name the intent they belong to.
fn intent_of(object: &Value) -> Option<String> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let id = match text("object")? {
        "payment_intent" => text("id"),
        "charge" | "refund" | "dispute" => text("payment_intent"),
        _ => None,
    };
    id.map(str::to_owned)
}

fn without_secret(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("client_secret");
    }
    object
}
