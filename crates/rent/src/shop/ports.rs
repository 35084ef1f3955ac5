//! What shops need from the store.

use async_trait::async_trait;
use commerce::{Repository, StoreError, Stored, UserId};
use uuid::Uuid;

use super::RentShop;

#[async_trait]
pub trait Shops: Repository<RentShop> {
    /// The shops of an owner, oldest first.
    async fn shops_of(&self, owner: UserId) -> Result<Vec<Stored<RentShop>>, StoreError>;

    /// The shops that lend for a seller, oldest first.
    async fn shops_of_seller(&self, seller: Uuid) -> Result<Vec<Stored<RentShop>>, StoreError>;
}
