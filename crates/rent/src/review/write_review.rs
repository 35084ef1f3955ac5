//! Write a review of a rental that is over, while the window is open.

use commerce::{
    Actor, CommitError, Effects, Event, FieldError, Id, Once, Page, PageRequest, Role, Stored,
    Timestamp, UserId, Write,
};
use serde_json::json;

use super::{Rating, Review};
use crate::{Booking, BookingId, ListingId, Rent, RentError, Side};

#[derive(Debug, Clone)]
pub struct NewReview {
    pub booking: BookingId,
    pub stars: u8,
    pub text: String,
    pub once: Option<Once<Review>>,
}

const MAX_CHARS: usize = 4_000;

impl Rent {
    /// The second review makes both visible in the same commit, so neither side answers what it has read.
    pub async fn write_review(&self, actor: &Actor, new: &NewReview) -> Result<Review, RentError> {
        checked(new)?;
        let booking = self.booking(actor, new.booking).await?.state;
        let now = self.env.now();
        let closes = self.window(&booking, now)?;
        let by = if actor.user == booking.traveller { Side::Traveller } else { Side::Owner };
        if by == Side::Owner && actor.user != booking.owner {
            return Err(RentError::NoBooking);
        }
        let written = self.reviews.reviews_of_booking(booking.id).await?;
        if written.iter().any(|stored| stored.state.by == by) {
            return Err(RentError::ReviewedAlready);
        }
        let other = written.into_iter().next();
        let visible_from = if other.is_some() { now } else { closes };
        let review = self.review(&booking, by, new, (now, visible_from));
        let receipt = new.once.as_ref().map(|once| once.receipt(review.id.uuid(), &review));
        let told = told(&self.env, &booking, &review);
        let change = Write::new(review.clone()).with(Effects::none().tell(told).receipt(receipt));
        let change = match other {
            Some(other) => change.and(opened(&other, now)),
            None => change,
        };
        match self.reviews.commit(change).await {
            // The other side was writing at the same moment.
            Err(CommitError::Stale) => Err(RentError::Outdated),
            written => Ok(written.map(|()| review)?),
        }
    }

    /// Until when the booking may be reviewed.
    fn window(&self, booking: &Booking, now: Timestamp) -> Result<Timestamp, RentError> {
        let over = booking.returned.as_ref().ok_or(RentError::NotOver)?.at;
        let closes = over.checked_add_signed(self.rules.review_window).unwrap_or(over);
        if now < closes { Ok(closes) } else { Err(RentError::ReviewedTooLate) }
    }

    fn review(
        &self,
        booking: &Booking,
        by: Side,
        new: &NewReview,
        (written_at, visible_from): (Timestamp, Timestamp),
    ) -> Review {
        let (author, about) = match by {
            Side::Traveller => (booking.traveller, None),
            Side::Owner | Side::House => (booking.owner, Some(booking.traveller)),
        };
        Review {
            id: Id::new(&self.env),
            booking: booking.id,
            listing: booking.listing,
            shop: booking.shop,
            by,
            author,
            about,
            stars: new.stars,
            text: new.text.clone(),
            written_at,
            visible_from,
        }
    }

    /// What travellers say of a listing; for anyone.
    pub async fn listing_reviews(
        &self,
        listing: ListingId,
        page: PageRequest,
    ) -> Result<(Rating, Page<Review>), RentError> {
        let now = self.env.now();
        let rating = self.reviews.rating(listing, now).await?;
        Ok((rating, self.reviews.reviews_of_listing(listing, now, page).await?))
    }

    /// What shops say of a traveller; for shops, and for the traveller.
    pub async fn traveller_reviews(
        &self,
        actor: &Actor,
        traveller: UserId,
        page: PageRequest,
    ) -> Result<Page<Review>, RentError> {
        if actor.user != traveller && actor.role == Role::Customer {
            return Err(RentError::NotAKeeper);
        }
        Ok(self.reviews.reviews_of_traveller(traveller, self.env.now(), page).await?)
    }
}

fn opened(other: &Stored<Review>, now: Timestamp) -> Write<Review> {
    let visible_from = now.min(other.state.visible_from);
    other.becomes(Review { visible_from, ..other.state.clone() })
}

fn told(env: &commerce::Env, booking: &Booking, review: &Review) -> Event {
    let reader = if review.by == Side::Traveller { booking.owner } else { booking.traveller };
    let body = json!({"booking": booking.id.to_string(), "by": review.by.as_str()});
    Event::new(env, "review_written", review.id, body).to_user(reader)
}

fn checked(new: &NewReview) -> Result<(), RentError> {
    let mut faults = Vec::new();
    if !(1..=5).contains(&new.stars) {
        faults.push(FieldError::new("#/stars", "out_of_range", "it is 1 to 5"));
    }
    if new.text.chars().count() > MAX_CHARS {
        faults.push(FieldError::new("#/text", "too_long", "a review has at most 4000 letters"));
    }
    if faults.is_empty() { Ok(()) } else { Err(RentError::Invalid(faults)) }
}
