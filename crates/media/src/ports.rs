//! Where the rows of images are kept.

use async_trait::async_trait;
use commerce::{Page, PageRequest, Repository, StoreError, Stored, Timestamp, UserId};

use crate::{Image, ImageId};

#[async_trait]
pub trait Images: Repository<Image> {
    /// Uploads whose time is over, the oldest first.
    async fn stale_uploads(&self, now: Timestamp, limit: u32) -> Result<Vec<ImageId>, StoreError>;

    /// Stored images that hang nowhere since before then, the longest first.
    async fn unused(&self, before: Timestamp, limit: u32) -> Result<Vec<ImageId>, StoreError>;

    /// How many images of a person are uploading, or stored and attached to nothing.
    async fn count_unused(&self, owner: UserId) -> Result<u64, StoreError>;

    /// The stored images of a person, the newest first.
    async fn images_of(
        &self,
        owner: UserId,
        page: PageRequest,
    ) -> Result<Page<Stored<Image>>, StoreError>;
}
