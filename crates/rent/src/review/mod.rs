//! What the two sides of a rental say of each other, each without having read the other.

mod ports;
#[cfg(test)]
mod tests;
mod write_review;

pub use ports::{Rating, Reviews};
pub use write_review::NewReview;

use commerce::{Aggregate, Id, Tagged, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::{BookingId, ListingId, ShopId, Side};

pub type ReviewId = Id<Review>;

impl Tagged for Review {
    const PREFIX: &'static str = "rev";
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub id: ReviewId,
    pub booking: BookingId,
    pub listing: ListingId,
    pub shop: ShopId,
    /// The traveller reviews the vehicle and its shop, the owner the traveller.
    pub by: Side,
    pub author: UserId,
    /// The traveller a shop reviews; absent when the shop is reviewed.
    pub about: Option<UserId>,
    /// 1 to 5.
    pub stars: u8,
    pub text: String,
    pub written_at: Timestamp,
    /// When the other side has written too, or the window is over: from then on everybody sees it.
    pub visible_from: Timestamp,
}

impl Aggregate for Review {
    type Id = ReviewId;

    fn id(&self) -> ReviewId {
        self.id
    }
}

impl Review {
    pub fn is_visible(&self, now: Timestamp) -> bool {
        self.visible_from <= now
    }
}
