//! Private pictures that something holds: nobody swaps them, and links open them for what holds them.

use chrono::TimeDelta;
use commerce::{Failure, Kind, picture::PictureLinks};

use super::*;
use crate::{UnusedImages, testing::a_png};

fn booking() -> Holder {
    Holder { kind: "rent_booking".into(), id: Uuid::from_u128(78) }
}

async fn a_private_image(world: &World) -> ImageId {
    let new = NewImage { visibility: Visibility::Private, ..new(a_jpeg(64, 48)) };
    world.media.upload(&owner(), new, None).await.unwrap().state.id
}

#[tokio::test]
async fn evidence_stays_what_it_was_and_only_an_operator_removes_it() {
    let world = World::new();
    let id = a_private_image(&world).await;
    let later = world.media.replace(&owner(), id, new(a_png(30, 30)), None).await.unwrap().state.id;
    world.hang(later, Some(booking()));
    let kept = world.image(later);
    let operator = person(3, Role::Operator);

    let removed = world.media.remove(&owner(), later).await.unwrap_err();
    for actor in [owner(), operator] {
        let swapped = world.media.replace(&actor, later, new(a_png(9, 9)), None).await.unwrap_err();
        assert_eq!((swapped.code(), swapped.kind()), ("image_in_use", Kind::Conflict));
    }

    assert_eq!(removed.code(), "image_in_use");
    assert_eq!(world.image(later), kept);
    world.clock.clock.advance(TimeDelta::days(30));
    assert_eq!(UnusedImages(world.media.clone()).run().await.unwrap(), 0, "nor is it swept");
    world.media.remove(&operator, later).await.unwrap();
    assert!(world.image(later).is_leaving());
}

#[tokio::test]
async fn what_becomes_evidence_while_its_replacement_is_on_its_way_is_not_replaced() {
    let world = World::new();
    let old = a_private_image(&world).await;
    let (begun, upload) = world.media.begin(&owner(), new(a_png(30, 30))).await.unwrap();
    let arrived = world.media.place(&upload).await.unwrap();
    world.hang(old, Some(booking()));

    let refused = world.media.take_place(&owner(), old, begun.id, arrived, None).await;

    assert!(matches!(refused, Err(MediaError::Evidence)));
    assert!(world.image(old).is_stored());
    world.clock.clock.advance(TimeDelta::minutes(10));
    assert_eq!(world.sweep().await, 1, "what was to replace it is taken back");
}

#[tokio::test]
async fn a_link_to_evidence_is_for_what_holds_it() {
    let world = World::new();
    let (held, free) = (a_private_image(&world).await, a_private_image(&world).await);
    let open = world.upload().await.unwrap().state.id;
    world.hang(held, Some(booking()));
    world.hang(open, Some(booking()));
    let elsewhere = Holder { id: Uuid::from_u128(79), ..booking() };
    let link = async |id: ImageId, holder: Holder| {
        world.media.link(id.uuid().into(), &holder).await.unwrap()
    };

    let opened = link(held, booking()).await.unwrap();

    assert_eq!(opened, world.media.private_link(&owner(), held).await.unwrap());
    assert_eq!(link(held, elsewhere).await, None);
    assert_eq!(link(free, booking()).await, None);
    assert_eq!(link(open, booking()).await, None, "who has its address needs no link");
    world.media.remove(&person(3, Role::Operator), held).await.unwrap();
    assert_eq!(link(held, booking()).await, None);
}
