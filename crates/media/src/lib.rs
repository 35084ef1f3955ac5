//! Pictures: validated, re-encoded, stored through a port and attached to what they show.
//!
//! An image is a row before it is a file, and a file only as long as a row knows of it: it is written down as
//! uploading, put in the store, and written down as stored. Whatever breaks off in between is found by a sweep, and
//! every removal reaches the store through the outbox. Where it hangs is said in the commits of those who show it
//! (`commerce::picture`).

mod codec;
mod error;
mod events;
mod image;
mod ports;
mod read;
mod remove;
mod replace;
mod rules;
mod served;
mod store;
mod sweep;
mod upload;
mod variant;
mod workshop;

#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use commerce::{
    Env, Receipts,
    event::{Subscriber, Sweep},
};

pub use codec::{Format, Pixels, Rendition, Unfit};
pub use commerce::picture::Holder;
pub use error::MediaError;
pub use image::{Image, ImageId, ImageState, Visibility};
pub use ports::Images;
pub use remove::RemoveFromStore;
pub use rules::{Limits, Rules};
pub use served::{AskedFile, Pass, ServedFile, ServedFiles};
pub use store::{Access, ImageStore, Place, Placed, StoreTrouble, Stores, Upload, View};
pub use sweep::{StaleUploads, UnusedImages};
pub use upload::NewImage;
pub use variant::{Fit, Variant};
pub use workshop::Workshop;

/// The use cases of pictures, over whatever the ports are wired to.
#[derive(Clone)]
pub struct Media {
    pub images: Arc<dyn Images>,
    pub receipts: Arc<dyn Receipts>,
    pub stores: Stores,
    pub workshop: Workshop,
    pub env: Env,
    pub rules: Rules,
}

impl Media {
    /// Every row kept in one store, and the pictures in `stores`.
    pub fn over<S>(rows: Arc<S>, stores: Stores, env: Env, rules: Rules) -> Self
    where
        S: Images + Receipts + 'static,
    {
        let workshop = Workshop::new(rules.at_once);
        Self { images: rows.clone(), receipts: rows, stores, workshop, env, rules }
    }

    /// Everyone here who acts on events.
    pub fn subscribers(&self) -> Vec<Arc<dyn Subscriber>> {
        vec![Arc::new(RemoveFromStore(self.clone()))]
    }

    /// Everything here that is looked after from time to time.
    pub fn sweeps(&self) -> Vec<Arc<dyn Sweep>> {
        vec![Arc::new(StaleUploads(self.clone())), Arc::new(UnusedImages(self.clone()))]
    }
}
