//! Read images: those of a person, and private ones by links that expire.

use commerce::{Actor, Page, PageRequest, Stored, Timestamp};

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

    /// An address that opens a private image for a while, and the moment it stops.
    pub async fn private_link(
        &self,
        actor: &Actor,
        id: ImageId,
    ) -> Result<(String, Timestamp), MediaError> {
        let image = self.own(actor, id).await?.state;
        if image.visibility == Visibility::Public {
            return Err(MediaError::NotPrivate);
        }
        let ImageState::Stored { placed, .. } = &image.state else {
            return Err(MediaError::NoImage);
        };
        let now = self.env.now();
        let until = now.checked_add_signed(self.rules.private_for).unwrap_or(now);
        let store = self.stores.named(&image.store).map_err(MediaError::OutOfReach)?;
        let access = Access::Until { now, until };
        Ok((store.url(&image.place(), placed, Variant::Full, access), until))
    }
}
