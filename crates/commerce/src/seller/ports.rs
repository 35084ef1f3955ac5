//! What the core asks of whoever keeps the sellers, and of the books about them.

use async_trait::async_trait;
use uuid::Uuid;

use super::Commission;
use crate::{Currency, Money, PaymentId, StoreError, Timestamp, UserId};

/// On whose behalf a person keeps things on sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// The shop's own, as its staff.
    Shop,
    Seller(Uuid),
    /// A seller's, who may not sell now.
    Barred,
}

/// Something of a seller's that is about to be sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnSale {
    pub seller: Uuid,
    pub product: Uuid,
    /// The category it stands in and those above it, the nearest first.
    pub categories: Vec<Uuid>,
    /// What the customer pays for the goods, without tax added and shipping.
    pub price: Money,
}

/// On what terms something is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terms {
    Commission(Commission),
    /// Its seller may not sell now.
    Barred,
}

/// Who sells here beside the shop itself.
#[async_trait]
pub trait Sellers: Send + Sync {
    async fn keeps_for(&self, user: UserId) -> Result<Keeping, StoreError>;

    async fn may_sell(&self, seller: Uuid) -> Result<bool, StoreError>;

    /// The terms of each thing, in their order.
    async fn terms(&self, things: &[OnSale]) -> Result<Vec<Terms>, StoreError>;
}

/// A shop that sells for nobody but itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSellers;

#[async_trait]
impl Sellers for NoSellers {
    async fn keeps_for(&self, _: UserId) -> Result<Keeping, StoreError> {
        Ok(Keeping::Shop)
    }

    async fn may_sell(&self, _: Uuid) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn terms(&self, things: &[OnSale]) -> Result<Vec<Terms>, StoreError> {
        Ok(things.iter().map(|_| Terms::Barred).collect())
    }
}

/// What the books say a seller may have and owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub seller: Uuid,
    pub payable: Money,
    pub receivable: Money,
}

/// Reading about sellers' money.
#[async_trait]
pub trait SellerBooks: Send + Sync {
    /// One for each seller that was ever paid for or owed anything in the currency.
    async fn standings(
        &self,
        sellers: &[Uuid],
        currency: Currency,
    ) -> Result<Vec<Standing>, StoreError>;

    /// Payments whose sellers earned before `before` and still wait for it, oldest first; none that is disputed.
    async fn unreleased(&self, before: Timestamp, limit: u32)
    -> Result<Vec<PaymentId>, StoreError>;
}
