//! What payments need from the store.

use async_trait::async_trait;

use super::{Notice, Payment, PaymentId};
use crate::{Event, OrderId, Page, PageRequest, Repository, StoreError, Stored, Timestamp, UserId};

/// Which payments are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentFilter {
    pub buyer: Option<UserId>,
    pub order: Option<OrderId>,
}

#[async_trait]
pub trait Payments: Repository<Payment> {
    async fn by_provider_ref(
        &self,
        provider: &str,
        provider_ref: &str,
    ) -> Result<Option<Stored<Payment>>, StoreError>;

    /// Every payment of an order, oldest first.
    async fn of_order(&self, order: OrderId) -> Result<Vec<Stored<Payment>>, StoreError>;

    /// Newest first.
    async fn list_payments(
        &self,
        filter: PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Payment>>, StoreError>;

    /// Payments whose `check_at` has come, oldest first.
    async fn due_payments(&self, now: Timestamp, limit: u32) -> Result<Vec<PaymentId>, StoreError>;
}

/// How a provider's message was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    First,
    /// Seen before; nothing was written.
    Duplicate,
    /// The same event id with another body; kept aside for a person to look at.
    Quarantined,
}

/// Provider messages, each kept once by (provider, event id).
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Writes the notice and the event that lets the worker act on it, in one commit.
    async fn receive(&self, notice: &Notice, event: Event) -> Result<Reception, StoreError>;

    /// Sets a received notice aside: its amount, currency or reference is not ours.
    async fn quarantine(&self, provider: &str, event_id: &str, why: &str)
    -> Result<(), StoreError>;
}
