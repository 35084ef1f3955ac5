//! Reads the layers and turns mistakes into sentences.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
};

use config::{Config as Layers, File, FileFormat, Value, ValueKind};
use integrations::gateways::{PROVIDERS, Sections};

use super::{Config, ConfigError, rules};

const DEFAULT: &str = include_str!("../../../../config/default.toml");
const DEVELOPMENT: &str = include_str!("../../../../config/development.toml");
const PRODUCTION: &str = include_str!("../../../../config/production.toml");
const TEST: &str = include_str!("../../../../config/test.toml");

/// Settings whose value is a list; in the environment they are written with commas. Providers know their own.
const LISTS: &[&str] = &[
    "server.trusted_proxies",
    "server.metrics_from",
    "server.cors_origins",
    "payments.enabled",
    "payments.poll_gaps_s",
    "market.payout_poll_gaps_s",
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
    let mut settings = layers.build().map_err(unreadable)?.cache;
    let providers = providers(&mut settings)?;
    let mut config: Config = settings.try_deserialize().map_err(unreadable)?;
    config.environment = Some(environment);
    config.payments.providers = providers;
    rules::check(&config, environment)?;
    Ok(config)
}

/// The names of the quotas there are: those of `default.toml`.
pub fn policies() -> Result<BTreeSet<String>, ConfigError> {
    let policies = defaults()?.get_table("limits.policies").map_err(unreadable)?;
    Ok(policies.into_keys().collect())
}

fn defaults() -> Result<Layers, ConfigError> {
    let default = File::from_str(DEFAULT, FileFormat::Toml);
    Layers::builder().add_source(default).build().map_err(unreadable)
}

/// Each provider reads its own section; what is left of `[payments]` is the house's.
fn providers(settings: &mut Value) -> Result<Sections, ConfigError> {
    let ValueKind::Table(sections) = &mut settings.kind else { return Ok(Sections::default()) };
    match sections.get_mut("payments").map(|payments| &mut payments.kind) {
        Some(ValueKind::Table(payments)) => Ok(Sections::take(payments)?),
        _ => Ok(Sections::default()),
    }
}

/// The reader's message names the key; a value is never repeated, as it may be a secret.
fn unreadable(error: config::ConfigError) -> ConfigError {
    let text = match error {
        config::ConfigError::Type { key, expected, .. } => {
            format!("{}: expected {expected}", key.unwrap_or_default())
        }
        // Whoever misspelt a provider is told who there is.
        config::ConfigError::At { error, key: Some(key), .. } if key == "payments" => {
            let names: Vec<_> = PROVIDERS.iter().map(|provider| provider.name).collect();
            format!("{error} for key `payments`; the providers are {}", names.join(", "))
        }
        other => other.to_string(),
    };
    ConfigError::Unreadable(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of a setting and those below it whose value is a list, and what is in it.
    fn lists(key: &str, value: &Value) -> Vec<(String, String)> {
        match &value.kind {
            ValueKind::Array(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                vec![(key.to_owned(), items.join(","))]
            }
            ValueKind::Table(below) => {
                let path = |name: &String| [key, name].join(".").trim_matches('.').to_owned();
                below.iter().flat_map(|(name, value)| lists(&path(name), value)).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn every_list_can_be_set_by_the_environment() {
        let lists = lists("", &defaults().unwrap().cache);
        assert!(lists.iter().any(|(key, _)| key == "payments.stripe.webhook_secrets"), "{lists:?}");

        for (key, items) in lists.iter().filter(|(key, _)| !TABLES.contains(&key.as_str())) {
            let variable = format!("SOUK__{}", key.to_uppercase().replace('.', "__"));
            let items = if items.is_empty() { "one,two" } else { items };
            let variables = HashMap::from([(variable, items.to_owned())]);

            let read = load_from(Environment::Development, &variables);

            assert!(read.is_ok(), "{key} = {items}: {}", read.unwrap_err());
        }
    }
}
