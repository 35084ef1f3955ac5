//! Stripe's JSON, and what it means to us. Fields we do not use are left out.

use std::collections::BTreeMap;

use commerce::{
    Currency, Money,
    payment::{
        ClientAction, DisputeNews, DisputeStands, GatewayError, Intent, IntentState, RefundState,
        SentRefund,
    },
};
use serde::Deserialize;

use crate::gateways::{
    amount::{currency, ends_in_nought, from_units, to_units},
    dispute::WireDispute,
};

/// Where our ids are kept at Stripe.
pub(super) const PAYMENT: &str = "payment_id";
pub(super) const ORDER: &str = "order_id";
pub(super) const REFUND: &str = "refund_id";

#[derive(Deserialize)]
pub(super) struct WireIntent {
    pub id: String,
    pub status: String,
    amount: i64,
    #[serde(default)]
    amount_received: i64,
    currency: String,
    client_secret: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    next_action: Option<WireAction>,
}

#[derive(Deserialize)]
struct WireAction {
    redirect_to_url: Option<WireRedirect>,
}

#[derive(Deserialize)]
struct WireRedirect {
    url: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct WireRefund {
    pub id: String,
    amount: i64,
    currency: String,
    status: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub(super) struct StripeDispute {
    id: String,
    amount: i64,
    currency: String,
    reason: String,
    status: String,
}

#[derive(Deserialize)]
pub(super) struct WireList<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

impl WireIntent {
    pub fn read(
        self,
        refunds: Vec<SentRefund>,
        publishable_key: &str,
    ) -> Result<Intent, GatewayError> {
        let currency = currency(&self.currency)?;
        let state = self.state()?;
        let (amount, received) = (self.amount, self.amount_received);
        Ok(Intent {
            provider_ref: self.id.clone(),
            reference: self.metadata.get(PAYMENT).cloned().unwrap_or_default(),
            amount: from_units(amount, decimals(currency), currency)?,
            captured: from_units(received, decimals(currency), currency)?,
            action: self.action(publishable_key),
            state,
            refunds,
        })
    }

    /// A declined card leaves the intent open: the customer may try another one.
    fn state(&self) -> Result<IntentState, GatewayError> {
        match self.status.as_str() {
            "requires_payment_method" | "requires_confirmation" | "processing" => {
                Ok(IntentState::Pending)
            }
            "requires_action" => Ok(IntentState::RequiresAction),
            "requires_capture" => Ok(IntentState::Approved),
            "succeeded" => Ok(IntentState::Captured),
            "canceled" => Ok(IntentState::Cancelled),
            _ => Err(GatewayError::Unknown),
        }
    }

    fn action(self, publishable_key: &str) -> Option<ClientAction> {
        let waits = matches!(
            self.status.as_str(),
            "requires_payment_method" | "requires_confirmation" | "requires_action"
        );
        let url = self.next_action.and_then(|next| next.redirect_to_url?.url);
        waits.then(|| ClientAction {
            kind: if url.is_some() { "redirect" } else { "confirm" }.to_owned(),
            client_secret: self.client_secret,
            url,
            order_id: Some(self.id),
            public_key: Some(publishable_key.to_owned()).filter(|key| !key.is_empty()),
        })
    }
}

impl WireRefund {
    /// Our id of the refund, if it is one of ours.
    pub fn reference(&self) -> Option<&str> {
        self.metadata.get(REFUND).map(String::as_str)
    }

    pub fn read(self) -> Result<SentRefund, GatewayError> {
        let state = match self.status.as_deref() {
            Some("pending" | "requires_action") | None => RefundState::Pending,
            Some("succeeded") => RefundState::Succeeded,
            Some("failed" | "canceled") => RefundState::Failed,
            Some(_) => return Err(GatewayError::Unknown),
        };
        let reference = self.reference().unwrap_or_default().to_owned();
        let currency = currency(&self.currency)?;
        let amount = from_units(self.amount, decimals(currency), currency)?;
        Ok(SentRefund { provider_ref: self.id, reference, amount, state })
    }
}

impl WireDispute for StripeDispute {
    fn news(self) -> Result<DisputeNews, GatewayError> {
        let currency = currency(&self.currency)?;
        let stands = match self.status.as_str() {
            "needs_response" | "under_review" => DisputeStands::Open,
            "won" => DisputeStands::Won,
            "lost" => DisputeStands::Lost,
            // A bank that only asks has taken nothing.
            "warning_needs_response" | "warning_under_review" | "warning_closed" | "prevented" => {
                DisputeStands::Dropped
            }
            _ => return Err(GatewayError::Unknown),
        };
        Ok(DisputeNews {
            provider_ref: self.id,
            amount: from_units(self.amount, decimals(currency), currency)?,
            reason: self.reason,
            stands,
        })
    }
}

/// The amount as Stripe counts it: `docs.stripe.com/currencies`.
pub(super) fn units(money: Money) -> Result<String, GatewayError> {
    Ok(to_units(ends_in_nought(money)?, decimals(money.currency))?.to_string())
}

/// Stripe keeps no decimals of the ariary, and two of some that ISO 4217 gives none.
pub(super) fn decimals(currency: Currency) -> u8 {
    match currency.code() {
        "MGA" => 0,
        "ISK" | "UGX" => 2,
        _ => currency.exponent(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_counted_as_stripe_counts_them() {
        for (minor, code, units_there) in [
            (10_99, "USD", Some("1099")),
            (500, "JPY", Some("500")),
            (500, "KRW", Some("500")),
            (5_120, "KWD", Some("5120")),
            (5_124, "KWD", None),
            (5, "ISK", Some("500")),
            (5, "UGX", Some("500")),
            (1_00, "MGA", Some("1")),
            (1_50, "MGA", None),
        ] {
            let money = Money::new(minor, Currency::parse(code).unwrap());
            assert_eq!(units(money).ok().as_deref(), units_there, "{minor} {code}");
        }
    }
}
