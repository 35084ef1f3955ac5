//! PayPal's messages: which order they speak of.

use commerce::{
    Timestamp,
    payment::{Notice, NoticeError},
};
use serde::Deserialize;
use serde_json::Value;

use super::wire::PayPalDispute;
use crate::gateways::{digest, dispute};

/// How an order is named by one of its captures.
pub(super) const BY_CAPTURE: &str = "captures/";

#[derive(Deserialize)]
struct WireEvent {
    id: String,
    event_type: String,
    #[serde(default)]
    resource: Value,
}

pub(super) fn read(provider: &str, body: &[u8], now: Timestamp) -> Result<Notice, NoticeError> {
    let event: WireEvent = serde_json::from_slice(body).map_err(|_| NoticeError::Unreadable)?;
    let disputed = event.event_type.starts_with("CUSTOMER.DISPUTE.");
    let read = || dispute::read::<PayPalDispute>(provider, &event.id, &event.resource);
    Ok(Notice {
        provider: provider.to_owned(),
        digest: digest(body),
        provider_ref: order_of(&event.event_type, &event.resource),
        dispute: disputed.then(read).flatten(),
        event_id: event.id,
        kind: event.event_type,
        payload: event.resource,
        received_at: now,
    })
}

fn order_of(kind: &str, resource: &Value) -> Option<String> {
    let text = |path: &str| resource.pointer(path).and_then(Value::as_str);
    let by_capture = |id: &str| format!("{BY_CAPTURE}{id}");
    match kind {
        _ if kind.starts_with("CHECKOUT.ORDER.") => text("/id").map(str::to_owned),
        "PAYMENT.CAPTURE.REFUNDED" | "PAYMENT.CAPTURE.REVERSED" => {
            capture_above(resource).map(by_capture)
        }
        _ if kind.starts_with("PAYMENT.CAPTURE.") => {
            let order = text("/supplementary_data/related_ids/order_id").map(str::to_owned);
            order.or_else(|| text("/id").map(by_capture))
        }
        _ if kind.starts_with("CUSTOMER.DISPUTE.") => {
            text("/disputed_transactions/0/seller_transaction_id").map(by_capture)
        }
        _ => None,
    }
}

/// A refund names its capture only by a link.
fn capture_above(resource: &Value) -> Option<&str> {
    let links = resource.get("links")?.as_array()?;
    let up = links.iter().find(|link| link.get("rel").and_then(Value::as_str) == Some("up"))?;
    let (_, id) = up.get("href")?.as_str()?.rsplit_once("/captures/")?;
    Some(id)
}
