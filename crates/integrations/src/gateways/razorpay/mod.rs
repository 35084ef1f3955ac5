//! Razorpay's orders as a payment provider: <https://razorpay.com/docs/api/orders/>.

mod call;
mod event;
mod settings;
mod statement;
mod wire;

use std::collections::BTreeMap;

use async_trait::async_trait;
use commerce::{
    Money, Timestamp,
    payment::{
        GatewayError, Intent, IntentState, NewIntent, NewRefund, Notice, NoticeError,
        PaymentGateway, SentRefund, Statement,
    },
};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::Sha256;

use self::{
    call::{Caller, Repeat},
    event::BY_PAYMENT,
    settings::RazorpaySection,
    wire::{WireList, WireOrder, WirePayment, WireRefund, units},
};
use super::{
    CallSettings, Provider,
    call::{Line, plain},
};

const NAME: &str = "razorpay";

pub(super) const PROVIDER: Provider = Provider::new::<RazorpaySection>(NAME);

/// Which account is paid, and how we know each other.
#[derive(Debug, Clone)]
pub struct RazorpaySettings {
    pub base_url: String,
    /// Goes to the client too, for Razorpay's form; no secret.
    pub key_id: String,
    pub key_secret: SecretString,
    /// Any of them may have signed; an old one goes on signing what is sent again.
    pub webhook_secrets: Vec<SecretString>,
    pub call: CallSettings,
}

pub struct RazorpayGateway {
    caller: Caller,
    webhook_secrets: Vec<SecretString>,
}

impl RazorpayGateway {
    pub fn new(settings: RazorpaySettings) -> Result<Self, reqwest::Error> {
        let caller = Caller {
            line: Line::new(NAME, "x-razorpay-request-id", &settings.base_url, settings.call)?,
            key_id: settings.key_id,
            key_secret: settings.key_secret,
        };
        Ok(Self { caller, webhook_secrets: settings.webhook_secrets })
    }

    /// The order, whether it is named itself or by one of its payments.
    async fn order(&self, provider_ref: &str) -> Result<WireOrder, GatewayError> {
        let Some(payment) = provider_ref.strip_prefix(BY_PAYMENT) else {
            return self.caller.get(&order_path(provider_ref, "")?).await;
        };
        let payment: WirePayment = self.caller.get(&payment_path(payment, "")?).await?;
        let order = payment.order_id.ok_or(GatewayError::NotFound)?;
        self.caller.get(&order_path(&order, "")?).await
    }

    async fn payments_of(&self, order: &str) -> Result<Vec<WirePayment>, GatewayError> {
        let path = order_path(order, "/payments")?;
        let list: WireList<WirePayment> = self.caller.get(&path).await?;
        Ok(list.items)
    }

    async fn refunds_of(&self, payment: &WirePayment) -> Result<Vec<WireRefund>, GatewayError> {
        let path = payment_path(&payment.id, "/refunds?count=100")?;
        let list: WireList<WireRefund> = self.caller.get(&path).await?;
        Ok(list.items)
    }

    /// Only what was captured can have been refunded.
    async fn read(&self, order: WireOrder) -> Result<Intent, GatewayError> {
        let payments = self.payments_of(&order.id).await?;
        let refunds = match payments.iter().find(|payment| payment.is_taken()) {
            Some(taken) => self.refunds_of(taken).await?,
            None => Vec::new(),
        };
        let refunds = refunds.into_iter().map(WireRefund::read).collect::<Result<_, _>>()?;
        order.read(&payments, refunds, &self.caller.key_id)
    }

    /// Razorpay knows no key for orders, so one we may have made before is looked for by its receipt.
    async fn made_before(&self, receipt: &str) -> Result<Option<WireOrder>, GatewayError> {
        let path = format!("/v1/orders?receipt={}", plain(receipt)?);
        let found: WireList<WireOrder> = self.caller.get(&path).await?;
        Ok(found.items.into_iter().find(|order| order.receipt() == Some(receipt)))
    }
}

#[async_trait]
impl PaymentGateway for RazorpayGateway {
    fn provider(&self) -> &'static str {
        NAME
    }

    async fn create(&self, intent: &NewIntent) -> Result<Intent, GatewayError> {
        let payment = intent.payment.to_string();
        let amount = units(intent.amount)?;
        if let Some(order) = self.made_before(&payment).await? {
            return self.read(order).await;
        }
        let body = json!({
            "amount": amount,
            "currency": intent.amount.currency.code(),
            "receipt": payment,
            "notes": {"order_id": intent.order.to_string()},
        });
        let order: WireOrder = self.caller.post("/v1/orders", Repeat::AfterALook, &body).await?;
        order.read(&[], Vec::new(), &self.caller.key_id)
    }

    async fn fetch(&self, provider_ref: &str) -> Result<Intent, GatewayError> {
        self.read(self.order(provider_ref).await?).await
    }

    async fn capture(&self, provider_ref: &str, amount: Money) -> Result<Intent, GatewayError> {
        let payments = self.payments_of(provider_ref).await?;
        let taken = payments.iter().any(WirePayment::is_taken);
        let approved = payments.iter().find(|payment| payment.is_approved());
        if let Some(payment) = approved.filter(|_| !taken) {
            let body = json!({"amount": units(amount)?, "currency": amount.currency.code()});
            let path = payment_path(&payment.id, "/capture")?;
            let _: WirePayment = self.caller.post(&path, Repeat::Harmless, &body).await?;
        }
        self.fetch(provider_ref).await
    }

    /// An order cannot be taken back; one that nobody captures is given back to the customer by Razorpay.
    async fn cancel(&self, provider_ref: &str) -> Result<Intent, GatewayError> {
        let intent = self.fetch(provider_ref).await?;
        match intent.state {
            IntentState::Captured => Ok(intent),
            _ => Ok(Intent { state: IntentState::Cancelled, action: None, ..intent }),
        }
    }

    async fn refund(&self, refund: &NewRefund) -> Result<SentRefund, GatewayError> {
        let reference = refund.refund.to_string();
        let payments = self.payments_of(&refund.provider_ref).await?;
        let not_captured = || GatewayError::Refused { code: "not_captured".to_owned() };
        let taken = payments.iter().find(|payment| payment.is_taken()).ok_or_else(not_captured)?;
        let made = self.refunds_of(taken).await?;
        if let Some(made) = made.into_iter().find(|made| made.reference() == Some(&reference)) {
            return made.read();
        }
        let body = json!({
            "amount": units(refund.amount)?,
            "speed": "normal",
            "notes": {"refund_id": reference},
            "receipt": reference,
        });
        let path = payment_path(&taken.id, "/refund")?;
        let made: WireRefund = self.caller.post(&path, Repeat::ByKey(&reference), &body).await?;
        made.read()
    }

    /// There is no time in the signature, so nothing is too old; what comes twice is told by its id.
    async fn verify(
        &self,
        headers: &BTreeMap<String, String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Notice, NoticeError> {
        let header = |name: &str| headers.get(name).filter(|value| !value.is_empty());
        let signature = header("x-razorpay-signature").ok_or(NoticeError::Malformed)?;
        let event_id = header("x-razorpay-event-id").ok_or(NoticeError::Malformed)?;
        let signature = hex::decode(signature).map_err(|_| NoticeError::Malformed)?;
        if !self.webhook_secrets.iter().any(|secret| signed(secret, body, &signature)) {
            return Err(NoticeError::Forged);
        }
        event::read(NAME, event_id, body, now)
    }

    /// Razorpay's form gives the customer `razorpay_order_id`, `razorpay_payment_id` and `razorpay_signature`.
    fn returned(
        &self,
        provider_ref: &str,
        proof: &BTreeMap<String, String>,
    ) -> Result<(), NoticeError> {
        let field = |name: &str| proof.get(name).ok_or(NoticeError::Malformed);
        let (order, payment) = (field("razorpay_order_id")?, field("razorpay_payment_id")?);
        let signature = hex::decode(field("razorpay_signature")?);
        let signature = signature.map_err(|_| NoticeError::Malformed)?;
        let message = format!("{order}|{payment}");
        let fits = order == provider_ref
            && signed(&self.caller.key_secret, message.as_bytes(), &signature);
        if fits { Ok(()) } else { Err(NoticeError::Forged) }
    }

    fn statement(&self) -> Option<&dyn Statement> {
        Some(self)
    }
}

/// Compared in constant time.
fn signed(secret: &SecretString, message: &[u8], signature: &[u8]) -> bool {
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok();
    mac.is_some_and(|mac| mac.chain_update(message).verify_slice(signature).is_ok())
}

fn order_path(id: &str, rest: &str) -> Result<String, GatewayError> {
    Ok(format!("/v1/orders/{}{rest}", plain(id)?))
}

fn payment_path(id: &str, rest: &str) -> Result<String, GatewayError> {
    Ok(format!("/v1/payments/{}{rest}", plain(id)?))
}
