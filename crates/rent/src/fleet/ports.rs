//! What listings need from the store.

use async_trait::async_trait;
use commerce::{Page, PageRequest, Repository, StoreError, Timestamp};

use super::{Kind, Listing, ListingId};
use crate::ShopId;

#[async_trait]
pub trait Listings: Repository<Listing> {
    /// The listings of a shop of a status, or of any, as their keepers see them; newest first.
    async fn kept_listings(
        &self,
        shop: ShopId,
        status: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<KeptListing>, StoreError>;
}

/// A listing as a list for its keepers shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptListing {
    pub id: ListingId,
    pub kind: Kind,
    pub title: String,
    pub status: String,
    pub units: u32,
    pub updated_at: Timestamp,
}
