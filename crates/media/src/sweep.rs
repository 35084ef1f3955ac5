//! Takes back what was begun and never finished, and what nobody has used for long.

use std::time::Duration;

use async_trait::async_trait;
use commerce::{
    Effects, Timestamp,
    event::{Sweep, Trouble},
    retrying,
};

use crate::{Image, ImageId, ImageState, Media, MediaError, events};

/// Uploads that broke off: the row is found by its time, and the file, if there is one, by the row.
pub struct StaleUploads(pub Media);

#[async_trait]
impl Sweep for StaleUploads {
    fn name(&self) -> &'static str {
        "media.stale_uploads"
    }

    fn every(&self) -> Duration {
        self.0.rules.sweep_every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let media = &self.0;
        let now = media.env.now();
        let stale = media.images.stale_uploads(now, media.rules.batch).await;
        let is_stale =
            |image: &Image| matches!(image.state, ImageState::Uploading { until } if until <= now);
        Ok(media.take_back(stale.map_err(MediaError::from)?, now, is_stale).await?)
    }
}

/// Images that hang nowhere for longer than the rules allow, whether they never did or were taken off.
pub struct UnusedImages(pub Media);

#[async_trait]
impl Sweep for UnusedImages {
    fn name(&self) -> &'static str {
        "media.unused_images"
    }

    fn every(&self) -> Duration {
        self.0.rules.sweep_every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let media = &self.0;
        let now = media.env.now();
        let Some(before) = media.rules.unused_for.and_then(|age| now.checked_sub_signed(age))
        else {
            return Ok(0);
        };
        let unused = media.images.unused(before, media.rules.batch).await;
        let is_unused =
            |image: &Image| image.is_stored() && image.holder.is_none() && image.hung_at < before;
        Ok(media.take_back(unused.map_err(MediaError::from)?, now, is_unused).await?)
    }
}

impl Media {
    /// Those that are still so when they are looked at again.
    async fn take_back(
        &self,
        ids: Vec<ImageId>,
        now: Timestamp,
        still: impl Fn(&Image) -> bool,
    ) -> Result<usize, MediaError> {
        let mut taken: usize = 0;
        for id in ids {
            let done = retrying(|| self.take_one_back(id, now, &still)).await?;
            taken = taken.saturating_add(usize::from(done));
        }
        Ok(taken)
    }

    async fn take_one_back(
        &self,
        id: ImageId,
        now: Timestamp,
        still: &impl Fn(&Image) -> bool,
    ) -> Result<bool, MediaError> {
        let found = self.images.find(id).await?;
        let Some(stored) = found.filter(|stored| still(&stored.state)) else { return Ok(false) };
        let leaving = stored.state.clone().leaving(now);
        let told = Effects::none().tell(events::removal_due(&self.env, &leaving));
        self.images.commit(stored.becomes(leaving).with(told)).await?;
        Ok(true)
    }
}
