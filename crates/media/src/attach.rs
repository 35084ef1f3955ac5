//! Attach a picture to what it shows, and take it off again.

use commerce::{Actor, Effects, Stored, retrying};

use crate::{Holder, Image, ImageId, Media, MediaError};

impl Media {
    /// Whether the actor may hang pictures there, the holder's own mode has judged; here only the picture's owner counts.
    pub async fn attach(
        &self,
        actor: &Actor,
        id: ImageId,
        holder: Holder,
    ) -> Result<Stored<Image>, MediaError> {
        self.change_own(actor, id, |image| image.held_by(holder.clone())).await
    }

    /// Fine as well when it hangs nowhere.
    pub async fn detach(&self, actor: &Actor, id: ImageId) -> Result<Stored<Image>, MediaError> {
        self.change_own(actor, id, |image| Ok(Image { holder: None, ..image })).await
    }

    async fn change_own(
        &self,
        actor: &Actor,
        id: ImageId,
        change: impl Fn(Image) -> Result<Image, MediaError>,
    ) -> Result<Stored<Image>, MediaError> {
        retrying(|| async {
            let stored = self.own(actor, id).await?;
            let changed = change(stored.state.clone())?;
            if changed == stored.state {
                return Ok(stored);
            }
            let write = stored.becomes(changed.clone());
            self.images.commit(write.with(Effects::none())).await?;
            Ok(Stored { state: changed, version: stored.version.next() })
        })
        .await
    }
}
