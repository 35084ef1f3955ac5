//! What sellers need from the store.

use async_trait::async_trait;
use commerce::{Page, PageRequest, Repository, StoreError, Stored, Timestamp, UserId};
use uuid::Uuid;

use super::{Seller, SellerId};

/// Which sellers are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SellerFilter {
    /// `applied`, `approved`, `suspended` or `rejected`.
    pub state: Option<String>,
}

/// Committing a member who belongs to another seller is refused as taken: `market_members_member_key`.
#[async_trait]
pub trait SellerList: Repository<Seller> {
    /// The seller whose team a person is in.
    async fn seller_of(&self, user: UserId) -> Result<Option<Stored<Seller>>, StoreError>;

    /// Whether somebody was taken out of a seller's team at some time.
    async fn was_member(&self, user: UserId) -> Result<bool, StoreError>;

    /// Newest first.
    async fn list_sellers(
        &self,
        filter: SellerFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Seller>>, StoreError>;

    /// Those of them that may sell now.
    async fn selling(&self, sellers: &[Uuid]) -> Result<Vec<Uuid>, StoreError>;

    /// Sellers that may sell and whose payout has come, oldest first.
    async fn due_sellers(&self, now: Timestamp, limit: u32) -> Result<Vec<SellerId>, StoreError>;
}
