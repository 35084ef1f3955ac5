//! Upload a picture: written down as uploading, put in the store, written down as stored.

use commerce::{Actor, Change, CommitError, Effects, Once, Stored, Version, Write};
use tracing::warn;

use crate::{
    Access, Image, ImageId, ImageState, ImageStore, Media, MediaError, Place, Placed, Rendition,
    StoreTrouble, Upload, Variant, View, Visibility, events,
};

const LONGEST_ALT: usize = 300;

/// A file as it came, with what its sender says about it. A name and a type are not asked for: ours are made.
#[derive(Debug, Clone)]
pub struct NewImage {
    pub bytes: Vec<u8>,
    pub alt: String,
    pub visibility: Visibility,
}

impl Media {
    /// Whatever breaks off leaves a row that says `uploading`, and [`crate::StaleUploads`] takes it back with its file.
    pub async fn upload(
        &self,
        actor: &Actor,
        new: NewImage,
        once: Option<Once<Stored<Image>>>,
    ) -> Result<Stored<Image>, MediaError> {
        let unused = self.images.count_unused(actor.user).await?;
        if unused >= self.rules.most_unused {
            return Err(MediaError::TooManyUnused(unused));
        }
        let (begun, upload) = self.begin(actor, new).await?;
        let (placed, views) = self.place(&upload).await?;
        self.finish(begun, placed, views, once).await
    }

    /// Proves that it is a picture, and writes down that it is on its way.
    pub(crate) async fn begin(
        &self,
        actor: &Actor,
        new: NewImage,
    ) -> Result<(Image, Upload), MediaError> {
        let alt = new.alt.trim().to_owned();
        if alt.chars().count() > LONGEST_ALT {
            return Err(MediaError::AltTooLong(LONGEST_ALT));
        }
        let store = self.stores.current();
        let variants = store.needs(new.visibility);
        let renditions = self.workshop.renew(new.bytes, self.rules.limits, variants).await?;
        let (width, height) = largest(&renditions);
        let now = self.env.now();
        let until = now.checked_add_signed(self.rules.upload_window).unwrap_or(now);
        let id = ImageId::new(&self.env);
        let image = Image {
            id,
            owner: actor.user,
            alt,
            visibility: new.visibility,
            store: store.name().to_owned(),
            width,
            height,
            stem: id,
            holder: None,
            hung_at: now,
            state: ImageState::Uploading { until },
            created_at: now,
        };
        let told = Effects::none().tell(events::uploading(&self.env, &image));
        self.images.commit(Write::new(image.clone()).with(told)).await?;
        let upload = Upload { place: image.place(), renditions };
        Ok((image, upload))
    }

    /// Puts it in the current store, within the time that leaves nothing on its way when the sweep comes.
    pub(crate) async fn place(&self, upload: &Upload) -> Result<(Placed, Vec<View>), MediaError> {
        let store = self.stores.current();
        let put = tokio::time::timeout(self.rules.put_within, store.put(upload));
        let late = |_| StoreTrouble::Passing("the store took too long".into());
        let placed = put.await.map_err(late).flatten().map_err(|trouble| {
            warn!(store = store.name(), key = %upload.place.key, %trouble, "an upload failed");
            MediaError::OutOfReach(trouble)
        })?;
        let views = views(&**store, &upload.place, &placed);
        Ok((placed, views))
    }

    async fn finish(
        &self,
        begun: Image,
        placed: Placed,
        views: Vec<View>,
        once: Option<Once<Stored<Image>>>,
    ) -> Result<Stored<Image>, MediaError> {
        let state = begun.stored(&self.env, placed, views)?;
        let stored = Stored { state, version: Version(2) };
        let receipt = once.map(|once| once.receipt(stored.state.id.uuid(), &stored));
        let told = events::stored(&self.env, &stored.state);
        let effects = Effects::none().tell(told).receipt(receipt);
        let write = Write::over(Version(1), stored.state.clone());
        self.commit_unless_taken_back(write.with(effects)).await?;
        Ok(stored)
    }

    /// The only other writer of an image on its way is the sweep that takes it back.
    pub(crate) async fn commit_unless_taken_back(
        &self,
        change: Change<Image>,
    ) -> Result<(), MediaError> {
        match self.images.commit(change).await {
            Err(CommitError::Stale) => Err(MediaError::TakenBack),
            done => Ok(done?),
        }
    }
}

/// Private images have no address that lasts.
fn views(store: &dyn ImageStore, place: &Place, placed: &Placed) -> Vec<View> {
    match place.visibility {
        Visibility::Private => Vec::new(),
        Visibility::Public => Variant::ALL
            .into_iter()
            .map(|variant| View { variant, url: store.url(place, placed, variant, Access::Open) })
            .collect(),
    }
}

fn largest(renditions: &[Rendition]) -> (u32, u32) {
    let full = renditions.iter().find(|rendition| rendition.variant == Variant::Full);
    full.map(|full| (full.width, full.height)).unwrap_or_default()
}
