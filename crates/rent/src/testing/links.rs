//! Links to pictures, where none are kept.

use async_trait::async_trait;
use commerce::{
    StoreError,
    picture::{Holder, PictureId, PictureLink, PictureLinks},
};

use super::World;

/// Opens whatever is asked for, under an address that tells what was asked.
#[derive(Debug, Clone, Copy)]
pub struct Links;

#[async_trait]
impl PictureLinks for Links {
    async fn link(
        &self,
        picture: PictureId,
        holder: &Holder,
    ) -> Result<Option<PictureLink>, StoreError> {
        let url = format!("/{picture}/{}/{}", holder.kind, holder.id.simple());
        Ok(Some(PictureLink { url, expires_at: World::hour(1) }))
    }
}
