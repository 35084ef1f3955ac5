//! The payment providers there are. Each is registered in its own folder; here it is read, found by name and opened.

use std::{any::Any, collections::BTreeMap, sync::Arc};

use commerce::payment::PaymentGateway;
use config::{ConfigError, Map, Value, ValueKind};
use market::PayoutGateway;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::{Fault, Means, PROVIDERS, Section, Stage};

/// What a folder registers, as `PROVIDER`.
pub struct Provider {
    /// The folder's own; it names the section `[payments.<name>]`, the accounts and the address for messages, too.
    pub name: &'static str,
    read: fn(Value) -> Result<Arc<dyn Section>, ConfigError>,
}

/// Why the configuration of a provider will not do, by the whole key. No value is repeated, as it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettingError {
    #[error("{key} is missing")]
    Missing { key: String },
    #[error("{key}: {why}")]
    Refused { key: String, why: String },
}

/// The sections of all providers, whether they are switched on or not.
#[derive(Debug, Clone, Default)]
pub struct Sections(BTreeMap<&'static str, Arc<dyn Section>>);

/// A provider, and the setting that chose it.
#[derive(Clone, Copy)]
pub struct Chosen<'a> {
    name: &'static str,
    by: &'a str,
    section: &'a dyn Section,
}

impl Provider {
    /// The provider whose section is an `S`.
    pub(super) const fn new<S: Section + DeserializeOwned>(name: &'static str) -> Self {
        Self { name, read: read::<S> }
    }

    fn read(&self, table: Value) -> Result<Arc<dyn Section>, SettingError> {
        if !matches!(table.kind, ValueKind::Table(_)) {
            let why = format!("it is a table: name a setting of it, payments.{}.…", self.name);
            return Err(SettingError::Refused { key: format!("payments.{}", self.name), why });
        }
        (self.read)(table).map_err(|error| unreadable(self.name, error))
    }
}

fn read<S: Section + DeserializeOwned>(table: Value) -> Result<Arc<dyn Section>, ConfigError> {
    Ok(Arc::new(table.try_deserialize::<S>()?))
}

fn unreadable(provider: &str, error: ConfigError) -> SettingError {
    let (key, why) = match error {
        ConfigError::Type { key, expected, .. } => (key, format!("expected {expected}")),
        ConfigError::At { key, error, .. } => (key, error.to_string()),
        other => (None, other.to_string()),
    };
    let key = key.map(|key| format!(".{key}")).unwrap_or_default();
    SettingError::Refused { key: format!("payments.{provider}{key}"), why }
}

impl Sections {
    /// Takes the tables of all providers out of `[payments]`. Where there is none, its defaults hold.
    pub fn take(payments: &mut Map<String, Value>) -> Result<Self, SettingError> {
        let read = PROVIDERS.iter().map(|provider| {
            let table = payments.remove(provider.name);
            let table = table.unwrap_or_else(|| Value::from(Map::<String, Value>::new()));
            Ok((provider.name, provider.read(table)?))
        });
        read.collect::<Result<_, _>>().map(Self)
    }

    /// The provider that a setting names; `by` is the key of that setting.
    pub fn named<'a>(&'a self, name: &str, by: &'a str) -> Result<Chosen<'a>, SettingError> {
        let Some((&name, section)) = self.0.get_key_value(name) else {
            let all: Vec<_> = self.0.keys().map(|name| format!("`{name}`")).collect();
            let why = format!("there is no provider `{name}`; there are {}", all.join(", "));
            return Err(SettingError::Refused { key: by.to_owned(), why });
        };
        Ok(Chosen { name, by, section: &**section })
    }

    /// The section of this type, for whoever has to know one provider.
    pub fn of<S: Section>(&self) -> Option<&S> {
        self.0.values().find_map(|section| {
            let section: &dyn Any = &**section;
            section.downcast_ref()
        })
    }

    pub fn change<S: Section + Clone>(&mut self, change: impl FnOnce(&mut S)) {
        for kept in self.0.values_mut() {
            let section: &dyn Any = &**kept;
            if let Some(section) = section.downcast_ref::<S>() {
                let mut changed = section.clone();
                change(&mut changed);
                *kept = Arc::new(changed);
                return;
            }
        }
    }
}

impl Chosen<'_> {
    pub fn check(&self, stage: Stage) -> Result<(), SettingError> {
        self.section.check(stage).map_err(|fault| self.told(fault))
    }

    pub fn open(&self, means: &Means) -> Result<Arc<dyn PaymentGateway>, SettingError> {
        self.section.open(means).map_err(|fault| self.told(fault))
    }

    pub fn payouts(&self, means: &Means) -> Result<Arc<dyn PayoutGateway>, SettingError> {
        let payouts = self.section.payouts(means).map_err(|fault| self.told(fault))?;
        payouts.ok_or_else(|| {
            let why = format!("`{}` carries no money to sellers", self.name);
            SettingError::Refused { key: self.by.to_owned(), why }
        })
    }

    fn told(&self, fault: Fault) -> SettingError {
        let section = format!("payments.{}", self.name);
        match fault {
            Fault::Missing(key) => SettingError::Missing { key: format!("{section}.{key}") },
            Fault::Wrong { key, why } => {
                SettingError::Refused { key: format!("{section}.{key}"), why }
            }
            Fault::NotHere(why) => {
                SettingError::Refused { key: self.by.to_owned(), why: why.to_owned() }
            }
            Fault::Broken(why) => SettingError::Refused { key: section, why },
        }
    }
}
