//! What clients send.

use std::collections::BTreeMap;

use commerce::{Order, Payment, User, payment::Dispute};
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{extract::Ref, views::MoneyInput};

#[derive(Debug, Deserialize, JsonSchema)]
pub struct OrderPath {
    pub id: Ref<Order>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStateName {
    Pending,
    Paid,
    Cancelled,
}

impl OrderStateName {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OrderQuery {
    #[garde(skip)]
    pub state: Option<OrderStateName>,
    /// Only orders whose buyer waits for an answer to a cancellation request.
    #[garde(skip)]
    pub cancellation_requested: Option<bool>,
    /// For operators; everyone else sees their own.
    #[garde(skip)]
    pub buyer: Option<Ref<User>>,
    /// How many rows at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "reason": "I ordered the wrong size." }))]
pub struct CancellationWish {
    #[garde(length(chars, min = 1, max = 500))]
    pub reason: String,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All that is left goes back; the order is cancelled once it has.
    Approve,
    /// The order stays as it is.
    Decline,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "decision": "approve", "reason": "Not shipped yet." }))]
pub struct CancellationAnswer {
    #[garde(skip)]
    pub decision: Verdict,
    /// Told to the buyer.
    #[garde(length(chars, min = 1, max = 500))]
    pub reason: String,
    /// Whether the goods go back on the shelf.
    #[garde(skip)]
    #[serde(default = "yes")]
    pub restock: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct PaymentPath {
    pub id: Ref<Payment>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "order": "ord_019aa3c5d1f27c3e8a4b5c6d7e8f9012", "provider": "sandbox",
}))]
pub struct NewPayment {
    #[garde(skip)]
    pub order: Ref<Order>,
    /// Who takes the money: `sandbox`, `stripe`, `paypal` or `razorpay`, whichever the shop has switched on, or
    /// `wallet`: the order is paid at once from the buyer's wallet, or refused with what is `missing` in it.
    #[garde(length(chars, min = 1, max = 40))]
    pub provider: String,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "amount": { "amount": 5000, "currency": "USD" }, "provider": "sandbox",
}))]
pub struct NewTopUp {
    #[garde(dive)]
    pub amount: MoneyInput,
    /// Who takes the money: `sandbox`, `stripe`, `paypal` or `razorpay`, whichever the shop has switched on.
    #[garde(length(chars, min = 1, max = 40))]
    pub provider: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct CustomerPath {
    pub id: Ref<User>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "proof": {
        "razorpay_order_id": "order_1", "razorpay_payment_id": "pay_1", "razorpay_signature": "b2335e3b",
    },
}))]
pub struct CustomerReturn {
    /// What the provider's form gave, field by field; nothing where it gave nothing.
    #[garde(custom(short))]
    #[serde(default)]
    pub proof: BTreeMap<String, String>,
}

fn short(proof: &BTreeMap<String, String>, _: &()) -> garde::Result {
    let fits = proof.len() <= 10 && proof.values().all(|value| value.len() <= 500);
    if fits { Ok(()) } else { Err(garde::Error::new("ten fields of 500 bytes at most")) }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PaymentQuery {
    /// Only payments of this order.
    #[garde(skip)]
    pub order: Option<Ref<Order>>,
    /// How many rows at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "payment": "pay_019aa3c5d1f27c3e8a4b5c6d7e8f9012",
    "amount": { "amount": 500, "currency": "USD" },
    "reason": "One cup arrived broken.",
}))]
pub struct NewRefund {
    #[garde(skip)]
    pub payment: Ref<Payment>,
    /// All that is left when absent.
    #[garde(dive)]
    pub amount: Option<MoneyInput>,
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    pub reason: String,
    /// Whether the goods go back on the shelf once the payment is refunded whole.
    #[garde(skip)]
    #[serde(default = "yes")]
    pub restock: bool,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "amount": { "amount": 500, "currency": "USD" },
    "reason": "The customer says it never arrived.",
}))]
pub struct NewDispute {
    /// All that is left of the payment when absent.
    #[garde(dive)]
    pub amount: Option<MoneyInput>,
    /// The bank's words.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    pub reason: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct DisputePath {
    pub id: Ref<Payment>,
    pub dispute: Ref<Dispute>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisputeEnd {
    /// The bank gave the money back.
    Won,
    /// The money stays with the customer.
    Lost,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "outcome": "lost" }))]
pub struct DisputeDecision {
    #[garde(skip)]
    pub outcome: DisputeEnd,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RefundQuery {
    #[garde(skip)]
    pub payment: Ref<Payment>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// The `seq` of the last event you have; 0 for all.
    #[garde(range(min = 0))]
    pub after: Option<i64>,
    /// How many events at most; 100 unless told.
    #[garde(range(min = 1, max = 300))]
    pub limit: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct DeliveryPath {
    pub id: uuid::Uuid,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AccountQuery {
    /// Only accounts whose code begins so: `psp:`.
    #[garde(length(chars, max = 80))]
    pub prefix: Option<String>,
    /// How many rows at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct AccountPath {
    /// `psp:sandbox:clearing`
    pub code: String,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Only what this user did.
    #[garde(skip)]
    pub actor: Option<Ref<User>>,
    /// Only actions of this name: `sign_in_locked`.
    #[garde(length(chars, max = 80))]
    pub action: Option<String>,
    /// How many rows at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

fn yes() -> bool {
    true
}
