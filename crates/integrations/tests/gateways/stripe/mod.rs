//! Stripe.

mod failures;
mod local;
mod requests;
mod statement;
mod webhooks;

use chrono::TimeDelta;
use integrations::gateways::{
    CallSettings,
    stripe::{StripeGateway, StripeSettings},
};

pub const KEY: &str = "sk_test_123";
pub const WEBHOOK: &str = "whsec_test_secret_0123456789abcdef";

pub fn settings(base_url: &str, call: CallSettings) -> StripeSettings {
    StripeSettings {
        base_url: base_url.to_owned(),
        secret_key: KEY.into(),
        publishable_key: "pk_test_123".into(),
        api_version: "2026-10-28.endive".into(),
        payment_method_types: Vec::new(),
        webhook_secrets: vec!["whsec_next".into(), WEBHOOK.into()],
        tolerance: TimeDelta::seconds(300),
        call,
    }
}

pub fn gateway(base_url: &str, call: CallSettings) -> StripeGateway {
    StripeGateway::new(settings(base_url, call)).unwrap()
}
