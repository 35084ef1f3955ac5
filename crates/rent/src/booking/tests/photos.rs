//! Photos of records and charges: private, held by the booking, and seen by its sides alone.

use commerce::{
    Actor, CommitError, Failure, Kind, Money, Stored,
    picture::{HELD, Holder, PictureId, PictureState, PictureUrls, Pictures},
};
use serde_json::json;

use super::record;
use crate::{
    Booking, ChargeKind, NewCharge, NewRecord, Photo, Record, RentError,
    testing::{World, operator, owner, stranger, traveller},
};

const DAY: i64 = 24;

/// A booking that is paid for, when it can be handed over.
async fn confirmed() -> (World, Stored<Booking>) {
    let world = World::new();
    let listing = world.publish(&world.open_shop().await, |new| new).await;
    let booking = world.confirmed(&traveller(1), &listing, World::span(DAY, 2 * DAY)).await;
    world.clock.clock.set(World::hour(DAY));
    (world, booking)
}

async fn hand_over(
    world: &World,
    actor: &Actor,
    booking: &Stored<Booking>,
    photos: &[PictureId],
) -> Result<Stored<Booking>, RentError> {
    let record = NewRecord { photos: photos.to_vec(), ..record(100) };
    world.rent.hand_over(actor, (booking.state.id, booking.version), record).await
}

async fn take_back(
    world: &World,
    booking: &Stored<Booking>,
    photos: &[PictureId],
) -> Result<Stored<Booking>, RentError> {
    let record = NewRecord { photos: photos.to_vec(), ..record(200) };
    world.rent.take_back(&owner(), (booking.state.id, booking.version), record).await
}

async fn holder(world: &World, picture: PictureId) -> Option<Holder> {
    world.memory.pictures(&[picture], None).await.unwrap().remove(0).holder
}

fn told(error: &RentError) -> Vec<(String, String)> {
    error.fields().into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

#[tokio::test]
async fn a_booking_holds_what_its_records_and_charges_show() {
    let (world, booking) = confirmed().await;
    let [front, back, dent] = [(); 3].map(|()| world.a_photo(&owner()));

    let out = hand_over(&world, &owner(), &booking, &[front]).await.unwrap();
    let back_again = take_back(&world, &out, &[back]).await.unwrap();
    let id = booking.state.id;
    let charge = NewCharge {
        kind: ChargeKind::Damage,
        amount: Money::usd(1),
        reason: "a dent".into(),
        evidence: vec![dent],
    };
    let charged =
        world.rent.charge_deposit(&owner(), (id, back_again.version), charge).await.unwrap().state;

    assert_eq!(charged.handed_over.unwrap().photos, [Photo::Picture(front)]);
    assert_eq!(charged.returned.unwrap().photos, [Photo::Picture(back)]);
    assert_eq!(charged.charges[0].evidence, [Photo::Picture(dent)]);
    for picture in [front, back, dent] {
        assert_eq!(holder(&world, picture).await, Some(Holder::new("rent_booking", id)));
    }
}

#[tokio::test]
async fn every_photo_that_will_not_do_is_told_with_what_else_is_wrong() {
    let (world, booking) = confirmed().await;
    let good = world.a_photo(&owner());
    let public = world.a_picture(&owner(), PictureState::Open(PictureUrls::default()));
    let (theirs, late) = (world.a_photo(&stranger()), PictureState::Uploading);
    let late = world.a_picture(&owner(), late);
    let record = NewRecord {
        fuel_percent: Some(101),
        photos: vec![good, public, theirs, late, good],
        ..record(100)
    };
    let seen = (booking.state.id, booking.version);

    let refused = world.rent.hand_over(&owner(), seen, record).await.unwrap_err();

    assert_eq!(
        told(&refused),
        pairs(&[
            ("#/fuel_percent", "out_of_range"),
            ("#/photos/1", "picture_public"),
            ("#/photos/2", "unknown_picture"),
            ("#/photos/3", "picture_not_ready"),
            ("#/photos/4", "repeated"),
        ])
    );
    assert_eq!(holder(&world, good).await, None, "a refusal takes nothing");
    assert_eq!(world.stored(booking.state.id).await, booking);
}

#[tokio::test]
async fn a_photo_is_used_once_and_only_by_whoever_uploaded_it() {
    let (world, booking) = confirmed().await;
    let photo = world.a_photo(&owner());
    let out = hand_over(&world, &owner(), &booking, &[photo]).await.unwrap();

    let again = take_back(&world, &out, &[photo]).await.unwrap_err();
    let fresh = world.a_photo(&owner());
    let record = NewRecord { photos: vec![fresh], ..record(200) };
    let seen = (out.state.id, out.version);
    let by_the_house = world.rent.take_back(&operator(), seen, record).await.unwrap_err();

    assert_eq!(told(&again), pairs(&[("#/photos/0", "picture_in_use")]));
    assert_eq!(told(&by_the_house), pairs(&[("#/photos/0", "unknown_picture")]));
}

#[tokio::test]
async fn a_stranger_or_a_traveller_learns_nothing_of_photos() {
    let (world, booking) = confirmed().await;
    let photo = world.a_photo(&stranger());

    let refused = hand_over(&world, &stranger(), &booking, &[photo, photo]).await.unwrap_err();
    let own = hand_over(&world, &traveller(1), &booking, &[photo, photo]).await.unwrap_err();

    assert_eq!((refused.code(), own.code()), ("no_booking", "not_the_shop"));
}

#[test]
fn a_photo_that_goes_in_the_very_moment_is_told() {
    let gone = RentError::from(CommitError::Taken(HELD.to_owned()));

    assert_eq!((gone.code(), gone.kind()), ("picture_gone", Kind::Conflict));
}

#[tokio::test]
async fn whoever_may_read_a_booking_opens_its_photos_and_no_others() {
    let (world, booking) = confirmed().await;
    let (photo, other) = (world.a_photo(&owner()), world.a_photo(&owner()));
    let id = hand_over(&world, &owner(), &booking, &[photo]).await.unwrap().state.id;
    let link = async |actor: Actor, picture| world.rent.photo_link(&actor, id, picture).await;

    for actor in [traveller(1), owner(), operator()] {
        let opened = link(actor, photo).await.unwrap();
        assert_eq!(opened.url, format!("/{photo}/rent_booking/{}", id.uuid().simple()));
        assert_eq!(link(actor, other).await.unwrap_err().code(), "no_image");
    }
    for actor in [traveller(2), stranger()] {
        assert_eq!(link(actor, photo).await.unwrap_err().code(), "no_booking");
    }
}

#[test]
fn addresses_that_were_written_before_are_read_and_written_as_they_were() {
    let written = json!({
        "at": "2026-11-01T10:00:00Z", "odometer_km": 7, "fuel_percent": null, "note": "",
        "photos": [
            "/media/left-door.webp", "pic_019aa3c5d1f27c3e8a4b5c6d7e8f9012", "pic_zz", "",
        ],
    });

    let read: Record = serde_json::from_value(written.clone()).unwrap();

    let picture = "pic_019aa3c5d1f27c3e8a4b5c6d7e8f9012".parse().unwrap();
    let address = |url: &str| Photo::Address(url.to_owned());
    assert_eq!(
        read.photos,
        [address("/media/left-door.webp"), Photo::Picture(picture), address("pic_zz"), address("")]
    );
    assert_eq!(serde_json::to_value(read).unwrap(), written);
}
