//! The section `[payments.sandbox]`.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use commerce::payment::PaymentGateway;
use market::PayoutGateway;
use secrecy::SecretString;
use serde::Deserialize;

use super::{SandboxGateway, SandboxPayouts, SandboxSettings};
use crate::gateways::{
    CircuitSettings,
    section::{Fault, Means, Section, Stage, listed, present},
};

/// Open to the house, which runs the gateway it is spoken to.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxSection {
    pub base_url: String,
    pub api_key: SecretString,
    #[serde(deserialize_with = "listed")]
    pub webhook_secrets: Vec<SecretString>,
    pub tolerance_s: i64,
    pub timeout_ms: u64,
}

impl Default for SandboxSection {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8090".to_owned(),
            api_key: SecretString::default(),
            webhook_secrets: Vec::new(),
            tolerance_s: 300,
            timeout_ms: 4_000,
        }
    }
}

impl Section for SandboxSection {
    fn check(&self, stage: Stage) -> Result<(), Fault> {
        if stage == Stage::Production {
            return Err(Fault::NotHere("production refuses the sandbox gateway"));
        }
        present("api_key", &self.api_key)?;
        present("webhook_secrets", &self.webhook_secrets)
    }

    fn open(&self, _: &Means) -> Result<Arc<dyn PaymentGateway>, Fault> {
        Ok(Arc::new(SandboxGateway::new(self.settings())?))
    }

    fn payouts(&self, _: &Means) -> Result<Option<Arc<dyn PayoutGateway>>, Fault> {
        Ok(Some(Arc::new(SandboxPayouts::new(self.settings())?)))
    }
}

impl SandboxSection {
    fn settings(&self) -> SandboxSettings {
        SandboxSettings {
            base_url: self.base_url.clone(),
            api_key: self.api_key.clone(),
            webhook_secrets: self.webhook_secrets.clone(),
            tolerance: TimeDelta::seconds(self.tolerance_s),
            timeout: Duration::from_millis(self.timeout_ms),
            circuit: CircuitSettings::default(),
        }
    }
}
