//! The section `[payments.razorpay]`.

use std::sync::Arc;

use commerce::payment::PaymentGateway;
use secrecy::SecretString;
use serde::Deserialize;

use super::{RazorpayGateway, RazorpaySettings};
use crate::gateways::section::{Fault, Means, Section, Stage, listed, present};

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RazorpaySection {
    base_url: String,
    key_id: String,
    key_secret: SecretString,
    #[serde(deserialize_with = "listed")]
    webhook_secrets: Vec<SecretString>,
    timeout_ms: u64,
}

impl Default for RazorpaySection {
    fn default() -> Self {
        Self {
            base_url: "https://api.razorpay.com".to_owned(),
            key_id: String::new(),
            key_secret: SecretString::default(),
            webhook_secrets: Vec::new(),
            timeout_ms: 4_000,
        }
    }
}

impl Section for RazorpaySection {
    fn check(&self, stage: Stage) -> Result<(), Fault> {
        present("key_id", &self.key_id)?;
        present("key_secret", &self.key_secret)?;
        present("webhook_secrets", &self.webhook_secrets)?;
        stage.allows("base_url", &self.base_url)
    }

    fn open(&self, means: &Means) -> Result<Arc<dyn PaymentGateway>, Fault> {
        let gateway = RazorpayGateway::new(RazorpaySettings {
            base_url: self.base_url.clone(),
            key_id: self.key_id.clone(),
            key_secret: self.key_secret.clone(),
            webhook_secrets: self.webhook_secrets.clone(),
            call: means.call(self.timeout_ms),
        })?;
        Ok(Arc::new(gateway))
    }
}
