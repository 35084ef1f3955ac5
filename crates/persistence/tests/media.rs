//! What pictures are promised by their store of rows, on both engines.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world stops")]

mod support;

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::{
    Actor, Env, Role, SessionId, UserId, Version, Write,
    event::{Outbox, Outcome, Subscriber, Sweep},
    testing::assert_repository,
};
use media::{
    Holder, Image, ImageId, ImageState, Media, NewImage, Placed, RemoveFromStore, Rules,
    StaleUploads, Stores, Variant, View, Visibility,
    testing::{Shelf, ShelfFault, a_jpeg, contract},
};
use persistence::{Db, Subscriptions, testing::TestDb};
use support::{env_of, still_env};

const TOLD: &str = "media.remove_from_store";

fn somebody(env: &Env) -> Actor {
    Actor { user: UserId::new(env), session: SessionId::new(env), role: Role::Seller }
}

fn uploading(env: &Env) -> Image {
    let id = ImageId::new(env);
    Image {
        id,
        owner: UserId::new(env),
        alt: "A \"red\" car at $5".into(),
        visibility: Visibility::Private,
        store: "shelf".into(),
        width: 640,
        height: 480,
        stem: id,
        holder: None,
        hung_at: env.now(),
        state: ImageState::Uploading { until: env.now() + TimeDelta::microseconds(1_234_567) },
        created_at: env.now(),
    }
}

#[tokio::test]
async fn images_are_kept() {
    for test in TestDb::each_engine().await {
        let env = still_env();
        let first = uploading(&env);
        let placed =
            Placed { reference: "asset".into(), version: Some(9), extension: "png".into() };
        let view = View { variant: Variant::Thumb, url: "https://img.example/1".into() };
        let next = Image {
            stem: ImageId::new(&env),
            holder: Some(Holder { kind: "lot".into(), id: env.uuid() }),
            hung_at: env.now() - TimeDelta::days(3),
            state: ImageState::Stored { at: env.now(), placed, views: vec![view] },
            ..first.clone()
        };

        assert_repository(&test.db, first, next).await;

        test.finish().await;
    }
}

#[tokio::test]
async fn the_port_answers_as_it_promises() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);

        contract(&test.db, &env, &somebody(&env)).await;

        // One of its images was on its way out without a word to anybody.
        test.discard().await;
    }
}

#[tokio::test]
async fn an_image_cannot_be_half_stored() {
    for test in TestDb::each_engine().await {
        let image = uploading(&still_env());
        let held = Holder { kind: "rent_listing".into(), id: image.id.uuid() };
        let held = Image { holder: Some(held), ..image };

        let refused = commerce::Repository::commit(&test.db, Write::new(held).alone()).await;

        assert!(refused.is_err(), "what is on its way hangs nowhere yet");
        test.finish().await;
    }
}

/// Hands every removal that is due to the store, and says how many there were.
async fn deliver(db: &Db, media: &Media) -> usize {
    let subscriber = RemoveFromStore(media.clone());
    let due = db.lease(&[TOLD], 10, std::time::Duration::from_mins(1)).await.unwrap();
    let mut outcomes = Vec::new();
    for delivery in due {
        subscriber.handle(&delivery).await.unwrap();
        outcomes.push((delivery, Outcome::Done));
    }
    db.settle(&outcomes).await.unwrap();
    outcomes.len()
}

#[tokio::test]
async fn removals_and_what_broke_off_reach_the_store_through_the_outbox() {
    for test in TestDb::each_engine().await {
        let (db, env, shelf) = (test.db.clone(), env_of(&test.db), Shelf::default());
        let stores = Stores::new(Arc::new(shelf.clone()));
        let rules = Rules { upload_window: TimeDelta::zero(), ..Rules::default() };
        let media = Media::over(Arc::new(db.clone()), stores, env.clone(), rules);
        db.subscribe(Subscriptions::of(&media.subscribers()));
        let actor = somebody(&env);
        let new = || NewImage {
            bytes: a_jpeg(30, 20),
            alt: String::new(),
            visibility: Visibility::Public,
        };
        let first = media.upload(&actor, new(), None).await.unwrap();
        assert_eq!(first.version, Version(2));
        let second = media.replace(&actor, first.state.id, new(), None).await.unwrap();
        assert_eq!(deliver(&db, &media).await, 1);
        assert_eq!(shelf.keys(), [second.state.place().key]);

        media.remove(&actor, second.state.id).await.unwrap();
        shelf.next(ShelfFault::Unheard);
        let broken = media.upload(&actor, new(), None).await;
        assert!(broken.is_err());
        assert_eq!(StaleUploads(media.clone()).run().await.unwrap(), 1);

        assert_eq!(deliver(&db, &media).await, 2);
        assert_eq!(shelf.keys(), [""; 0]);
        assert_eq!(
            test.number("select count(*) from media_images where state = 'removed'").await,
            3
        );
        test.finish().await;
    }
}
