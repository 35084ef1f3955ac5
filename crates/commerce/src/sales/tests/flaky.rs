//! A store that fails now and then, before or after it has written.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    Aggregate, Change, CommitError, Event, Order, OrderId, Page, PageRequest, Payment, PaymentId,
    Repository, StoreError, Stored, Timestamp, UserId,
    order::{OrderFilter, Orders},
    payment::{Inbox, Notice, PaymentFilter, Payments, Reception},
    testing::Memory,
};

/// What goes wrong with the next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slip {
    /// We died before writing.
    Before,
    /// We died after writing.
    After,
    /// Somebody else was quicker.
    Stale,
}

#[derive(Clone, Default)]
pub struct Flaky {
    pub memory: Memory,
    pub slip: Arc<Mutex<Option<Slip>>>,
    /// What cannot be read, whoever asks.
    pub poisoned: Arc<Mutex<Option<Uuid>>>,
}

fn died() -> StoreError {
    StoreError::new("died")
}

#[async_trait]
impl<T: Aggregate> Repository<T> for Flaky {
    /// Lets others come in between reading and deciding.
    async fn find(&self, id: T::Id) -> Result<Option<Stored<T>>, StoreError> {
        if *self.poisoned.lock().unwrap() == Some(id.into()) {
            return Err(StoreError::new("it cannot be read"));
        }
        let found = self.memory.find(id).await;
        tokio::task::yield_now().await;
        found
    }

    async fn commit(&self, change: Change<T>) -> Result<(), CommitError> {
        let slip = self.slip.lock().unwrap().take();
        match slip {
            Some(Slip::Before) => Err(died().into()),
            Some(Slip::Stale) => Err(CommitError::Stale),
            Some(Slip::After) => {
                self.memory.commit(change).await?;
                Err(died().into())
            }
            None => self.memory.commit(change).await,
        }
    }
}

#[async_trait]
impl Orders for Flaky {
    async fn list_orders(
        &self,
        filter: OrderFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Order>>, StoreError> {
        self.memory.list_orders(filter, page).await
    }

    async fn expired_orders(&self, now: Timestamp, limit: u32) -> Result<Vec<OrderId>, StoreError> {
        self.memory.expired_orders(now, limit).await
    }

    async fn open_orders(&self, buyer: UserId) -> Result<u64, StoreError> {
        self.memory.open_orders(buyer).await
    }
}

#[async_trait]
impl Payments for Flaky {
    async fn by_provider_ref(
        &self,
        provider: &str,
        provider_ref: &str,
    ) -> Result<Option<Stored<Payment>>, StoreError> {
        self.memory.by_provider_ref(provider, provider_ref).await
    }

    async fn of_order(&self, order: OrderId) -> Result<Vec<Stored<Payment>>, StoreError> {
        let found = self.memory.of_order(order).await;
        tokio::task::yield_now().await;
        found
    }

    async fn list_payments(
        &self,
        filter: PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Payment>>, StoreError> {
        self.memory.list_payments(filter, page).await
    }

    async fn due_payments(&self, now: Timestamp, limit: u32) -> Result<Vec<PaymentId>, StoreError> {
        self.memory.due_payments(now, limit).await
    }
}

#[async_trait]
impl Inbox for Flaky {
    async fn receive(&self, notice: &Notice, event: Event) -> Result<Reception, StoreError> {
        self.memory.receive(notice, event).await
    }

    async fn quarantine(
        &self,
        provider: &str,
        event_id: &str,
        why: &str,
    ) -> Result<(), StoreError> {
        self.memory.quarantine(provider, event_id, why).await
    }
}
