//! Razorpay's JSON, and what it means to us. Fields we do not use are left out.

use commerce::{
    Money,
    payment::{
        ClientAction, DisputeNews, DisputeStands, GatewayError, Intent, IntentState, LineKind,
        RefundState, SentRefund, StatementLine,
    },
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::statement::moment;
use crate::gateways::{
    amount::{currency, ends_in_nought},
    dispute::WireDispute,
};

#[derive(Deserialize)]
pub(super) struct WireOrder {
    pub id: String,
    amount: i64,
    currency: String,
    receipt: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct WirePayment {
    pub id: String,
    amount: i64,
    currency: String,
    status: String,
    pub order_id: Option<String>,
    /// What Razorpay keeps of it, tax on that included; absent until it is captured.
    fee: Option<i64>,
    #[serde(default)]
    created_at: i64,
}

#[derive(Deserialize)]
pub(super) struct WireRefund {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    receipt: Option<String>,
    #[serde(default, deserialize_with = "notes")]
    notes: Option<WireNotes>,
    payment_id: Option<String>,
    #[serde(default)]
    created_at: i64,
}

#[derive(Deserialize)]
pub(super) struct RazorpayDispute {
    id: String,
    amount: i64,
    currency: String,
    reason_code: String,
    status: String,
    phase: String,
}

#[derive(Deserialize)]
struct WireNotes {
    refund_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct WireList<T> {
    pub items: Vec<T>,
}

/// Notes without entries come as an empty list.
fn notes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<WireNotes>, D::Error> {
    let notes = Value::deserialize(deserializer)?;
    Ok(if notes.is_object() { serde_json::from_value(notes).ok() } else { None })
}

/// The amount as Razorpay counts it, in the currency's minor unit.
pub(super) fn units(money: Money) -> Result<i64, GatewayError> {
    Ok(ends_in_nought(money)?.minor)
}

impl WireOrder {
    pub fn receipt(&self) -> Option<&str> {
        self.receipt.as_deref()
    }

    /// A payment that failed may still succeed, and the customer may try another; only time ends an order.
    pub fn read(
        self,
        payments: &[WirePayment],
        refunds: Vec<SentRefund>,
        key_id: &str,
    ) -> Result<Intent, GatewayError> {
        let currency = currency(&self.currency)?;
        let taken = payments.iter().find(|payment| payment.is_taken());
        let approved = payments.iter().find(|payment| payment.is_approved());
        let (state, captured) = match (taken, approved) {
            (Some(payment), _) => (IntentState::Captured, payment.amount()?),
            (None, Some(_)) => (IntentState::Approved, Money::zero(currency)),
            (None, None) => (IntentState::Pending, Money::zero(currency)),
        };
        let open = state == IntentState::Pending;
        let action = open.then(|| ClientAction {
            kind: "checkout".to_owned(),
            order_id: Some(self.id.clone()),
            public_key: Some(key_id.to_owned()),
            ..ClientAction::default()
        });
        Ok(Intent {
            provider_ref: self.id,
            reference: self.receipt.unwrap_or_default(),
            amount: Money::new(self.amount, currency),
            captured,
            state,
            action,
            refunds,
        })
    }
}

impl WirePayment {
    pub fn is_taken(&self) -> bool {
        matches!(&*self.status, "captured" | "refunded")
    }

    pub fn is_approved(&self) -> bool {
        self.status == "authorized"
    }

    fn amount(&self) -> Result<Money, GatewayError> {
        Ok(Money::new(self.amount, currency(&self.currency)?))
    }

    /// Only what was captured has moved money.
    pub fn line(self) -> Result<Option<StatementLine>, GatewayError> {
        if !self.is_taken() {
            return Ok(None);
        }
        let (amount, at) = (self.amount()?, moment(self.created_at)?);
        let mut line = StatementLine::new(LineKind::Capture, self.id, amount, at);
        let fee = self.fee.filter(|fee| *fee != 0);
        line.fee = fee.map(|fee| Money::new(fee, amount.currency));
        line.payment = self.order_id;
        Ok(Some(line))
    }
}

impl WireDispute for RazorpayDispute {
    fn news(self) -> Result<DisputeNews, GatewayError> {
        // A bank that suspects or asks takes nothing.
        let asks = matches!(&*self.phase, "fraud" | "retrieval");
        let stands = match self.status.as_str() {
            "open" | "under_review" | "action_required" if asks => DisputeStands::Dropped,
            "open" | "under_review" | "action_required" => DisputeStands::Open,
            "won" => DisputeStands::Won,
            "lost" => DisputeStands::Lost,
            "closed" => DisputeStands::Dropped,
            _ => return Err(GatewayError::Unknown),
        };
        Ok(DisputeNews {
            provider_ref: self.id,
            amount: Money::new(self.amount, currency(&self.currency)?),
            reason: self.reason_code,
            stands,
        })
    }
}

impl WireRefund {
    /// Our id of the refund, if it is one of ours.
    pub fn reference(&self) -> Option<&str> {
        let noted = self.notes.as_ref().and_then(|notes| notes.refund_id.as_deref());
        noted.or(self.receipt.as_deref())
    }

    /// Only what was processed has moved money.
    pub fn line(self) -> Result<Option<StatementLine>, GatewayError> {
        if self.status != "processed" {
            return Ok(None);
        }
        let amount = Money::new(self.amount.saturating_neg(), currency(&self.currency)?);
        let at = moment(self.created_at)?;
        let reference = self.reference().map(str::to_owned);
        let mut line = StatementLine::new(LineKind::Refund, self.id.clone(), amount, at);
        (line.reference, line.about, line.object) = (reference, self.payment_id, Some(self.id));
        Ok(Some(line))
    }

    pub fn read(self) -> Result<SentRefund, GatewayError> {
        let state = match self.status.as_str() {
            "pending" | "created" => RefundState::Pending,
            "processed" => RefundState::Succeeded,
            "failed" => RefundState::Failed,
            _ => return Err(GatewayError::Unknown),
        };
        let reference = self.reference().unwrap_or_default().to_owned();
        let amount = Money::new(self.amount, currency(&self.currency)?);
        Ok(SentRefund { provider_ref: self.id, reference, amount, state })
    }
}
