//! The facts that selling tells; ids in their bodies are written as clients see them.

use serde_json::{Value, json};

use super::derived::derived;
use crate::{
    Env, Event, Order, Payment,
    order::{CancelReason, OrderState},
    payment::{Dispute, Refund},
};

pub(super) const PROVIDER_NOTICE: &str = "provider_notice";
pub(super) const REFUND_DUE: &str = "refund_due";
pub(super) const ORDER_CANCELLED: &str = "order_cancelled";

pub(super) fn payment_started(env: &Env, payment: &Payment) -> Event {
    Event::new(env, "payment_started", payment.id, about_payment(payment))
}

/// The payment moved without being captured: `payment_failed`, `payment_cancelled`, `payment_requires_action`.
pub(super) fn payment_moved(env: &Env, name: &'static str, payment: &Payment) -> Event {
    Event::new(env, name, payment.id, about_payment(payment)).to_user(payment.buyer)
}

/// Something is wrong that a person must look at.
pub(super) fn alarm(env: &Env, name: &'static str, payment: &Payment, why: &str) -> Event {
    let mut body = about_payment(payment);
    add(&mut body, "why", json!(why));
    Event::new(env, name, payment.id, body)
}

/// The same alarm for the same payment and reason is the same event.
pub(super) fn mismatch(env: &Env, payment: &Payment, why: &str) -> Event {
    let id = derived(payment.id.uuid(), &format!("payment_mismatch: {why}"));
    Event { id, ..alarm(env, "payment_mismatch", payment, why) }
}

pub(super) fn order_paid(env: &Env, order: &Order, payment: &Payment) -> Event {
    let mut body = about_order(order);
    add(&mut body, "payment", json!(payment.id.to_string()));
    Event::new(env, "order_paid", order.id, body).to_user(order.buyer)
}

pub(super) fn order_cancelled(env: &Env, order: &Order, reason: CancelReason) -> Event {
    let mut body = about_order(order);
    add(&mut body, "reason", json!(reason.as_str()));
    Event::new(env, ORDER_CANCELLED, order.id, body).to_user(order.buyer)
}

pub(super) fn cancellation_requested(env: &Env, order: &Order, reason: &str) -> Event {
    let mut body = about_order(order);
    add(&mut body, "reason", json!(reason));
    Event::new(env, "cancellation_requested", order.id, body).to_user(order.buyer)
}

/// The shop's answer to a request: `cancellation_approved` or `cancellation_declined`.
pub(super) fn cancellation_decided(
    env: &Env,
    name: &'static str,
    order: &Order,
    reason: &str,
) -> Event {
    let mut body = about_order(order);
    add(&mut body, "reason", json!(reason));
    Event::new(env, name, order.id, body).to_user(order.buyer)
}

/// A refund moved: `refund_due`, `refund_succeeded`, `refund_failed`.
pub(super) fn refund_moved(
    env: &Env,
    name: &'static str,
    payment: &Payment,
    refund: &Refund,
) -> Event {
    let body = json!({
        "refund": refund.id.to_string(),
        "payment": payment.id.to_string(),
        "order": payment.order.to_string(),
        "amount": refund.amount,
        "cause": refund.cause.as_str(),
    });
    Event::new(env, name, payment.id, body).to_user(payment.buyer)
}

/// A dispute moved: `dispute_opened`, `dispute_won`, `dispute_lost`.
pub(super) fn dispute_moved(
    env: &Env,
    name: &'static str,
    payment: &Payment,
    dispute: &Dispute,
) -> Event {
    let body = json!({
        "dispute": dispute.id.to_string(),
        "payment": payment.id.to_string(),
        "order": payment.order.to_string(),
        "amount": dispute.amount,
        "reason": dispute.reason,
    });
    Event::new(env, name, payment.id, body)
}

/// The sellers of a payment may be paid out what they earned by it.
pub(super) fn earnings_released(env: &Env, payment: &Payment) -> Event {
    Event::new(env, "earnings_released", payment.id, about_payment(payment))
}

fn about_payment(payment: &Payment) -> Value {
    json!({
        "payment": payment.id.to_string(),
        "order": payment.order.to_string(),
        "amount": payment.amount,
        "state": payment.state.name(),
    })
}

fn about_order(order: &Order) -> Value {
    let state: &OrderState = &order.state;
    json!({
        "order": order.id.to_string(),
        "total": order.totals.total,
        "state": state.name(),
    })
}

fn add(body: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = body {
        fields.insert(name.to_owned(), value);
    }
}
