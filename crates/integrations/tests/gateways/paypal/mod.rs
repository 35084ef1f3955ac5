//! PayPal.

mod authority;
mod failures;
mod orders;
mod requests;
mod statement;
mod webhooks;

use std::sync::Arc;

use commerce::{
    Money,
    payment::{Intent, PaymentGateway},
    testing::TestEnv,
};
use integrations::{
    gateways::{
        CallSettings,
        paypal::{CertificateSettings, PayPalCheck, PayPalGateway, PayPalSettings},
    },
    testing::{LocalServer, PAYPAL_CLIENT, PAYPAL_MERCHANT, PAYPAL_SECRET, PayPalFake},
};

use crate::common::{new_intent, quick};

pub const WEBHOOK_ID: &str = "1JE4291016473214C";

pub fn settings(base_url: &str, call: CallSettings) -> PayPalSettings {
    PayPalSettings {
        base_url: base_url.to_owned(),
        client_id: PAYPAL_CLIENT.into(),
        client_secret: PAYPAL_SECRET.into(),
        merchant_id: PAYPAL_MERCHANT.into(),
        brand_name: String::new(),
        return_url: "https://x/r".into(),
        cancel_url: "https://x/c".into(),
        webhook_ids: vec!["2AB".into(), WEBHOOK_ID.into()],
        check: PayPalCheck::Certificate,
        certificates: CertificateSettings::default(),
        call,
    }
}

pub struct World {
    pub fake: Arc<PayPalFake>,
    pub paypal: LocalServer,
    pub env: TestEnv,
    pub gateway: PayPalGateway,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|settings| settings).await
    }

    pub async fn with(change: impl FnOnce(PayPalSettings) -> PayPalSettings) -> Self {
        let (fake, env) = (Arc::new(PayPalFake::default()), TestEnv::new());
        let paypal = LocalServer::start(fake.clone()).await;
        let settings = change(settings(&paypal.url, quick()));
        let gateway = PayPalGateway::new(settings, env.clock.clone()).unwrap();
        Self { fake, paypal, env, gateway }
    }

    pub async fn opened(&self, minor: i64) -> Intent {
        self.gateway.create(&new_intent(&self.env, Money::usd(minor))).await.unwrap()
    }

    /// Opened, and the customer has agreed.
    pub async fn approved(&self, minor: i64) -> Intent {
        let made = self.opened(minor).await;
        self.fake.approve(&made.provider_ref);
        self.gateway.fetch(&made.provider_ref).await.unwrap()
    }

    pub async fn captured(&self, minor: i64) -> Intent {
        let approved = self.approved(minor).await;
        self.gateway.capture(&approved.provider_ref, approved.amount).await.unwrap()
    }
}
