//! PayPal's JSON, and what it means to us. Fields we do not use are left out.

use commerce::{
    Currency, Money,
    payment::{
        ClientAction, DisputeNews, DisputeStands, GatewayError, Intent, IntentState, RefundState,
        SentRefund,
    },
};
use serde::{Deserialize, Serialize};

use crate::gateways::{
    amount::{currency, from_decimal, to_decimal},
    dispute::WireDispute,
};

#[derive(Deserialize)]
pub(super) struct WireOrder {
    pub id: String,
    pub status: String,
    pub update_time: Option<String>,
    #[serde(default)]
    links: Vec<WireLink>,
    #[serde(default)]
    purchase_units: Vec<WireUnit>,
}

#[derive(Deserialize)]
pub(super) struct WireLink {
    pub rel: String,
    pub href: String,
}

#[derive(Deserialize)]
pub(super) struct WireUnit {
    custom_id: Option<String>,
    amount: WireAmount,
    payee: Option<WirePayee>,
    #[serde(default)]
    pub payments: WirePayments,
}

#[derive(Deserialize)]
struct WirePayee {
    merchant_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct WirePayments {
    pub captures: Vec<WireCapture>,
    pub refunds: Vec<WireRefund>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct WireAmount {
    currency_code: String,
    value: String,
}

#[derive(Deserialize)]
pub(super) struct WireCapture {
    pub id: String,
    status: String,
    status_details: Option<WireReason>,
    amount: WireAmount,
    supplementary_data: Option<WireSupplement>,
}

#[derive(Deserialize)]
struct WireReason {
    reason: Option<String>,
}

#[derive(Deserialize)]
struct WireSupplement {
    related_ids: Option<WireRelated>,
}

#[derive(Deserialize)]
struct WireRelated {
    order_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct WireRefund {
    id: String,
    status: String,
    amount: WireAmount,
    pub custom_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct PayPalDispute {
    dispute_id: String,
    reason: String,
    status: String,
    dispute_amount: WireAmount,
    dispute_outcome: Option<WireOutcome>,
}

#[derive(Deserialize)]
struct WireOutcome {
    outcome_code: String,
}

impl WireDispute for PayPalDispute {
    fn news(self) -> Result<DisputeNews, GatewayError> {
        let outcome = self.dispute_outcome.as_ref().map(|outcome| outcome.outcome_code.as_str());
        let stands = match (self.status.as_str(), outcome) {
            ("RESOLVED", Some("RESOLVED_BUYER_FAVOUR")) => DisputeStands::Lost,
            // What PayPal pays for both, it does not take from us.
            ("RESOLVED", Some("RESOLVED_SELLER_FAVOUR" | "RESOLVED_WITH_PAYOUT")) => {
                DisputeStands::Won
            }
            ("RESOLVED", Some("CANCELED_BY_BUYER")) => DisputeStands::Dropped,
            // Open too when PayPal is done with it and does not say for whom: then an operator must.
            _ => DisputeStands::Open,
        };
        Ok(DisputeNews {
            amount: self.dispute_amount.read()?,
            provider_ref: self.dispute_id,
            reason: self.reason,
            stands,
        })
    }
}

impl WireAmount {
    pub fn of(money: Money) -> Result<Self, GatewayError> {
        let value = to_decimal(money, decimals(money.currency))?;
        Ok(Self { currency_code: money.currency.code().to_owned(), value })
    }

    pub fn read(&self) -> Result<Money, GatewayError> {
        from_decimal(&self.value, currency(&self.currency_code)?)
    }
}

/// PayPal takes no decimals of these; ISO 4217 gives two to all but the yen.
fn decimals(currency: Currency) -> u8 {
    match currency.code() {
        "HUF" | "JPY" | "TWD" => 0,
        _ => currency.exponent(),
    }
}

impl WireOrder {
    pub fn unit(&self) -> Result<&WireUnit, GatewayError> {
        self.purchase_units.first().ok_or(GatewayError::Unknown)
    }

    /// `merchant` is whose account must be paid, if we know it; nobody else's order is one of ours.
    pub fn read(&self, merchant: &str) -> Result<Intent, GatewayError> {
        let unit = self.unit()?;
        let ours = merchant.is_empty() || unit.payee().is_none_or(|payee| payee == merchant);
        let reference = unit.custom_id.clone().filter(|_| ours);
        let amount = unit.amount.read()?;
        let state = self.state(unit)?;
        let captured = match unit.payments.taken() {
            Some(capture) => capture.amount.read()?,
            None => Money::zero(amount.currency),
        };
        let open = matches!(state, IntentState::Pending | IntentState::RequiresAction);
        Ok(Intent {
            provider_ref: self.id.clone(),
            reference: reference.unwrap_or_default(),
            amount,
            captured,
            action: self.approval().filter(|_| open),
            state,
            refunds: unit
                .payments
                .refunds
                .iter()
                .map(WireRefund::read)
                .collect::<Result<_, _>>()?,
        })
    }

    /// A capture speaks louder than its order.
    fn state(&self, unit: &WireUnit) -> Result<IntentState, GatewayError> {
        if unit.payments.taken().is_some() {
            return Ok(IntentState::Captured);
        }
        if let Some(capture) = unit.payments.captures.last() {
            return capture.state();
        }
        match self.status.as_str() {
            "CREATED" | "SAVED" | "PAYER_ACTION_REQUIRED" | "COMPLETED" => Ok(IntentState::Pending),
            "APPROVED" => Ok(IntentState::Approved),
            "VOIDED" => Ok(IntentState::Cancelled),
            _ => Err(GatewayError::Unknown),
        }
    }

    /// Where the customer agrees to pay; its name depends on how the order was made.
    pub fn approval(&self) -> Option<ClientAction> {
        let leads_there = |link: &&WireLink| matches!(&*link.rel, "payer-action" | "approve");
        let link = self.links.iter().find(leads_there)?;
        Some(ClientAction {
            kind: "redirect".to_owned(),
            url: Some(link.href.clone()),
            order_id: Some(self.id.clone()),
            ..ClientAction::default()
        })
    }
}

impl WireUnit {
    fn payee(&self) -> Option<&str> {
        self.payee.as_ref()?.merchant_id.as_deref()
    }
}

impl WirePayments {
    /// The capture that took the money.
    pub fn taken(&self) -> Option<&WireCapture> {
        self.captures.iter().find(|capture| capture.is_taken())
    }
}

impl WireCapture {
    fn is_taken(&self) -> bool {
        matches!(&*self.status, "COMPLETED" | "PARTIALLY_REFUNDED" | "REFUNDED")
    }

    /// What is pending may still fail; nothing is handed over for it.
    fn state(&self) -> Result<IntentState, GatewayError> {
        match self.status.as_str() {
            "PENDING" => Ok(IntentState::Pending),
            "DECLINED" | "FAILED" => {
                let details = self.status_details.as_ref();
                let reason = details.and_then(|details| details.reason.as_deref());
                let code = reason.unwrap_or(&self.status).to_ascii_lowercase();
                Ok(IntentState::Failed { code })
            }
            _ => Err(GatewayError::Unknown),
        }
    }

    pub fn order_id(&self) -> Option<&str> {
        self.supplementary_data.as_ref()?.related_ids.as_ref()?.order_id.as_deref()
    }
}

impl WireRefund {
    pub fn read(&self) -> Result<SentRefund, GatewayError> {
        let state = match self.status.as_str() {
            "PENDING" => RefundState::Pending,
            "COMPLETED" => RefundState::Succeeded,
            "CANCELLED" | "FAILED" => RefundState::Failed,
            _ => return Err(GatewayError::Unknown),
        };
        Ok(SentRefund {
            provider_ref: self.id.clone(),
            reference: self.custom_id.clone().unwrap_or_default(),
            amount: self.amount.read()?,
            state,
        })
    }
}
