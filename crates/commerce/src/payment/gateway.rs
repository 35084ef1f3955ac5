//! What a payment provider must be able to do for us.

use std::{collections::BTreeMap, fmt, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DisputeNews, PaymentId, RefundId, Statement};
use crate::{Money, OrderId, Timestamp};

/// A payment to be opened at a provider; `payment` is the idempotency key, so asking twice is harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntent {
    pub payment: PaymentId,
    pub order: OrderId,
    pub amount: Money,
    pub description: String,
}

/// A refund to be made; `refund` is the idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    pub refund: RefundId,
    pub provider_ref: String,
    pub amount: Money,
}

/// What the client needs to finish paying at the provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientAction {
    /// `confirm` (send the card with the secret), `redirect` (open the URL), `checkout` (open the provider's
    /// own form for the order).
    pub kind: String,
    pub client_secret: Option<String>,
    pub url: Option<String>,
    /// The provider's name for what is being paid.
    pub order_id: Option<String>,
    /// Tells the provider's form who the shop is; no secret.
    pub public_key: Option<String>,
}

/// The provider's current view of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    pub provider_ref: String,
    /// Our payment id, as the provider kept it.
    pub reference: String,
    pub amount: Money,
    pub captured: Money,
    pub state: IntentState,
    pub action: Option<ClientAction>,
    pub refunds: Vec<SentRefund>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntentState {
    /// Waits for the customer, or is being worked on.
    Pending,
    RequiresAction,
    /// The customer has agreed; the money waits until we capture it.
    Approved,
    Captured,
    Failed {
        code: String,
    },
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    Pending,
    Succeeded,
    Failed,
}

impl RefundState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// The provider's view of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRefund {
    pub provider_ref: String,
    /// Our refund id, as the provider kept it.
    pub reference: String,
    pub amount: Money,
    pub state: RefundState,
}

/// A verified message of a provider. It is a hint: what is applied is fetched from the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub provider: String,
    pub event_id: String,
    /// SHA-256 of the raw body, in hex: the same id with another body is quarantined.
    pub digest: String,
    pub kind: String,
    /// The intent it speaks of; absent for kinds we do not follow.
    pub provider_ref: Option<String>,
    /// What it says of a dispute: of these the message itself is all there is.
    pub dispute: Option<DisputeNews>,
    pub payload: Value,
    pub received_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    #[error("the signature is missing or malformed")]
    Malformed,
    #[error("the signature does not fit the body")]
    Forged,
    #[error("the message is too old or from the future")]
    OutsideTolerance,
    #[error("the body cannot be read")]
    Unreadable,
    /// What proves the message could not be had just now; the provider will send it again.
    #[error("the message cannot be checked at the moment")]
    Unavailable,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Nobody knows whether it happened: time-out, 5xx, broken answer. Ask again with the same key.
    #[error("the payment provider gave no usable answer")]
    Unknown,
    /// It certainly did not happen and may be tried again: refused connection, 429.
    #[error("the payment provider is busy")]
    Busy,
    #[error("the payment provider refused: {code}")]
    Refused { code: String },
    #[error("the payment provider knows of no such payment")]
    NotFound,
}

/// One payment provider, spoken to over its own wire protocol.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// The provider's name in our API and accounts: `sandbox`, `stripe`.
    fn provider(&self) -> &str;

    async fn create(&self, intent: &NewIntent) -> Result<Intent, GatewayError>;
    async fn fetch(&self, provider_ref: &str) -> Result<Intent, GatewayError>;
    async fn capture(&self, provider_ref: &str, amount: Money) -> Result<Intent, GatewayError>;
    async fn cancel(&self, provider_ref: &str) -> Result<Intent, GatewayError>;
    async fn refund(&self, refund: &NewRefund) -> Result<SentRefund, GatewayError>;

    /// Checks the signature over the raw body; header names are lower case.
    async fn verify(
        &self,
        headers: &BTreeMap<String, String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Notice, NoticeError>;

    /// Checks what the provider gave the customer to bring back, where it gives anything.
    fn returned(
        &self,
        _provider_ref: &str,
        _proof: &BTreeMap<String, String>,
    ) -> Result<(), NoticeError> {
        Ok(())
    }

    /// Its own record of what it took and gave, where it can be asked for one.
    fn statement(&self) -> Option<&dyn Statement> {
        None
    }
}

/// The providers that are switched on, by name.
#[derive(Clone, Default)]
pub struct Gateways(BTreeMap<String, Arc<dyn PaymentGateway>>);

impl Gateways {
    pub fn new(gateways: impl IntoIterator<Item = Arc<dyn PaymentGateway>>) -> Self {
        Self(gateways.into_iter().map(|gateway| (gateway.provider().to_owned(), gateway)).collect())
    }

    pub fn get(&self, provider: &str) -> Option<&Arc<dyn PaymentGateway>> {
        self.0.get(provider)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for Gateways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
