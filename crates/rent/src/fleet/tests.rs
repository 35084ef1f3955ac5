//! The rules of listings.

use commerce::{Actor, Failure, Version};

use super::*;
use crate::{
    RentError,
    testing::{World, a_car, a_scooter, new_listing, operator, owner, rates, stranger},
};

fn pointers(error: &RentError) -> Vec<String> {
    error.fields().into_iter().map(|field| field.pointer).collect()
}

#[tokio::test]
async fn every_fault_of_a_vehicle_is_told_at_once() {
    let world = World::new();
    let shop = world.open_shop().await;
    let scooter = Scooter {
        make: " ".into(),
        fuel: Fuel::Electric,
        range_km: Some(0),
        helmets: 9,
        minimum_age: 3,
        ..a_scooter()
    };
    let rates = Rates { hour_minor: Some(0), day_minor: None, min_minutes: 0, ..rates() };
    let new = NewListing {
        title: String::new(),
        vehicle: Vehicle::Scooter(scooter),
        rates: Some(rates),
        units: vec!["A".into(), "A".into()],
        ..new_listing(shop.id)
    };

    let error = world.rent.create_listing(&owner(), new, None).await.unwrap_err();

    assert_eq!(
        pointers(&error),
        [
            "#/title",
            "#/make",
            "#/engine_cc",
            "#/range_km",
            "#/helmets",
            "#/minimum_age",
            "#/rates/hour_minor",
            "#/rates/max_minutes",
            "#/units/1",
        ]
    );
}

#[tokio::test]
async fn an_amount_nobody_could_pay_is_refused() {
    let world = World::new();
    let shop = world.open_shop().await;
    let rates =
        Rates { day_minor: None, hour_minor: Some(i64::MAX), deposit_minor: i64::MAX, ..rates() };

    let new = NewListing { rates: Some(rates), ..new_listing(shop.id) };
    let error = world.rent.create_listing(&owner(), new, None).await.unwrap_err();

    assert_eq!(pointers(&error), ["#/rates/hour_minor", "#/rates/deposit_minor"]);
}

#[tokio::test]
async fn publishing_needs_a_price_a_description_an_image_and_a_unit() {
    let world = World::new();
    let shop = world.open_shop().await;
    let new = NewListing {
        description: " ".into(),
        rates: None,
        units: Vec::new(),
        images: Vec::new(),
        ..new_listing(shop.id)
    };
    let draft = world.rent.create_listing(&owner(), new, None).await.unwrap();

    let error = world.rent.publish_listing(&owner(), draft.state.id, draft.version).await;

    let needed = ["#/rates", "#/description", "#/images", "#/units"];
    assert_eq!(pointers(&error.unwrap_err()), needed);
}

#[tokio::test]
async fn only_published_listings_are_seen_by_strangers() {
    let world = World::new();
    let shop = world.open_shop().await;
    let made = world.rent.create_listing(&owner(), new_listing(shop.id), None).await.unwrap();
    let id = made.state.id;
    let seen =
        async |actor: Option<Actor>| world.rent.read_listing(actor.as_ref(), id).await.is_ok();

    assert!(!seen(None).await && !seen(Some(stranger())).await);
    assert!(seen(Some(owner())).await && seen(Some(operator())).await);

    let published = world.rent.publish_listing(&owner(), id, made.version).await.unwrap();
    assert!(seen(None).await);

    let paused = world.rent.pause_listing(&owner(), id, published.version).await.unwrap();
    assert!(!seen(None).await);
    let retired = world.rent.retire_listing(&owner(), id, paused.version).await.unwrap();
    let again = world.rent.publish_listing(&owner(), id, retired.version).await;
    assert_eq!(again.unwrap_err().code(), "vehicle_retired");
}

#[tokio::test]
async fn a_published_listing_keeps_what_it_needs() {
    let world = World::new();
    let listing = world.publish(&world.open_shop().await, |new| new).await;

    let picture = (listing.id, listing.images[0].id);
    let bare = world.rent.remove_listing_image(&owner(), picture, Version(2)).await;

    assert_eq!(pointers(&bare.unwrap_err()), ["#/images"]);
}

#[tokio::test]
async fn a_vehicle_stays_of_its_kind() {
    let world = World::new();
    let listing = world.publish(&world.open_shop().await, |new| new).await;
    let edit = |vehicle| ListingEdit { vehicle: Some(vehicle), ..ListingEdit::default() };
    let change =
        async |seen, edit| world.rent.edit_listing(&owner(), listing.id, Version(seen), edit).await;

    let other = change(2, edit(Vehicle::Scooter(a_scooter()))).await;
    let same = change(2, edit(Vehicle::Car(Car { odometer_km: 22_000, ..a_car() }))).await;

    assert_eq!(other.unwrap_err().code(), "other_kind");
    assert_eq!(same.unwrap().version, Version(3));
}

#[tokio::test]
async fn a_shop_of_another_is_no_place_to_list() {
    let world = World::new();
    let shop = world.open_shop().await;

    let error = world.rent.create_listing(&stranger(), new_listing(shop.id), None).await;

    assert_eq!(pointers(&error.unwrap_err()), ["#/shop"]);
}

#[test]
fn features_follow_from_the_vehicle() {
    let bicycle = Bicycle {
        make: "Hero".into(),
        model: "Sprint".into(),
        frame_cm: 54,
        gears: 21,
        electric: true,
        helmets: 1,
        minimum_age: 12,
    };
    let bicycle = Vehicle::Bike(Bike::Bicycle(bicycle));

    let features = bicycle.features();

    assert_eq!(
        features,
        [Feature::Bicycle, Feature::Electric, Feature::Helmet, Feature::NoLicence]
    );
    assert!(bicycle.faults().is_empty());
    assert_eq!(Vehicle::Car(a_car()).features(), [Feature::AirConditioning]);
}
