//! What reviews need from the store.

use async_trait::async_trait;
use commerce::{Page, PageRequest, Repository, StoreError, Stored, Timestamp, UserId};

use super::Review;
use crate::{BookingId, ListingId};

/// What the visible reviews of a listing come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rating {
    pub count: u64,
    /// The sum of their stars.
    pub stars: u64,
}

/// A side writes one review of a booking: committing a second one is refused as taken,
/// `rent_reviews_booking_side_key`.
#[async_trait]
pub trait Reviews: Repository<Review> {
    /// The one or two reviews of a booking, visible or not.
    async fn reviews_of_booking(
        &self,
        booking: BookingId,
    ) -> Result<Vec<Stored<Review>>, StoreError>;

    /// What travellers wrote of a listing and everybody may see, newest first.
    async fn reviews_of_listing(
        &self,
        listing: ListingId,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Review>, StoreError>;

    async fn rating(&self, listing: ListingId, now: Timestamp) -> Result<Rating, StoreError>;

    /// What shops wrote of a traveller and shops may see, newest first.
    async fn reviews_of_traveller(
        &self,
        traveller: UserId,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Review>, StoreError>;
}
