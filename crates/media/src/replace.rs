//! Replace a picture: the new one is stored first, then takes the old one's place in one commit. Evidence stays.

use commerce::{Actor, Effects, Once, Stored, Write, retrying};

use crate::{Image, ImageId, Media, MediaError, NewImage, Placed, View, events};

impl Media {
    /// Until the last commit the old one stands; after it the new one does, and the old one is on its way out.
    pub async fn replace(
        &self,
        actor: &Actor,
        old: ImageId,
        new: NewImage,
        once: Option<Once<Stored<Image>>>,
    ) -> Result<Stored<Image>, MediaError> {
        let kept = self.replaceable(actor, old).await?.state;
        // It shows the same to the same people.
        let new = NewImage { visibility: kept.visibility, ..new };
        let (begun, upload) = self.begin(actor, new).await?;
        let (placed, views) = self.place(&upload).await?;
        let arrived = (placed, views);
        retrying(|| self.take_place(actor, old, begun.id, arrived.clone(), once.as_ref())).await
    }

    /// Whoever asks: what became evidence, even while the new one was on its way, stays what it was.
    async fn replaceable(&self, actor: &Actor, id: ImageId) -> Result<Stored<Image>, MediaError> {
        let stored = self.own(actor, id).await?;
        if stored.state.is_evidence() { Err(MediaError::Evidence) } else { Ok(stored) }
    }

    pub(crate) async fn take_place(
        &self,
        actor: &Actor,
        old: ImageId,
        begun: ImageId,
        (placed, views): (Placed, Vec<View>),
        once: Option<&Once<Stored<Image>>>,
    ) -> Result<Stored<Image>, MediaError> {
        let old = self.replaceable(actor, old).await?;
        let current = self.images.find(begun).await?.ok_or(MediaError::TakenBack)?;
        let new = current.state.stored(&self.env, placed, views)?;
        let Image { owner, stem, holder, hung_at, .. } = old.state.clone();
        let new = Image { owner, stem, holder, hung_at, ..new };
        let leaving = old.state.clone().leaving(self.env.now());
        let effects = Effects::none()
            .tell(events::stored(&self.env, &new))
            .tell(events::replaced(&self.env, &old.state, &new))
            .tell(events::removal_due(&self.env, &leaving));
        let new = Stored { state: new, version: current.version.next() };
        let effects = effects.receipt(once.map(|once| once.receipt(begun.uuid(), &new)));
        let write = Write::over(current.version, new.state.clone());
        self.images.commit(write.with(effects).and(old.becomes(leaving))).await?;
        Ok(new)
    }
}
