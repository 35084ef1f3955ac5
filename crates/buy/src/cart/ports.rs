//! What carts need from the store.

use async_trait::async_trait;
use commerce::{OrderId, Repository, StoreError, Stored, Timestamp, UserId};

use super::{Cart, Owner};

/// An owner has one active cart; committing a second one is refused as taken.
#[async_trait]
pub trait Carts: Repository<Cart> {
    async fn active_cart(&self, owner: &Owner) -> Result<Option<Stored<Cart>>, StoreError>;

    /// The order of the cart a user checked out last.
    async fn last_checkout(&self, user: UserId) -> Result<Option<OrderId>, StoreError>;

    /// Forgets guests' carts nobody touched since `before`, at most `limit`; returns how many.
    async fn forget_guest_carts(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
