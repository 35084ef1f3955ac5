//! Links to private pictures, for those who may see what holds them.

use async_trait::async_trait;

use super::{Holder, PictureId};
use crate::{StoreError, Timestamp};

/// An address that opens a private picture for whoever has it, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureLink {
    pub url: String,
    pub expires_at: Timestamp,
}

/// Opens private pictures. Who may ask is for the holder to say; it is not asked here.
#[async_trait]
pub trait PictureLinks: Send + Sync {
    /// Nothing unless it is there, private, and held by this holder.
    async fn link(
        &self,
        picture: PictureId,
        holder: &Holder,
    ) -> Result<Option<PictureLink>, StoreError>;
}

/// A house that keeps no pictures has none to open.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLinks;

#[async_trait]
impl PictureLinks for NoLinks {
    async fn link(&self, _: PictureId, _: &Holder) -> Result<Option<PictureLink>, StoreError> {
        Ok(None)
    }
}
