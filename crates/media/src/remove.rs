//! Remove a picture: it is out of sight with the commit, and out of its store when the outbox has been there.

use async_trait::async_trait;
use commerce::{
    Actor, Effects, Role,
    event::{Delivery, Subscriber, Trouble},
    retrying, update,
};

use crate::{ImageId, ImageState, Media, MediaError, events};

impl Media {
    /// Whoever shows it takes it off first; an operator takes it down from there, and they are told. Evidence is
    /// never let go, so only an operator removes it.
    pub async fn remove(&self, actor: &Actor, id: ImageId) -> Result<(), MediaError> {
        retrying(|| async {
            let stored = self.own(actor, id).await?;
            let hangs = stored.state.holder.is_some();
            if hangs && actor.role != Role::Operator {
                let evidence = stored.state.is_evidence();
                return Err(if evidence { MediaError::Evidence } else { MediaError::InUse });
            }
            let leaving = stored.state.clone().leaving(self.env.now());
            let mut told = Effects::none().tell(events::removal_due(&self.env, &leaving));
            if hangs {
                told = told.tell(events::taken_down(&self.env, &stored.state));
            }
            Ok(self.images.commit(stored.becomes(leaving).with(told)).await?)
        })
        .await
    }

    /// Asks the store to let go of what is on its way out; fine to do twice.
    async fn remove_from_store(&self, id: ImageId) -> Result<(), Trouble> {
        let found = self.images.find(id).await.map_err(MediaError::from)?;
        let Some(image) = found.map(|stored| stored.state) else { return Ok(()) };
        let ImageState::Removing { .. } = image.state else { return Ok(()) };
        self.stores.named(&image.store)?.remove(&image.place()).await?;
        let gone = update(&*self.images, id, |image| {
            let told = match image.state {
                ImageState::Removed { .. } => Effects::none(),
                _ => Effects::none().tell(events::removed(&self.env, id)),
            };
            Ok::<_, MediaError>((image.gone(self.env.now()), told))
        });
        gone.await?;
        Ok(())
    }
}

pub struct RemoveFromStore(pub Media);

#[async_trait]
impl Subscriber for RemoveFromStore {
    fn name(&self) -> &'static str {
        "media.remove_from_store"
    }

    fn events(&self) -> &'static [&'static str] {
        &[events::REMOVAL_DUE]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        self.0.remove_from_store(delivery.subject.into()).await
    }
}

impl From<MediaError> for Trouble {
    fn from(error: MediaError) -> Self {
        Self::Passing(error.to_string())
    }
}
