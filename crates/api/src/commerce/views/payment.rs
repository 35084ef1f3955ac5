//! Payments, refunds and disputes as clients see them.

use commerce::{
    Actor, Money, Payment, Timestamp,
    payment::{Dispute, DisputeState, PaymentState, Refund},
    sales::{Disputed, Refunded},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::views::MoneyView;

/// One attempt to pay one order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Payment")]
pub struct PaymentView {
    /// `pay_…`
    pub id: String,
    /// `ord_…`
    pub order: String,
    /// Who takes the money: `sandbox`, `stripe`, `paypal`, `razorpay`, or `wallet`.
    pub provider: String,
    /// `created` (the provider has not answered yet), `pending`, `requires_action`, `captured`, `failed` or `cancelled`.
    pub state: String,
    pub amount: MoneyView,
    pub captured: MoneyView,
    /// What has arrived back with the customer.
    pub refunded: MoneyView,
    /// What may still be refunded.
    pub refundable: MoneyView,
    /// What the customer must do to finish paying, while there is something.
    pub action: Option<PaymentActionView>,
    /// Why it failed, in the provider's words.
    pub failure_code: Option<String>,
    /// Whether it is the payment that paid its order. A captured one that is not, is refunded.
    pub pays_order: bool,
    pub refunds: Vec<RefundView>,
    pub disputes: Vec<DisputeView>,
    pub created_at: Timestamp,
    pub captured_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PaymentAction")]
pub struct PaymentActionView {
    /// `confirm` (send the card to the provider with the secret, or open the URL), `redirect` (open the URL) or
    /// `checkout` (open the provider's own form for the order).
    pub kind: String,
    /// Opens this one payment at the provider. For the customer alone.
    pub client_secret: Option<String>,
    pub url: Option<String>,
    /// The provider's name for what is being paid, for its form.
    pub order_id: Option<String>,
    /// Tells the provider's form who the shop is.
    pub public_key: Option<String>,
}

/// Money on its way back.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Refund")]
pub struct RefundView {
    /// `ref_…`
    pub id: String,
    /// `pay_…`
    pub payment: String,
    /// `ord_…`
    pub order: String,
    pub amount: MoneyView,
    /// `pending`, `succeeded` or `failed`.
    pub state: String,
    /// `requested`, `out_of_stock`, `paid_twice`, `order_cancelled` or `too_late`.
    pub cause: String,
    /// The shop's own words.
    pub reason: String,
    pub created_at: Timestamp,
}

/// Money that the customer's bank took back.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Dispute")]
pub struct DisputeView {
    /// `dsp_…`
    pub id: String,
    pub amount: MoneyView,
    /// `open`, `won` or `lost`.
    pub state: String,
    /// The bank's words.
    pub reason: String,
    pub created_at: Timestamp,
    pub decided_at: Option<Timestamp>,
}

impl From<&Dispute> for DisputeView {
    fn from(dispute: &Dispute) -> Self {
        let decided_at = match dispute.state {
            DisputeState::Open => None,
            DisputeState::Won { at } | DisputeState::Lost { at } => Some(at),
        };
        Self {
            id: dispute.id.to_string(),
            amount: dispute.amount.into(),
            state: dispute.state.name().to_owned(),
            reason: dispute.reason.clone(),
            created_at: dispute.created_at,
            decided_at,
        }
    }
}

impl From<&Disputed> for DisputeView {
    fn from(disputed: &Disputed) -> Self {
        Self::from(&disputed.dispute)
    }
}

impl From<&Payment> for PaymentView {
    fn from(payment: &Payment) -> Self {
        let nothing = Money::zero(payment.amount.currency);
        let failure_code = match &payment.state {
            PaymentState::Failed { code, .. } => Some(code.clone()),
            _ => None,
        };
        let captured_at = match payment.state {
            PaymentState::Captured { at } => Some(at),
            _ => None,
        };
        let action = payment.action.clone().filter(|_| payment.state.is_open());
        Self {
            id: payment.id.to_string(),
            order: payment.order.to_string(),
            provider: payment.provider.clone(),
            state: payment.state.name().to_owned(),
            amount: payment.amount.into(),
            captured: payment.captured.into(),
            refunded: payment.refunded().unwrap_or(nothing).into(),
            refundable: payment.refundable().unwrap_or(nothing).into(),
            action: action.map(|action| PaymentActionView {
                kind: action.kind,
                client_secret: action.client_secret,
                url: action.url,
                order_id: action.order_id,
                public_key: action.public_key,
            }),
            failure_code,
            pays_order: payment.settles,
            refunds: payment.refunds.iter().map(|refund| RefundView::of(payment, refund)).collect(),
            disputes: payment.disputes.iter().map(DisputeView::from).collect(),
            created_at: payment.created_at,
            captured_at,
        }
    }
}

impl PaymentView {
    /// Nobody but the customer gets what opens the payment at the provider.
    pub fn seen_by(actor: &Actor, payment: &Payment) -> Self {
        let view = Self::from(payment);
        let action = view.action.filter(|_| actor.user == payment.buyer);
        Self { action, ..view }
    }
}

impl RefundView {
    pub fn of(payment: &Payment, refund: &Refund) -> Self {
        Self {
            id: refund.id.to_string(),
            payment: payment.id.to_string(),
            order: payment.order.to_string(),
            amount: refund.amount.into(),
            state: refund.state.as_str().to_owned(),
            cause: refund.cause.as_str().to_owned(),
            reason: refund.reason.clone(),
            created_at: refund.created_at,
        }
    }
}

impl From<&Refunded> for RefundView {
    fn from(refunded: &Refunded) -> Self {
        Self::of(&refunded.payment, &refunded.refund)
    }
}
