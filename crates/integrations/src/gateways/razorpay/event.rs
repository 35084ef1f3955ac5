//! Razorpay's messages: which order they speak of.

use commerce::{
    Timestamp,
    payment::{Notice, NoticeError},
};
use serde::Deserialize;
use serde_json::Value;

use super::wire::RazorpayDispute;
use crate::gateways::{digest, dispute};

/// How an order is named by one of its payments.
pub(super) const BY_PAYMENT: &str = "payments/";

#[derive(Deserialize)]
struct WireEvent {
    event: String,
    #[serde(default)]
    payload: Value,
}

/// Razorpay names its events in a header.
pub(super) fn read(
    provider: &str,
    event_id: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Notice, NoticeError> {
    let event: WireEvent = serde_json::from_slice(body).map_err(|_| NoticeError::Unreadable)?;
    let disputed = event.payload.pointer("/dispute/entity");
    let read = |entity| dispute::read::<RazorpayDispute>(provider, event_id, entity);
    Ok(Notice {
        provider: provider.to_owned(),
        event_id: event_id.to_owned(),
        digest: digest(body),
        provider_ref: order_of(&event.payload),
        dispute: disputed.and_then(read),
        kind: event.event,
        payload: event.payload,
        received_at: now,
    })
}

fn order_of(payload: &Value) -> Option<String> {
    let text = |path: &str| payload.pointer(path).and_then(Value::as_str);
    let order = text("/order/entity/id").or_else(|| text("/payment/entity/order_id"));
    let payment = || {
        let named = text("/payment/entity/id").or_else(|| text("/refund/entity/payment_id"));
        named.or_else(|| text("/dispute/entity/payment_id"))
    };
    let by_payment = || payment().map(|id| format!("{BY_PAYMENT}{id}"));
    order.map(str::to_owned).or_else(by_payment)
}
