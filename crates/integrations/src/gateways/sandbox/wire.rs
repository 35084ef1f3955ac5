//! The gateway's JSON, and what it means to us. Fields we do not use are left out.

use commerce::{
    Currency, Money, Timestamp,
    payment::{ClientAction, GatewayError, Intent, IntentState, Notice, RefundState, SentRefund},
};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
pub(super) struct WireIntent {
    id: String,
    client_secret: Option<String>,
    status: String,
    amount: i64,
    currency: String,
    amount_captured: i64,
    reference: String,
    next_action: Option<WireAction>,
    last_error: Option<WireError>,
    #[serde(default)]
    refunds: Vec<WireRefund>,
}

#[derive(Deserialize)]
struct WireAction {
    #[serde(rename = "type")]
    kind: String,
    url: Option<String>,
}

#[derive(Deserialize)]
struct WireError {
    code: String,
}

#[derive(Deserialize)]
pub(super) struct WireRefund {
    pub id: String,
    amount: i64,
    currency: String,
    status: String,
    reference: String,
}

#[derive(Deserialize)]
pub(super) struct WireEvent {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    data: Value,
}

impl WireIntent {
    pub fn read(self) -> Result<Intent, GatewayError> {
        let currency = currency(&self.currency)?;
        let state = self.state()?;
        let refunds = self.refunds.into_iter().map(WireRefund::read);
        let client_secret = self.client_secret;
        let action = self.next_action.map(|action| ClientAction {
            kind: if action.kind == "confirm" { "confirm" } else { "redirect" }.to_owned(),
            client_secret,
            url: action.url,
            ..ClientAction::default()
        });
        Ok(Intent {
            provider_ref: self.id,
            reference: self.reference,
            amount: Money::new(self.amount, currency),
            captured: Money::new(self.amount_captured, currency),
            state,
            action,
            refunds: refunds.collect::<Result<_, _>>()?,
        })
    }

    fn state(&self) -> Result<IntentState, GatewayError> {
        match self.status.as_str() {
            "requires_confirmation" | "processing" | "requires_capture" => Ok(IntentState::Pending),
            "requires_action" => Ok(IntentState::RequiresAction),
            "captured" => Ok(IntentState::Captured),
            "cancelled" => Ok(IntentState::Cancelled),
            "failed" => {
                let code = self.last_error.as_ref().map_or("failed", |error| error.code.as_str());
                Ok(IntentState::Failed { code: code.to_owned() })
            }
            _ => Err(GatewayError::Unknown),
        }
    }
}

impl WireRefund {
    pub fn is_pending(&self) -> bool {
        self.status == "pending"
    }

    pub fn read(self) -> Result<SentRefund, GatewayError> {
        let state = match self.status.as_str() {
            "pending" => RefundState::Pending,
            "succeeded" => RefundState::Succeeded,
            "failed" => RefundState::Failed,
            _ => return Err(GatewayError::Unknown),
        };
        let amount = Money::new(self.amount, currency(&self.currency)?);
        Ok(SentRefund { provider_ref: self.id, reference: self.reference, amount, state })
    }
}

impl WireEvent {
    pub fn read(self, provider: &str, body: &[u8], now: Timestamp) -> Notice {
        let named = |path| self.data.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let provider_ref = named("/intent/id").or_else(|| named("/refund/intent"));
        Notice {
            provider: provider.to_owned(),
            event_id: self.id,
            digest: hex::encode(Sha256::digest(body)),
            kind: self.kind,
            provider_ref,
            dispute: None,
            payload: self.data,
            received_at: now,
        }
    }
}

pub(super) fn currency(code: &str) -> Result<Currency, GatewayError> {
    Currency::parse(code).map_err(|_| GatewayError::Unknown)
}
