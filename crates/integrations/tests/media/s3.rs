//! Against a store that works out every signature from what came over the wire.

use std::sync::Arc;

use commerce::{
    Clock,
    testing::{ManualClock, moment},
};
use integrations::{
    media::{S3, S3Settings},
    testing::{Fault, LocalServer, Reply, S3_BUCKET, S3_KEY, S3_REGION, S3_SECRET, S3Fake},
};
use media::{Access, ImageStore, StoreTrouble, Variant, Visibility};

use crate::common::{TIMEOUT, quick, upload};

struct World {
    fake: Arc<S3Fake>,
    server: LocalServer,
    clock: Arc<ManualClock>,
}

impl World {
    async fn new() -> Self {
        let fake = Arc::new(S3Fake::default());
        let server = LocalServer::start(fake.clone()).await;
        Self { fake, server, clock: Arc::default() }
    }

    fn settings(&self) -> S3Settings {
        S3Settings {
            endpoint: self.server.url.clone(),
            region: S3_REGION.into(),
            bucket: S3_BUCKET.into(),
            key_id: S3_KEY.into(),
            secret: S3_SECRET.into(),
            public_url: None,
            timeout: TIMEOUT,
            persistence: quick(),
        }
    }

    fn store(&self) -> S3 {
        S3::new(self.settings(), self.clock.clone()).unwrap()
    }

    fn paths(&self) -> Vec<String> {
        self.fake.objects().keys().cloned().collect()
    }
}

fn a_picture() -> media::Upload {
    upload(7, Visibility::Public, &Variant::ALL)
}

#[tokio::test]
async fn every_size_is_put_and_all_of_them_are_removed() {
    let world = World::new().await;
    let (store, picture) = (world.store(), a_picture());

    let placed = store.put(&picture).await.unwrap();

    let key = &picture.place.key;
    let path = |variant: &str| format!("/pictures/public/{key}/{variant}");
    assert_eq!(world.paths(), [path("card"), path("full"), path("thumb")]);
    let card = world.fake.objects()[&path("card")].clone();
    assert_eq!(card, ("image/jpeg".to_owned(), picture.renditions[1].bytes.clone()));
    let url = store.url(&picture.place, &placed, Variant::Card, Access::Open);
    assert_eq!(url, format!("{}{}", world.server.url, path("card")));
    store.put(&picture).await.unwrap();
    store.remove(&picture.place).await.unwrap();
    assert_eq!(world.paths(), [""; 0]);
    store.remove(&picture.place).await.unwrap();
}

#[tokio::test]
async fn public_pictures_may_be_served_from_elsewhere() {
    let world = World::new().await;
    let public_url = Some("https://cdn.example/".to_owned());
    let store =
        S3::new(S3Settings { public_url, ..world.settings() }, world.clock.clone()).unwrap();
    let picture = a_picture();
    let placed = store.put(&picture).await.unwrap();

    let url = store.url(&picture.place, &placed, Variant::Thumb, Access::Open);

    assert_eq!(url, format!("https://cdn.example/public/{}/thumb", picture.place.key));
}

#[tokio::test]
async fn a_private_picture_opens_by_a_signed_link_alone() {
    let world = World::new().await;
    let (store, picture) = (world.store(), upload(8, Visibility::Private, &[Variant::Full]));
    let placed = store.put(&picture).await.unwrap();
    let access = Access::Until { now: world.clock.now(), until: moment(900) };

    let link = store.url(&picture.place, &placed, Variant::Full, access);

    let opened = reqwest::get(&link).await.unwrap();
    assert_eq!(opened.status(), 200);
    assert_eq!(opened.bytes().await.unwrap(), picture.renditions[0].bytes);
    assert!(link.contains("&X-Amz-Expires=900&"));
    let bare = link.split('?').next().unwrap();
    assert_eq!(reqwest::get(bare).await.unwrap().status(), 403);
    let longer = link.replace("X-Amz-Expires=900", "X-Amz-Expires=9000");
    assert_eq!(reqwest::get(longer).await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_store_in_trouble_is_asked_again_and_a_refusal_is_not() {
    let world = World::new().await;
    world.server.next("/card", Fault::Instead(Reply::empty(503)));
    world.server.next("/full", Fault::Cut);

    world.store().put(&a_picture()).await.unwrap();

    assert_eq!(world.server.heard().len(), 5);
    let settings = S3Settings { secret: "other".into(), ..world.settings() };
    let stranger = S3::new(settings, world.clock.clone()).unwrap();
    let refused = stranger.put(&a_picture()).await;
    assert!(matches!(refused, Err(StoreTrouble::Lasting(_))));
    assert!(matches!(stranger.remove(&a_picture().place).await, Err(StoreTrouble::Lasting(_))));
    assert_eq!(world.server.heard().len(), 7);
    assert_eq!(world.paths().len(), 3);
}
