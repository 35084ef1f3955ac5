//! The sandbox gateway as a payout provider.

use async_trait::async_trait;
use commerce::{Currency, Money, payment::GatewayError};
use market::{NewTransfer, PayoutGateway, Transfer, TransferError, TransferState};
use serde::Deserialize;
use serde_json::json;

use super::{NAME, SandboxSettings, call::Caller, plain};
use crate::{gateways::Circuit, http};

pub struct SandboxPayouts {
    caller: Caller,
}

impl SandboxPayouts {
    pub fn new(settings: SandboxSettings) -> Result<Self, reqwest::Error> {
        let caller = Caller {
            client: http::client(settings.timeout)?,
            base_url: settings.base_url.trim_end_matches('/').to_owned(),
            api_key: settings.api_key,
            circuit: Circuit::new(settings.circuit),
        };
        Ok(Self { caller })
    }
}

#[derive(Debug, Deserialize)]
struct WirePayout {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    failure_code: Option<String>,
}

impl WirePayout {
    fn read(self) -> Result<Transfer, TransferError> {
        let currency = Currency::parse(&self.currency).map_err(|_| TransferError::Unknown)?;
        let code = self.failure_code.unwrap_or_else(|| "returned".to_owned());
        let state = match self.status.as_str() {
            "in_transit" => TransferState::InTransit,
            "paid" => TransferState::Paid,
            "returned" => TransferState::Returned { code },
            _ => return Err(TransferError::Unknown),
        };
        Ok(Transfer { provider_ref: self.id, amount: Money::new(self.amount, currency), state })
    }
}

#[async_trait]
impl PayoutGateway for SandboxPayouts {
    fn provider(&self) -> &'static str {
        NAME
    }

    /// The reference is the key: asking twice sends once.
    async fn send(&self, transfer: &NewTransfer) -> Result<Transfer, TransferError> {
        let body = json!({
            "reference": transfer.payout.to_string(),
            "account": transfer.account,
            "amount": transfer.amount.minor,
            "currency": transfer.amount.currency.code(),
        });
        let sent: WirePayout =
            self.caller.post("/v1/payouts", None, &body).await.map_err(refusal)?;
        sent.read()
    }

    async fn fetch(&self, provider_ref: &str) -> Result<Transfer, TransferError> {
        let id = plain(provider_ref).map_err(refusal)?;
        let found: WirePayout =
            self.caller.get(&format!("/v1/payouts/{id}")).await.map_err(refusal)?;
        found.read()
    }
}

fn refusal(error: GatewayError) -> TransferError {
    match error {
        GatewayError::Refused { code } => TransferError::Refused { code },
        GatewayError::NotFound => TransferError::NotFound,
        GatewayError::Unknown | GatewayError::Busy => TransferError::Unknown,
    }
}
