//! The section `[payments.stripe]`.

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::payment::PaymentGateway;
use secrecy::SecretString;
use serde::Deserialize;

use super::{StripeGateway, StripeSettings};
use crate::gateways::section::{Fault, Means, Section, Stage, listed, present};

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StripeSection {
    base_url: String,
    secret_key: SecretString,
    publishable_key: String,
    api_version: String,
    #[serde(deserialize_with = "listed")]
    payment_method_types: Vec<String>,
    #[serde(deserialize_with = "listed")]
    webhook_secrets: Vec<SecretString>,
    tolerance_s: i64,
    timeout_ms: u64,
}

impl Default for StripeSection {
    fn default() -> Self {
        Self {
            base_url: "https://api.stripe.com".to_owned(),
            secret_key: SecretString::default(),
            publishable_key: String::new(),
            api_version: "2026-10-28.endive".to_owned(),
            payment_method_types: Vec::new(),
            webhook_secrets: Vec::new(),
            tolerance_s: 300,
            timeout_ms: 4_000,
        }
    }
}

impl Section for StripeSection {
    fn check(&self, stage: Stage) -> Result<(), Fault> {
        present("secret_key", &self.secret_key)?;
        present("webhook_secrets", &self.webhook_secrets)?;
        stage.allows("base_url", &self.base_url)
    }

    fn open(&self, means: &Means) -> Result<Arc<dyn PaymentGateway>, Fault> {
        let gateway = StripeGateway::new(StripeSettings {
            base_url: self.base_url.clone(),
            secret_key: self.secret_key.clone(),
            publishable_key: self.publishable_key.clone(),
            api_version: self.api_version.clone(),
            payment_method_types: self.payment_method_types.clone(),
            webhook_secrets: self.webhook_secrets.clone(),
            tolerance: TimeDelta::seconds(self.tolerance_s),
            call: means.call(self.timeout_ms),
        })?;
        Ok(Arc::new(gateway))
    }
}
