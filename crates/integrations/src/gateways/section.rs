//! What a provider's section of the configuration does for it, and what such sections are made of.

use std::{any::Any, fmt, marker::PhantomData, sync::Arc, time::Duration};

use commerce::{Clock, payment::PaymentGateway};
use market::PayoutGateway;
use secrecy::{ExposeSecret, SecretString};
use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer, SeqAccess, Visitor, value::SeqAccessDeserializer},
};

use super::{CallSettings, CircuitSettings, Patience};

/// The settings of one provider, as `[payments.<name>]` tells them.
pub trait Section: Any + fmt::Debug + Send + Sync {
    /// Asked at the start if the provider is switched on: whether it has all it needs, and may be used here.
    fn check(&self, stage: Stage) -> Result<(), Fault>;

    fn open(&self, means: &Means) -> Result<Arc<dyn PaymentGateway>, Fault>;

    /// Only for a provider that carries money to sellers, too.
    fn payouts(&self, _means: &Means) -> Result<Option<Arc<dyn PayoutGateway>>, Fault> {
        Ok(None)
    }
}

/// Where we are, as far as a provider is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Development,
    Production,
}

/// What the house gives to every provider it opens.
#[derive(Clone)]
pub struct Means {
    pub clock: Arc<dyn Clock>,
    pub patience: Patience,
}

/// Why a provider cannot be used like this. Keys are those of its own section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    Missing(&'static str),
    Wrong {
        key: &'static str,
        why: String,
    },
    /// Whatever its section says.
    NotHere(&'static str),
    /// It cannot be opened, and no key is to blame.
    Broken(String),
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl Stage {
    /// Keys and money go there: in production by https alone.
    pub(super) fn allows(self, key: &'static str, url: &str) -> Result<(), Fault> {
        if self == Self::Production && !url.starts_with("https://") {
            let why = "production speaks to others by https:// alone".to_owned();
            return Err(Fault::Wrong { key, why });
        }
        Ok(())
    }
}

impl Means {
    pub(super) fn call(&self, timeout_ms: u64) -> CallSettings {
        CallSettings {
            timeout: Duration::from_millis(timeout_ms),
            patience: self.patience,
            circuit: CircuitSettings::default(),
        }
    }
}

/// What may be left empty, and then is missing.
pub(super) trait Told {
    fn is_told(&self) -> bool;
}

impl Told for String {
    fn is_told(&self) -> bool {
        !self.is_empty()
    }
}

impl Told for SecretString {
    fn is_told(&self) -> bool {
        !self.expose_secret().is_empty()
    }
}

/// An empty secret among several would let everybody sign.
impl<T: Told> Told for Vec<T> {
    fn is_told(&self) -> bool {
        !self.is_empty() && self.iter().all(Told::is_told)
    }
}

pub(super) fn present(key: &'static str, value: &impl Told) -> Result<(), Fault> {
    if value.is_told() { Ok(()) } else { Err(Fault::Missing(key)) }
}

/// Reads a list, which the environment writes as a text with commas: `#[serde(deserialize_with = "listed")]`.
pub(super) fn listed<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    from.deserialize_any(Listed(PhantomData))
}

struct Listed<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Listed<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Vec<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(items))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<T>, E> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(|item| T::deserialize(item.into_deserializer())).collect()
    }
}
