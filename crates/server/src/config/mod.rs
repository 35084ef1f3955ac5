//! Configuration: `default.toml`, then the environment's own file, then `SOUK__SECTION__KEY`.

mod read;
mod rules;
mod sections;

pub use read::{Environment, load, load_from};
pub use sections::*;

use integrations::gateways::SettingError;
use thiserror::Error;

/// Why the server will not start like this. The message names the key and what to do.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("the configuration cannot be read: {0}")]
    Unreadable(String),
    #[error("`{0}` is not an environment; SOUK_ENV is development, production or test")]
    Environment(String),
    #[error("{key} is missing: set it in config/ or by the environment variable {variable}")]
    Missing { key: String, variable: String },
    #[error("{key}: {why}")]
    Refused { key: String, why: String },
}

impl ConfigError {
    fn missing(key: impl Into<String>) -> Self {
        let key = key.into();
        let variable = format!("SOUK__{}", key.to_uppercase().replace('.', "__"));
        Self::Missing { key, variable }
    }

    fn refused(key: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Refused { key: key.into(), why: why.into() }
    }
}

impl From<SettingError> for ConfigError {
    fn from(error: SettingError) -> Self {
        match error {
            SettingError::Missing { key } => Self::missing(key),
            SettingError::Refused { key, why } => Self::Refused { key, why },
        }
    }
}
