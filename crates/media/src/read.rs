//! Read images: those of a person, and private ones by links that expire.

use async_trait::async_trait;
use commerce::{
    Actor, Page, PageRequest, StoreError, Stored,
    picture::{Holder, PictureId, PictureLink, PictureLinks},
};

use crate::{Access, Image, ImageId, ImageState, Media, MediaError, Variant, Visibility};

impl Media {
    /// A stored image, for its owner and for operators.
    pub async fn own(&self, actor: &Actor, id: ImageId) -> Result<Stored<Image>, MediaError> {
        let stored = self.images.find(id).await?.ok_or(MediaError::NoImage)?;
        let seen = stored.state.is_stored() && actor.may_see(stored.state.owner);
        if seen { Ok(stored) } else { Err(MediaError::NoImage) }
    }

    pub async fn images_of(
        &self,
        actor: &Actor,
        page: PageRequest,
    ) -> Result<Page<Stored<Image>>, MediaError> {
        Ok(self.images.images_of(actor.user, page).await?)
    }

    /// An address that opens a private image for a while.
    pub async fn private_link(
        &self,
        actor: &Actor,
        id: ImageId,
    ) -> Result<PictureLink, MediaError> {
        let image = self.own(actor, id).await?.state;
        match image.visibility {
            Visibility::Private => self.link_to(&image),
            Visibility::Public => Err(MediaError::NotPrivate),
        }
    }

    fn link_to(&self, image: &Image) -> Result<PictureLink, MediaError> {
        let ImageState::Stored { placed, .. } = &image.state else {
            return Err(MediaError::NoImage);
        };
        let now = self.env.now();
        let until = now.checked_add_signed(self.rules.private_for).unwrap_or(now);
        let store = self.stores.named(&image.store).map_err(MediaError::OutOfReach)?;
        let access = Access::Until { now, until };
        let url = store.url(&image.place(), placed, Variant::Full, access);
        Ok(PictureLink { url, expires_at: until })
    }
}

#[async_trait]
impl PictureLinks for Media {
    async fn link(
        &self,
        picture: PictureId,
        holder: &Holder,
    ) -> Result<Option<PictureLink>, StoreError> {
        let found = self.images.find(picture.uuid().into()).await?.map(|stored| stored.state);
        let held = |image: &Image| image.is_evidence() && image.holder.as_ref() == Some(holder);
        found.filter(held).map(|image| self.link_to(&image)).transpose().map_err(StoreError::new)
    }
}
