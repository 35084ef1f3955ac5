//! The rules of reviews.

use chrono::TimeDelta;
use commerce::{Actor, Failure, PageRequest};

use super::*;
use crate::{
    NewRecord, RentError,
    testing::{World, owner, stranger, traveller},
};

/// A rental that is over.
async fn over() -> (World, BookingId, ListingId) {
    let world = World::new();
    let listing = world.publish(&world.open_shop().await, |new| new).await;
    let booking = world.confirmed(&traveller(1), &listing, World::span(24, 48)).await;
    let record = NewRecord {
        odometer_km: None,
        fuel_percent: None,
        photos: Vec::new(),
        note: String::new(),
    };
    let id = booking.state.id;
    world.clock.clock.set(World::hour(24));
    let out = world.rent.hand_over(&owner(), (id, booking.version), record.clone()).await.unwrap();
    world.clock.clock.set(World::hour(48));
    world.rent.take_back(&owner(), (id, out.version), record).await.unwrap();
    (world, id, listing.id)
}

async fn write(
    world: &World,
    actor: Actor,
    booking: BookingId,
    stars: u8,
) -> Result<Review, RentError> {
    let new = NewReview { booking, stars, text: "Fine.".into(), once: None };
    world.rent.write_review(&actor, &new).await
}

async fn shown(world: &World, listing: ListingId) -> (u64, usize) {
    let page = PageRequest { limit: 10, cursor: None };
    let (rating, page) = world.rent.listing_reviews(listing, page).await.unwrap();
    (rating.stars, page.data.len())
}

#[tokio::test]
async fn a_review_is_seen_when_both_have_written() {
    let (world, booking, listing) = over().await;

    write(&world, traveller(1), booking, 4).await.unwrap();
    assert_eq!(shown(&world, listing).await, (0, 0));
    write(&world, owner(), booking, 5).await.unwrap();

    assert_eq!(shown(&world, listing).await, (4, 1));
    let page = PageRequest { limit: 10, cursor: None };
    let about = world.rent.traveller_reviews(&stranger(), traveller(1).user, page).await.unwrap();
    assert_eq!(about.data.len(), 1);
}

#[tokio::test]
async fn a_review_is_seen_when_the_window_is_over() {
    let (world, booking, listing) = over().await;
    write(&world, traveller(1), booking, 2).await.unwrap();

    world.clock.clock.advance(TimeDelta::days(14));

    assert_eq!(shown(&world, listing).await, (2, 1));
    let late = write(&world, owner(), booking, 1).await.unwrap_err();
    assert_eq!(late.code(), "reviewed_too_late");
}

#[tokio::test]
async fn each_side_writes_once_and_nobody_else_does() {
    let (world, booking, _) = over().await;
    write(&world, traveller(1), booking, 4).await.unwrap();
    let code = async |actor, stars| write(&world, actor, booking, stars).await.unwrap_err().code();

    assert_eq!(code(traveller(1), 5).await, "reviewed_already");
    assert_eq!(code(traveller(2), 5).await, "no_booking");
    assert_eq!(code(owner(), 6).await, "invalid");
}

#[tokio::test]
async fn nobody_reviews_what_is_not_over() {
    let world = World::new();
    let listing = world.publish(&world.open_shop().await, |new| new).await;
    let booking = world.confirmed(&traveller(1), &listing, World::span(24, 48)).await.state;

    let early = write(&world, traveller(1), booking.id, 5).await.unwrap_err();

    assert_eq!(early.code(), "rental_not_over");
}
