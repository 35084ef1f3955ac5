//! A store of pictures in memory.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;

use crate::{
    Access, ImageStore, Place, Placed, Rendition, StoreTrouble, Upload, Variant, Visibility,
};

/// What goes wrong with the next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShelfFault {
    /// Nothing is done.
    Refused,
    /// It is done, and nobody hears of it.
    Unheard,
    /// It is done, and the caller never hears anything.
    Silent,
}

#[derive(Clone, Default)]
pub struct Shelf(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    files: BTreeMap<String, Vec<Rendition>>,
    faults: VecDeque<ShelfFault>,
}

impl Shelf {
    pub fn next(&self, fault: ShelfFault) {
        self.kept().faults.push_back(fault);
    }

    /// The keys of everything that is kept.
    pub fn keys(&self) -> Vec<String> {
        self.kept().files.keys().cloned().collect()
    }

    pub fn renditions(&self, key: &str) -> Vec<Rendition> {
        self.kept().files.get(key).cloned().unwrap_or_default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }

    async fn meet(&self, act: impl FnOnce(&mut Kept)) -> Result<(), StoreTrouble> {
        let fault = self.kept().faults.pop_front();
        if fault != Some(ShelfFault::Refused) {
            act(&mut self.kept());
        }
        match fault {
            None => Ok(()),
            Some(ShelfFault::Silent) => std::future::pending().await,
            Some(_) => Err(StoreTrouble::Passing("the shelf fell over".into())),
        }
    }
}

#[async_trait]
impl ImageStore for Shelf {
    fn name(&self) -> &'static str {
        "shelf"
    }

    fn needs(&self, visibility: Visibility) -> &'static [Variant] {
        match visibility {
            Visibility::Public => &Variant::ALL,
            Visibility::Private => &[Variant::Full],
        }
    }

    async fn put(&self, upload: &Upload) -> Result<Placed, StoreTrouble> {
        let key = upload.place.key.clone();
        self.meet(|kept| drop(kept.files.insert(key, upload.renditions.clone()))).await?;
        let extension = upload.renditions[0].format.extension().to_owned();
        Ok(Placed { reference: upload.place.key.clone(), version: None, extension })
    }

    async fn remove(&self, place: &Place) -> Result<(), StoreTrouble> {
        self.meet(|kept| drop(kept.files.remove(&place.key))).await
    }

    fn url(&self, place: &Place, placed: &Placed, variant: Variant, access: Access) -> String {
        let open = format!(
            "https://shelf.example/{}/{}.{}",
            place.key,
            variant.as_str(),
            placed.extension
        );
        match access {
            Access::Open => open,
            Access::Until { until, .. } => format!("{open}?until={}", until.timestamp()),
        }
    }
}
