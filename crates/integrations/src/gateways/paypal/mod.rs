//! PayPal's Orders v2 as a payment provider: <https://developer.paypal.com/docs/api/orders/v2/>.

mod call;
mod certificate;
mod event;
mod settings;
mod statement;
mod token;
mod webhook;
mod wire;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use commerce::{
    Clock, Money, Timestamp,
    payment::{
        GatewayError, Intent, IntentState, NewIntent, NewRefund, Notice, NoticeError,
        PaymentGateway, SentRefund, Statement,
    },
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use self::{
    call::Caller,
    certificate::Certificates,
    event::BY_CAPTURE,
    settings::PayPalSection,
    token::Tokens,
    webhook::Transmission,
    wire::{WireAmount, WireCapture, WireOrder, WireRefund},
};
use super::{
    CallSettings, Provider,
    call::{Line, plain},
};

pub use certificate::{CertificateSettings, Roots};

const NAME: &str = "paypal";

pub(super) const PROVIDER: Provider = Provider::new::<PayPalSection>(NAME);

/// Which account is paid, and how we know each other.
#[derive(Clone)]
pub struct PayPalSettings {
    pub base_url: String,
    pub client_id: String,
    pub client_secret: SecretString,
    /// Our account's own id; an order paid to another one is set aside. Empty: not looked at.
    pub merchant_id: String,
    /// What PayPal shows the customer as the shop's name.
    pub brand_name: String,
    /// Where the customer is sent back to.
    pub return_url: String,
    pub cancel_url: String,
    /// Ids of our webhooks at PayPal, which its signatures cover.
    pub webhook_ids: Vec<String>,
    pub check: PayPalCheck,
    pub certificates: CertificateSettings,
    pub call: CallSettings,
}

/// How a message is told from a forged one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayPalCheck {
    /// By the certificate that signed it.
    Certificate,
    /// By asking PayPal.
    Postback,
}

pub struct PayPalGateway {
    caller: Caller,
    certificates: Certificates,
    settings: PayPalSettings,
}

impl PayPalGateway {
    pub fn new(settings: PayPalSettings, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let tokens = Tokens {
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            clock,
            kept: Mutex::default(),
        };
        let line = Line::new(NAME, "paypal-debug-id", &settings.base_url, settings.call)?;
        let certificates = Certificates::new(settings.certificates.clone(), settings.call.timeout)?;
        Ok(Self { caller: Caller { line, tokens }, certificates, settings })
    }

    /// The order, whether it is named itself or by one of its captures.
    async fn order(&self, provider_ref: &str) -> Result<WireOrder, GatewayError> {
        let Some(capture) = provider_ref.strip_prefix(BY_CAPTURE) else {
            return self.caller.get(&order_path(provider_ref, "")?).await;
        };
        let path = format!("/v2/payments/captures/{}", plain(capture)?);
        let capture: WireCapture = self.caller.get(&path).await?;
        let order = capture.order_id().ok_or(GatewayError::NotFound)?;
        self.caller.get(&order_path(order, "")?).await
    }

    fn read(&self, order: &WireOrder) -> Result<Intent, GatewayError> {
        order.read(&self.settings.merchant_id)
    }

    /// The customer's source was declined: the same address lets another one be chosen.
    async fn choose_again(&self, provider_ref: &str) -> Result<Intent, GatewayError> {
        let order = self.order(provider_ref).await?;
        let intent = self.read(&order)?;
        if intent.state == IntentState::Captured {
            return Ok(intent);
        }
        let action = order.approval();
        Ok(Intent { state: IntentState::RequiresAction, action, ..intent })
    }

    fn new_order(&self, intent: &NewIntent) -> Result<Value, GatewayError> {
        let payment = intent.payment.to_string();
        let mut context = json!({
            "return_url": self.settings.return_url,
            "cancel_url": self.settings.cancel_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
            "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",
        });
        let brand = &self.settings.brand_name;
        if let Some(fields) = context.as_object_mut().filter(|_| !brand.is_empty()) {
            fields.insert("brand_name".to_owned(), json!(brand));
        }
        Ok(json!({
            "intent": "CAPTURE",
            "purchase_units": [{
                "reference_id": "default",
                "custom_id": payment,
                "invoice_id": payment,
                "description": intent.description,
                "amount": WireAmount::of(intent.amount)?,
            }],
            "payment_source": {"paypal": {"experience_context": context}},
        }))
    }
}

#[async_trait]
impl PaymentGateway for PayPalGateway {
    fn provider(&self) -> &'static str {
        NAME
    }

    async fn create(&self, intent: &NewIntent) -> Result<Intent, GatewayError> {
        let key = intent.payment.to_string();
        let body = self.new_order(intent)?.to_string().into_bytes();
        let order = self.caller.post("/v2/checkout/orders", Some(&key), body).await?;
        self.read(&order)
    }

    async fn fetch(&self, provider_ref: &str) -> Result<Intent, GatewayError> {
        self.read(&self.order(provider_ref).await?)
    }

    /// An order is captured whole. Each approval by the customer has its own key, so that a declined one is not
    /// answered for the next.
    async fn capture(&self, provider_ref: &str, amount: Money) -> Result<Intent, GatewayError> {
        let order = self.order(provider_ref).await?;
        let intent = self.read(&order)?;
        if intent.state != IntentState::Approved {
            return Ok(intent);
        }
        if amount != intent.amount {
            return Err(GatewayError::Refused { code: "captured_whole_or_not".to_owned() });
        }
        let approval = order.update_time.as_deref().unwrap_or("once");
        let key = format!("{}-{approval}", order.id);
        let path = order_path(&order.id, "/capture")?;
        match self.caller.post::<WireOrder>(&path, Some(&key), Vec::new()).await {
            Ok(order) => self.read(&order),
            Err(GatewayError::Refused { code }) => match code.as_str() {
                "ORDER_ALREADY_CAPTURED" => self.fetch(&order.id).await,
                "INSTRUMENT_DECLINED" | "PAYER_ACTION_REQUIRED" => {
                    self.choose_again(&order.id).await
                }
                _ => Err(GatewayError::Refused { code }),
            },
            Err(error) => Err(error),
        }
    }

    /// PayPal lets orders run out by themselves. Nobody but us captures, so one that is not captured never will be.
    async fn cancel(&self, provider_ref: &str) -> Result<Intent, GatewayError> {
        let intent = self.fetch(provider_ref).await?;
        match intent.state {
            IntentState::Captured | IntentState::Failed { .. } => Ok(intent),
            _ => Ok(Intent { state: IntentState::Cancelled, action: None, ..intent }),
        }
    }

    async fn refund(&self, refund: &NewRefund) -> Result<SentRefund, GatewayError> {
        let reference = refund.refund.to_string();
        let order = self.order(&refund.provider_ref).await?;
        let payments = &order.unit()?.payments;
        let ours = |made: &&WireRefund| made.custom_id.as_deref() == Some(&reference);
        if let Some(made) = payments.refunds.iter().find(ours) {
            return made.read();
        }
        let not_captured = || GatewayError::Refused { code: "not_captured".to_owned() };
        let capture = payments.taken().ok_or_else(not_captured)?;
        let body = json!({"amount": WireAmount::of(refund.amount)?, "custom_id": reference});
        let path = format!("/v2/payments/captures/{}/refund", plain(&capture.id)?);
        let body = body.to_string().into_bytes();
        let made: WireRefund = self.caller.post(&path, Some(&reference), body).await?;
        made.read()
    }

    async fn verify(
        &self,
        headers: &BTreeMap<String, String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Notice, NoticeError> {
        let sent = Transmission::of(headers)?;
        let ids = &self.settings.webhook_ids;
        match self.settings.check {
            PayPalCheck::Certificate => {
                sent.by_certificate(&self.certificates, ids, body, now).await?;
            }
            PayPalCheck::Postback => sent.by_postback(&self.caller, ids, body).await?,
        }
        event::read(NAME, body, now)
    }

    fn statement(&self) -> Option<&dyn Statement> {
        Some(self)
    }
}

fn order_path(id: &str, rest: &str) -> Result<String, GatewayError> {
    Ok(format!("/v2/checkout/orders/{}{rest}", plain(id)?))
}
