//! The section `[payments.paypal]`.

use std::{fs, sync::Arc};

use commerce::payment::PaymentGateway;
use secrecy::SecretString;
use serde::Deserialize;

use super::{CertificateSettings, PayPalCheck, PayPalGateway, PayPalSettings};
use crate::gateways::section::{Fault, Means, Section, Stage, listed, present};

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PayPalSection {
    base_url: String,
    client_id: String,
    client_secret: SecretString,
    merchant_id: String,
    brand_name: String,
    return_url: String,
    cancel_url: String,
    #[serde(deserialize_with = "listed")]
    webhook_ids: Vec<String>,
    webhook_check: PayPalCheck,
    certificates_between: String,
    timeout_ms: u64,
}

impl Default for PayPalSection {
    fn default() -> Self {
        Self {
            base_url: "https://api-m.paypal.com".to_owned(),
            client_id: String::new(),
            client_secret: SecretString::default(),
            merchant_id: String::new(),
            brand_name: String::new(),
            return_url: String::new(),
            cancel_url: String::new(),
            webhook_ids: Vec::new(),
            webhook_check: PayPalCheck::Certificate,
            certificates_between: String::new(),
            timeout_ms: 4_000,
        }
    }
}

impl Section for PayPalSection {
    fn check(&self, stage: Stage) -> Result<(), Fault> {
        present("client_id", &self.client_id)?;
        present("client_secret", &self.client_secret)?;
        present("return_url", &self.return_url)?;
        present("cancel_url", &self.cancel_url)?;
        present("webhook_ids", &self.webhook_ids)?;
        stage.allows("base_url", &self.base_url)
    }

    fn open(&self, means: &Means) -> Result<Arc<dyn PaymentGateway>, Fault> {
        let settings = PayPalSettings {
            base_url: self.base_url.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            merchant_id: self.merchant_id.clone(),
            brand_name: self.brand_name.clone(),
            return_url: self.return_url.clone(),
            cancel_url: self.cancel_url.clone(),
            webhook_ids: self.webhook_ids.clone(),
            check: self.webhook_check,
            certificates: CertificateSettings { between: self.between()?, ..Default::default() },
            call: means.call(self.timeout_ms),
        };
        Ok(Arc::new(PayPalGateway::new(settings, means.clock.clone())?))
    }
}

impl PayPalSection {
    fn between(&self) -> Result<String, Fault> {
        let path = &self.certificates_between;
        if path.is_empty() {
            return Ok(String::new());
        }
        let wrong = |why: std::io::Error| Fault::Wrong {
            key: "certificates_between",
            why: why.to_string(),
        };
        fs::read_to_string(path).map_err(wrong)
    }
}
