//! Stripe's `PaymentIntents` as a payment provider: <https://docs.stripe.com/api/payment_intents>.

mod call;
mod event;
mod form;
mod settings;
mod statement;
mod wire;

use std::collections::BTreeMap;

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

use self::{
    call::Caller,
    form::Form,
    settings::StripeSection,
    wire::{WireIntent, WireList, WireRefund, units},
};
use super::{
    CallSettings, Provider, SignedBody,
    call::{Line, plain},
};

const NAME: &str = "stripe";

pub(super) const PROVIDER: Provider = Provider::new::<StripeSection>(NAME);

/// Which account is charged, and how we know each other.
#[derive(Debug, Clone)]
pub struct StripeSettings {
    pub base_url: String,
    pub secret_key: SecretString,
    /// Goes to the client, for Stripe's form; no secret.
    pub publishable_key: String,
    /// What our requests are written for; Stripe would otherwise take the account's own.
    pub api_version: String,
    /// Which ways of paying are offered; none leaves it to the account's settings at Stripe.
    pub payment_method_types: Vec<String>,
    pub webhook_secrets: Vec<SecretString>,
    pub tolerance: TimeDelta,
    pub call: CallSettings,
}

pub struct StripeGateway {
    caller: Caller,
    signed: SignedBody,
    publishable_key: String,
    payment_method_types: Vec<String>,
}

impl StripeGateway {
    pub fn new(settings: StripeSettings) -> Result<Self, reqwest::Error> {
        let caller = Caller {
            line: Line::new(NAME, "request-id", &settings.base_url, settings.call)?,
            secret_key: settings.secret_key,
            api_version: settings.api_version,
        };
        let signed =
            SignedBody { secrets: settings.webhook_secrets, tolerance: settings.tolerance };
        Ok(Self {
            caller,
            signed,
            publishable_key: settings.publishable_key,
            payment_method_types: settings.payment_method_types,
        })
    }

    /// Pays with a card that Stripe already keeps; otherwise the customer confirms in Stripe's own form.
    pub async fn confirm(
        &self,
        provider_ref: &str,
        payment_method: &str,
        return_url: &str,
    ) -> Result<Intent, GatewayError> {
        let key = format!("{provider_ref}-confirm-{payment_method}");
        let form =
            Form::default().with("payment_method", payment_method).with("return_url", return_url);
        let path = intent_path(provider_ref, "/confirm")?;
        self.read(self.caller.post(&path, &key, form).await?).await
    }

    fn offer(&self, form: Form) -> Form {
        if self.payment_method_types.is_empty() {
            return form.with("automatic_payment_methods[enabled]", "true");
        }
        let types = self.payment_method_types.iter().enumerate();
        types.fold(form, |form, (at, kind)| form.with(&format!("payment_method_types[{at}]"), kind))
    }

    /// Only what was captured can have been refunded.
    async fn read(&self, intent: WireIntent) -> Result<Intent, GatewayError> {
        let refunds = match intent.status.as_str() {
            "succeeded" => self.refunds_of(&intent.id).await?,
            _ => Vec::new(),
        };
        let refunds = refunds.into_iter().map(WireRefund::read).collect::<Result<_, _>>()?;
        intent.read(refunds, &self.publishable_key)
    }

    async fn refunds_of(&self, intent: &str) -> Result<Vec<WireRefund>, GatewayError> {
        let mut refunds: Vec<WireRefund> = Vec::new();
        loop {
            let mut path = format!("/v1/refunds?payment_intent={}&limit=100", plain(intent)?);
            if let Some(last) = refunds.last() {
                path.push_str("&starting_after=");
                path.push_str(plain(&last.id)?);
            }
            let list: WireList<WireRefund> = self.caller.get(&path).await?;
            let ended = !list.has_more || list.data.is_empty();
            refunds.extend(list.data);
            if ended {
                return Ok(refunds);
            }
        }
    }
}

#[async_trait]
impl PaymentGateway for StripeGateway {
    fn provider(&self) -> &'static str {
        NAME
    }

    async fn create(&self, intent: &NewIntent) -> Result<Intent, GatewayError> {
        let payment = intent.payment.to_string();
        let form = Form::default()
            .with("amount", units(intent.amount)?)
            .with("currency", intent.amount.currency.code().to_ascii_lowercase());
        let form = self
            .offer(form)
            .with(&format!("metadata[{}]", wire::PAYMENT), &payment)
            .with(&format!("metadata[{}]", wire::ORDER), intent.order.to_string())
            .with("description", &intent.description);
        self.read(self.caller.post("/v1/payment_intents", &payment, form).await?).await
    }

    async fn fetch(&self, provider_ref: &str) -> Result<Intent, GatewayError> {
        let path = intent_path(provider_ref, "?expand%5B0%5D=latest_charge")?;
        self.read(self.caller.get(&path).await?).await
    }

    async fn capture(&self, provider_ref: &str, amount: Money) -> Result<Intent, GatewayError> {
        let form = Form::default().with("amount_to_capture", units(amount)?);
        let path = intent_path(provider_ref, "/capture")?;
        let key = format!("{provider_ref}-capture");
        self.read(self.caller.post(&path, &key, form).await?).await
    }

    async fn cancel(&self, provider_ref: &str) -> Result<Intent, GatewayError> {
        let form = Form::default().with("cancellation_reason", "requested_by_customer");
        let path = intent_path(provider_ref, "/cancel")?;
        let key = format!("{provider_ref}-cancel");
        self.read(self.caller.post(&path, &key, form).await?).await
    }

    /// Stripe forgets keys after a day, and a repeated request is answered as the first one was; so what became
    /// of an earlier try is looked up first.
    async fn refund(&self, refund: &NewRefund) -> Result<SentRefund, GatewayError> {
        let reference = refund.refund.to_string();
        let made = self.refunds_of(&refund.provider_ref).await?;
        if let Some(made) = made.into_iter().find(|made| made.reference() == Some(&reference)) {
            return made.read();
        }
        let form = Form::default()
            .with("payment_intent", &refund.provider_ref)
            .with("amount", units(refund.amount)?)
            .with("reason", "requested_by_customer")
            .with(&format!("metadata[{}]", wire::REFUND), &reference);
        let made: WireRefund = self.caller.post("/v1/refunds", &reference, form).await?;
        made.read()
    }

    async fn verify(
        &self,
        headers: &BTreeMap<String, String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Notice, NoticeError> {
        let header = headers.get("stripe-signature").ok_or(NoticeError::Malformed)?;
        self.signed.verify(header, body, now)?;
        event::read(NAME, body, now)
    }

    fn statement(&self) -> Option<&dyn Statement> {
        Some(self)
    }
}

fn intent_path(provider_ref: &str, rest: &str) -> Result<String, GatewayError> {
    Ok(format!("/v1/payment_intents/{}{rest}", plain(provider_ref)?))
}
