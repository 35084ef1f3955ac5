//! What bookings need from the store.

use async_trait::async_trait;
use commerce::{OrderId, Page, PageRequest, Repository, StoreError, Stored, Timestamp, UserId};

use super::{Booking, BookingId};
use crate::{ListingId, ShopId};

/// Which bookings are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BookingFilter {
    pub traveller: Option<UserId>,
    pub shop: Option<ShopId>,
    pub listing: Option<ListingId>,
    /// `held`, `confirmed`, `active`, `returned`, `completed`, `cancelled` or `expired`.
    pub state: Option<String>,
}

/// An order belongs to one booking: committing a second one is refused as taken, `rent_bookings_order_key`.
#[async_trait]
pub trait Bookings: Repository<Booking> {
    async fn booking_of_order(&self, order: OrderId)
    -> Result<Option<Stored<Booking>>, StoreError>;

    /// Newest first.
    async fn list_bookings(
        &self,
        filter: BookingFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Booking>>, StoreError>;

    /// How many bookings a traveller holds without having paid for them.
    async fn held_bookings(&self, traveller: UserId) -> Result<u64, StoreError>;

    /// Requests whose answer is overdue, oldest first.
    async fn unanswered(&self, now: Timestamp, limit: u32) -> Result<Vec<BookingId>, StoreError>;

    /// Bookings that were returned, or are confirmed and were never picked up, and whose return or end lies
    /// before `before`; oldest first.
    async fn to_complete(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookingId>, StoreError>;
}
