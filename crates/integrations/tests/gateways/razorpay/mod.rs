//! Razorpay.

mod failures;
mod orders;
mod requests;
mod statement;
mod webhooks;

use std::sync::Arc;

use commerce::{
    Currency, Money,
    payment::{Intent, PaymentGateway},
    testing::TestEnv,
};
use integrations::{
    gateways::{
        CallSettings,
        razorpay::{RazorpayGateway, RazorpaySettings},
    },
    testing::{LocalServer, RAZORPAY_KEY, RAZORPAY_SECRET, RazorpayFake},
};

use crate::common::{new_intent, quick};

pub const WEBHOOK: &str = "rzp_whsec_1";

pub fn rupees(minor: i64) -> Money {
    Money::new(minor, Currency::parse("INR").unwrap())
}

pub fn gateway(base_url: &str, key_secret: &str, call: CallSettings) -> RazorpayGateway {
    RazorpayGateway::new(RazorpaySettings {
        base_url: base_url.to_owned(),
        key_id: RAZORPAY_KEY.into(),
        key_secret: key_secret.into(),
        webhook_secrets: vec!["rzp_next".into(), WEBHOOK.into()],
        call,
    })
    .unwrap()
}

pub struct World {
    pub fake: Arc<RazorpayFake>,
    pub razorpay: LocalServer,
    pub env: TestEnv,
    pub gateway: RazorpayGateway,
}

impl World {
    pub async fn new() -> Self {
        Self::with(quick()).await
    }

    pub async fn with(call: CallSettings) -> Self {
        let fake = Arc::new(RazorpayFake::default());
        let razorpay = LocalServer::start(fake.clone()).await;
        let gateway = gateway(&razorpay.url, RAZORPAY_SECRET, call);
        Self { fake, razorpay, env: TestEnv::new(), gateway }
    }

    pub async fn opened(&self, minor: i64) -> Intent {
        self.gateway.create(&new_intent(&self.env, rupees(minor))).await.unwrap()
    }

    /// Opened, and paid in Razorpay's form with this outcome.
    pub async fn paid(&self, minor: i64, outcome: &str) -> Intent {
        let made = self.opened(minor).await;
        self.fake.pay(&made.provider_ref, outcome);
        self.gateway.fetch(&made.provider_ref).await.unwrap()
    }
}
