//! What reading orders needs from the store.

use async_trait::async_trait;

use super::{Order, OrderId};
use crate::{Page, PageRequest, Repository, StoreError, Stored, Timestamp, UserId};

/// Which orders are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    pub buyer: Option<UserId>,
    /// `pending`, `paid` or `cancelled`.
    pub state: Option<String>,
    /// Only orders whose buyer asked for cancellation and got no answer yet.
    pub cancellation_requested: bool,
}

#[async_trait]
pub trait Orders: Repository<Order> {
    /// Newest first.
    async fn list_orders(
        &self,
        filter: OrderFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Order>>, StoreError>;

    /// Pending orders whose time ran out before `now`, oldest first.
    async fn expired_orders(&self, now: Timestamp, limit: u32) -> Result<Vec<OrderId>, StoreError>;

    /// How many orders of a buyer wait for payment.
    async fn open_orders(&self, buyer: UserId) -> Result<u64, StoreError>;
}
