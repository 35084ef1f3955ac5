//! What shops need from the store.

use async_trait::async_trait;
use commerce::{Repository, StoreError, Stored, UserId};

use super::RentShop;

#[async_trait]
pub trait Shops: Repository<RentShop> {
    /// The shops of an owner, oldest first.
    async fn shops_of(&self, owner: UserId) -> Result<Vec<Stored<RentShop>>, StoreError>;
}
