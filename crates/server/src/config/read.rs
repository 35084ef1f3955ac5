//! Reads the layers and turns mistakes into sentences.

use std::{collections::HashMap, fmt};

use config::{Config as Layers, File, FileFormat};

use super::{Config, ConfigError, rules};

const DEFAULT: &str = include_str!("../../../../config/default.toml");
const DEVELOPMENT: &str = include_str!("../../../../config/development.toml");
const PRODUCTION: &str = include_str!("../../../../config/production.toml");
const TEST: &str = include_str!("../../../../config/test.toml");

/// Settings whose value is a list; in the environment they are written with commas.
const LISTS: &[&str] = &[
    "server.trusted_proxies",
    "server.metrics_from",
    "server.cors_origins",
    "payments.enabled",
    "payments.poll_gaps_s",
    "payments.sandbox.webhook_secrets",
    "payments.stripe.payment_method_types",
    "payments.stripe.webhook_secrets",
    "payments.paypal.webhook_ids",
    "payments.razorpay.webhook_secrets",
];

/// Settings that are tables; in the environment they are written as in a file: `[{ to = "DE", … }]`.
const TABLES: &[&str] = &["buy.taxes", "buy.shipping_zones", "payments.wallet.limits"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    Development,
    Production,
    Test,
}

impl Environment {
    pub fn parse(name: &str) -> Result<Self, ConfigError> {
        match name {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            "test" => Ok(Self::Test),
            other => Err(ConfigError::Environment(other.to_owned())),
        }
    }

    fn defaults(self) -> &'static str {
        match self {
            Self::Development => DEVELOPMENT,
            Self::Production => PRODUCTION,
            Self::Test => TEST,
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Development => "development",
            Self::Production => "production",
            Self::Test => "test",
        })
    }
}

/// The configuration of this process; development unless `SOUK_ENV` says otherwise.
pub fn load() -> Result<Config, ConfigError> {
    let variables: HashMap<String, String> = std::env::vars().collect();
    let name = variables.get("SOUK_ENV").map_or("development", String::as_str);
    load_from(Environment::parse(name)?, &variables)
}

/// The configuration of an environment under these variables.
pub fn load_from(
    environment: Environment,
    variables: &HashMap<String, String>,
) -> Result<Config, ConfigError> {
    let text = |text: &str| File::from_str(text, FileFormat::Toml);
    let file = |name: &str| File::new(name, FileFormat::Toml).required(false);
    let mut layers = Layers::builder()
        .add_source(text(DEFAULT))
        .add_source(file("config/default.toml"))
        .add_source(text(environment.defaults()))
        .add_source(file(&format!("config/{environment}.toml")));
    for (variable, value) in variables {
        let Some(path) = variable.strip_prefix("SOUK__") else { continue };
        let key = path.to_lowercase().replace("__", ".");
        if TABLES.contains(&key.as_str()) {
            layers = layers.add_source(text(&format!("{key} = {value}")));
            continue;
        }
        let written = if LISTS.contains(&key.as_str()) {
            let items: Vec<_> =
                value.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
            layers.set_override(&key, items)
        } else {
            layers.set_override(&key, value.as_str())
        };
        layers = written.map_err(unreadable)?;
    }
    let layers = layers.build().map_err(unreadable)?;
    let config: Config = layers.try_deserialize().map_err(unreadable)?;
    rules::check(&config, environment)?;
    Ok(Config { environment: Some(environment), ..config })
}

/// The reader's message names the key; a value is never repeated, as it may be a secret.
fn unreadable(error: config::ConfigError) -> ConfigError {
    let text = match error {
        config::ConfigError::Type { key, expected, .. } => {
            format!("{}: expected {expected}", key.unwrap_or_default())
        }
        other => other.to_string(),
    };
    ConfigError::Unreadable(text)
}
