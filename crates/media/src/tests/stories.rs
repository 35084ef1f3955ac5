//! Pictures come, hang, are replaced and go, and whatever breaks off leaves nothing behind.

use std::time::Duration;

use chrono::TimeDelta;
use commerce::{CommitError, Failure, Once, RequestKey, testing::Memory};

use super::*;
use crate::{
    Format, UnusedImages, Variant,
    testing::{ShelfFault, a_png, contract},
};

fn listing() -> Holder {
    Holder { kind: "rent_listing".into(), id: Uuid::from_u128(77) }
}

#[tokio::test]
async fn an_upload_is_kept_in_every_size_and_under_a_name_of_ours() {
    let world = World::new();

    let stored = world.upload().await.unwrap();

    let id = stored.state.id;
    let key = format!("images/{}", id.uuid().simple());
    assert_eq!(stored.state, world.image(id), "what is answered is what was written");
    assert_eq!(world.shelf.keys(), [key.as_str()]);
    let sizes: Vec<_> = world
        .shelf
        .renditions(&key)
        .iter()
        .map(|it| (it.variant, it.format, it.width, it.height))
        .collect();
    assert_eq!(
        sizes,
        [
            (Variant::Thumb, Format::Jpeg, 160, 160),
            (Variant::Card, Format::Jpeg, 400, 400),
            (Variant::Full, Format::Jpeg, 640, 480)
        ]
    );
    assert_eq!(stored.state.views()[1].url, format!("https://shelf.example/{key}/card.jpg"));
    assert_eq!(world.told(), ["image_uploading", "image_stored"]);
}

#[tokio::test]
async fn a_store_that_refuses_leaves_a_row_that_is_swept() {
    let world = World::new();
    world.shelf.next(ShelfFault::Refused);

    let refused = world.upload().await.unwrap_err();

    assert_eq!(refused.code(), "image_store_out_of_reach");
    let begun = world.uploading().id;
    assert_eq!(world.sweep().await, 0, "it may still be on its way");
    world.clock.clock.advance(TimeDelta::minutes(10));
    assert_eq!(world.sweep().await, 1);
    assert!(world.deliver().await);
    assert!(matches!(world.image(begun).state, ImageState::Removed { .. }));
}

#[tokio::test]
async fn a_file_whose_row_was_never_finished_is_removed_with_it() {
    let world = World::new();
    world.shelf.next(ShelfFault::Unheard);

    world.upload().await.unwrap_err();

    assert_eq!(world.shelf.keys().len(), 1, "the file is there, and nobody was told");
    world.clock.clock.advance(TimeDelta::minutes(10));
    assert_eq!(world.sweep().await, 1);
    assert!(world.deliver().await);
    assert_eq!(world.shelf.keys(), [""; 0]);
}

#[tokio::test]
async fn a_store_that_never_answers_is_given_up_before_the_sweep_comes() {
    let world = World::with(Rules { put_within: Duration::from_millis(20), ..Rules::default() });
    world.shelf.next(ShelfFault::Silent);

    let late = world.upload().await.unwrap_err();

    assert_eq!(late.code(), "image_store_out_of_reach");
    let rules = Rules::default();
    let window = rules.upload_window.to_std().unwrap();
    assert!(rules.put_within + Duration::from_mins(1) < window);
    world.clock.clock.advance(rules.upload_window);
    assert_eq!(world.sweep().await, 1);
}

#[tokio::test]
async fn an_upload_that_was_taken_back_does_not_return() {
    let world = World::new();
    let (begun, upload) = world.media.begin(&owner(), new(a_jpeg(20, 10))).await.unwrap();
    let (placed, views) = world.media.place(&upload).await.unwrap();
    world.clock.clock.advance(TimeDelta::minutes(10));
    world.sweep().await;

    let write = commerce::Write::over(
        commerce::Version(1),
        begun.clone().stored(&world.clock.env(), placed, views).unwrap(),
    );
    let late = world.media.commit_unless_taken_back(write.alone()).await;

    assert!(matches!(late, Err(MediaError::TakenBack)));
    assert!(world.deliver().await);
    assert_eq!(world.shelf.keys(), [""; 0]);
}

#[tokio::test]
async fn a_removed_image_is_out_of_sight_at_once_and_out_of_the_store_soon() {
    let world = World::new();
    let id = world.upload().await.unwrap().state.id;

    world.media.remove(&owner(), id).await.unwrap();

    assert!(matches!(world.media.own(&owner(), id).await, Err(MediaError::NoImage)));
    assert_eq!(world.shelf.keys().len(), 1);
    world.shelf.next(ShelfFault::Refused);
    assert!(!world.deliver().await, "the store is down");
    assert!(world.deliver().await, "and back");
    assert!(world.deliver().await, "a second telling is harmless");
    assert_eq!(world.shelf.keys(), [""; 0]);
    assert_eq!(world.told().iter().filter(|name| **name == "image_removed").count(), 1);
}

#[tokio::test]
async fn a_replacement_takes_the_place_of_the_old_one_in_one_commit() {
    let world = World::new();
    let old = world.upload().await.unwrap().state.id;
    world.hang(old, Some(listing()));

    let next = world.media.replace(&owner(), old, new(a_png(30, 30)), None).await.unwrap().state;

    assert_eq!(next.holder, Some(listing()));
    assert_eq!((next.stem, world.image(old).holder), (old, None));
    let again = world.media.replace(&owner(), next.id, new(a_png(20, 20)), None).await.unwrap();
    assert_eq!((again.state.holder, again.state.stem), (Some(listing()), old));
    assert_eq!(world.told().last(), Some(&"image_removal_due"));
    assert!(world.told().contains(&"image_replaced"));
    assert!(world.deliver().await);
    assert_eq!(world.shelf.keys(), [world.image(again.state.id).place().key]);
}

#[tokio::test]
async fn a_replacement_that_fails_leaves_the_old_one_where_it_was() {
    let world = World::new();
    let old = world.upload().await.unwrap().state;
    world.shelf.next(ShelfFault::Unheard);

    world.media.replace(&owner(), old.id, new(a_png(30, 30)), None).await.unwrap_err();

    assert_eq!(world.image(old.id), old);
    world.clock.clock.advance(TimeDelta::minutes(10));
    world.sweep().await;
    assert!(world.deliver().await);
    assert_eq!(world.shelf.keys(), [old.place().key]);
}

#[tokio::test]
async fn an_image_that_is_shown_is_removed_by_an_operator_alone_and_whoever_shows_it_is_told() {
    let world = World::new();
    let id = world.upload().await.unwrap().state.id;
    world.hang(id, Some(listing()));

    let own = world.media.remove(&owner(), id).await;
    world.media.remove(&person(3, Role::Operator), id).await.unwrap();

    assert!(matches!(own, Err(MediaError::InUse)));
    assert!(world.image(id).is_leaving());
    let books = world.memory.read();
    let told = books.events.iter().find(|event| event.name == "image_taken_down").unwrap();
    assert_eq!(told.body, serde_json::json!({"holder": listing()}));
}

#[tokio::test]
async fn a_strangers_image_is_no_image() {
    let world = World::new();
    let id = world.upload().await.unwrap().state.id;

    assert!(matches!(world.media.own(&stranger(), id).await, Err(MediaError::NoImage)));
    let replaced = world.media.replace(&stranger(), id, new(a_png(9, 9)), None).await;
    assert!(matches!(replaced, Err(MediaError::NoImage)));
    assert!(matches!(world.media.remove(&stranger(), id).await, Err(MediaError::NoImage)));
    assert!(world.media.own(&person(3, Role::Operator), id).await.is_ok());
}

#[tokio::test]
async fn a_private_image_has_no_address_but_one_that_expires() {
    let world = World::new();
    let new = NewImage { visibility: Visibility::Private, ..new(a_jpeg(640, 480)) };
    let image = world.media.upload(&owner(), new, None).await.unwrap().state;

    let link = world.media.private_link(&owner(), image.id).await.unwrap();

    assert_eq!(image.views(), []);
    assert_eq!(world.shelf.renditions(&image.place().key).len(), 1);
    assert_eq!(link.expires_at, world.clock.env().now() + TimeDelta::minutes(15));
    assert!(link.url.ends_with(&format!("?until={}", link.expires_at.timestamp())));
    let stranger = world.media.private_link(&stranger(), image.id).await;
    assert!(matches!(stranger, Err(MediaError::NoImage)));
}

#[tokio::test]
async fn nobody_hoards_images_that_hang_nowhere() {
    let world = World::with(Rules { most_unused: 2, ..Rules::default() });
    let first = world.upload().await.unwrap().state.id;
    world.upload().await.unwrap();

    let third = world.upload().await;

    assert!(matches!(third, Err(MediaError::TooManyUnused(2))));
    world.hang(first, Some(listing()));
    world.upload().await.unwrap();
}

#[tokio::test]
async fn images_nobody_used_go_where_the_rules_say_so() {
    let unused_for = Some(TimeDelta::days(1));
    let world = World::with(Rules { unused_for, ..Rules::default() });
    let used = world.upload().await.unwrap().state.id;
    let unused = world.upload().await.unwrap().state.id;
    let moved = world.upload().await.unwrap().state.id;
    world.hang(used, Some(listing()));
    world.hang(moved, Some(listing()));
    world.clock.clock.advance(TimeDelta::days(1) + TimeDelta::seconds(1));

    world.hang(moved, None);
    let sweep = async || UnusedImages(world.media.clone()).run().await.unwrap();

    let swept = sweep().await;

    assert_eq!(swept, 1);
    assert!(world.image(unused).is_leaving());
    assert!(world.image(used).is_stored());
    assert!(world.image(moved).is_stored(), "it was taken off a moment ago");
    world.clock.clock.advance(TimeDelta::days(1) + TimeDelta::seconds(1));
    assert_eq!(sweep().await, 1);
    assert!(world.image(moved).is_leaving());
}

#[tokio::test]
async fn the_same_request_keeps_one_image() {
    let world = World::new();
    let request =
        RequestKey { scope: "usr_1 upload".into(), key: "once".into(), hash: "00".into() };
    let answer = |_: &Stored<Image>| commerce::Answer {
        status: 201,
        headers: Vec::new(),
        body: String::new(),
    };
    let once = Once { request, answer };
    let upload =
        async || world.media.upload(&owner(), new(a_jpeg(20, 10)), Some(once.clone())).await;
    upload().await.unwrap();

    let again = upload().await;

    assert!(matches!(again, Err(MediaError::Commit(CommitError::AlreadyDone))));
    world.clock.clock.advance(TimeDelta::minutes(10));
    world.sweep().await;
    assert!(world.deliver().await);
    assert_eq!(world.shelf.keys().len(), 1, "the second file went with its row");
}

#[tokio::test]
async fn memory_keeps_the_promises_of_the_port() {
    let clock = TestEnv::new();

    contract(&Memory::default(), &clock.env(), &owner()).await;
}
