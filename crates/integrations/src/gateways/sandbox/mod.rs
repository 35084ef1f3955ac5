//! The sandbox gateway as a payment provider; its wire protocol is `docs/sandbox-gateway.md`.

mod call;
mod payouts;
mod settings;
mod statement;
#[cfg(test)]
mod tests;
mod wire;

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use chrono::TimeDelta;
use commerce::{
    Money, Timestamp,
    payment::{
        GatewayError, Intent, NewIntent, NewRefund, Notice, NoticeError, PaymentGateway,
        SentRefund, Statement,
    },
};
use secrecy::SecretString;
use serde_json::json;

use self::{
    call::Caller,
    wire::{WireEvent, WireIntent, WireRefund},
};
use super::{Circuit, CircuitSettings, Provider, SignedBody};
use crate::http;

pub use payouts::SandboxPayouts;
pub use settings::SandboxSection;

const NAME: &str = "sandbox";

pub(super) const PROVIDER: Provider = Provider::new::<SandboxSection>(NAME);

/// Where the gateway is and how we know each other.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    pub base_url: String,
    pub api_key: SecretString,
    pub webhook_secrets: Vec<SecretString>,
    pub tolerance: TimeDelta,
    /// A call that takes longer has an unknown outcome.
    pub timeout: Duration,
    pub circuit: CircuitSettings,
}

pub struct SandboxGateway {
    caller: Caller,
    signed: SignedBody,
}

impl SandboxGateway {
    pub fn new(settings: SandboxSettings) -> Result<Self, reqwest::Error> {
        let caller = Caller {
            client: http::client(settings.timeout)?,
            base_url: settings.base_url.trim_end_matches('/').to_owned(),
            api_key: settings.api_key,
            circuit: Circuit::new(settings.circuit),
        };
        let signed =
            SignedBody { secrets: settings.webhook_secrets, tolerance: settings.tolerance };
        Ok(Self { caller, signed })
    }
}

#[async_trait]
impl PaymentGateway for SandboxGateway {
    fn provider(&self) -> &'static str {
        NAME
    }

    async fn create(&self, intent: &NewIntent) -> Result<Intent, GatewayError> {
        let reference = intent.payment.to_string();
        let body = json!({
            "amount": intent.amount.minor,
            "currency": intent.amount.currency.code(),
            "reference": reference,
            "description": intent.description,
            "metadata": {"order": intent.order.to_string()},
            "capture": "automatic",
        });
        let made: WireIntent = self.caller.post("/v1/intents", Some(&reference), &body).await?;
        made.read()
    }

    async fn fetch(&self, provider_ref: &str) -> Result<Intent, GatewayError> {
        let found: WireIntent = self.caller.get(&intent_path(provider_ref, "")?).await?;
        found.read()
    }

    async fn capture(&self, provider_ref: &str, amount: Money) -> Result<Intent, GatewayError> {
        let key = format!("{provider_ref}-capture");
        let body = json!({"amount": amount.minor});
        let path = intent_path(provider_ref, "/capture")?;
        let captured: WireIntent = self.caller.post(&path, Some(&key), &body).await?;
        captured.read()
    }

    async fn cancel(&self, provider_ref: &str) -> Result<Intent, GatewayError> {
        let path = intent_path(provider_ref, "/cancel")?;
        let cancelled: WireIntent = self.caller.post(&path, None, &json!({})).await?;
        cancelled.read()
    }

    async fn refund(&self, refund: &NewRefund) -> Result<SentRefund, GatewayError> {
        let reference = refund.refund.to_string();
        let body = json!({
            "intent": refund.provider_ref,
            "amount": refund.amount.minor,
            "reference": reference,
        });
        let made: WireRefund = self.caller.post("/v1/refunds", Some(&reference), &body).await?;
        // A repeated request is answered as the first one was; how the refund stands now is asked for.
        let now: WireRefund = if made.is_pending() {
            self.caller.get(&format!("/v1/refunds/{}", plain(&made.id)?)).await?
        } else {
            made
        };
        now.read()
    }

    async fn verify(
        &self,
        headers: &BTreeMap<String, String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Notice, NoticeError> {
        let header = headers.get("sandbox-signature").ok_or(NoticeError::Malformed)?;
        self.signed.verify(header, body, now)?;
        let event: WireEvent = serde_json::from_slice(body).map_err(|_| NoticeError::Unreadable)?;
        Ok(event.read(NAME, body, now))
    }

    fn statement(&self) -> Option<&dyn Statement> {
        Some(self)
    }
}

fn intent_path(provider_ref: &str, rest: &str) -> Result<String, GatewayError> {
    Ok(format!("/v1/intents/{}{rest}", plain(provider_ref)?))
}

/// What goes into a path holds nothing that could lead elsewhere.
fn plain(id: &str) -> Result<&str, GatewayError> {
    let plain =
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { Ok(id) } else { Err(GatewayError::NotFound) }
}
