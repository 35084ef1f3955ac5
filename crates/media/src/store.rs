//! Where pictures are kept, as a port.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use commerce::{Timestamp, event::Trouble};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{ImageId, Rendition, Variant, Visibility};

/// The name a picture has in its store: made by us from its id, so it is known before the store is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Lower-case letters, digits, `-`, `_` and `/` only.
    pub key: String,
    pub visibility: Visibility,
}

impl Place {
    pub fn of(image: ImageId, visibility: Visibility) -> Self {
        Self { key: format!("images/{}", image.uuid().simple()), visibility }
    }
}

/// A picture on its way to its store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    pub place: Place,
    /// In the variants the store asked for.
    pub renditions: Vec<Rendition>,
}

/// What a store says of a picture it keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The store's own name for it, which never changes.
    pub reference: String,
    /// Counts the store's copies under one key.
    pub version: Option<i64>,
    /// The extension of its files: `jpg`.
    pub extension: String,
}

/// Where a picture can be seen in one size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub variant: Variant,
    pub url: String,
}

/// Who may follow an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone, for ever.
    Open,
    /// Whoever has it, until then.
    Until { now: Timestamp, until: Timestamp },
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreTrouble {
    /// May go better later; whether it was done is not known.
    #[error("{0}")]
    Passing(String),
    /// Will never go better.
    #[error("{0}")]
    Lasting(String),
}

impl From<StoreTrouble> for Trouble {
    fn from(trouble: StoreTrouble) -> Self {
        match trouble {
            StoreTrouble::Passing(error) => Self::Passing(error),
            StoreTrouble::Lasting(error) => Self::Lasting(error),
        }
    }
}

/// Keeps pictures. Every call may be made again: a second `put` writes over the first, a second `remove` finds nothing.
#[async_trait]
pub trait ImageStore: Send + Sync {
    /// Written down with each image, so that it is found again after another store became the current one.
    fn name(&self) -> &'static str;

    /// The variants it must be handed; it makes the others itself. [`Variant::Full`] is always one of them.
    fn needs(&self, visibility: Visibility) -> &'static [Variant];

    async fn put(&self, upload: &Upload) -> Result<Placed, StoreTrouble>;

    /// Fine as well when there is nothing.
    async fn remove(&self, place: &Place) -> Result<(), StoreTrouble>;

    /// The address of a picture in one size; asks nobody.
    fn url(&self, place: &Place, placed: &Placed, variant: Variant, access: Access) -> String;
}

/// The store that new pictures go to, and those where older ones are.
#[derive(Clone)]
pub struct Stores {
    current: Arc<dyn ImageStore>,
    by_name: BTreeMap<&'static str, Arc<dyn ImageStore>>,
}

impl Stores {
    pub fn new(current: Arc<dyn ImageStore>) -> Self {
        let by_name = BTreeMap::from([(current.name(), current.clone())]);
        Self { current, by_name }
    }

    /// Adds one that is only looked after; the current one keeps its name.
    pub fn and(mut self, older: Arc<dyn ImageStore>) -> Self {
        self.by_name.entry(older.name()).or_insert(older);
        self
    }

    pub fn current(&self) -> &Arc<dyn ImageStore> {
        &self.current
    }

    pub fn named(&self, name: &str) -> Result<&Arc<dyn ImageStore>, StoreTrouble> {
        let lost = || StoreTrouble::Passing(format!("the store `{name}` is not set up"));
        self.by_name.get(name).ok_or_else(lost)
    }
}
