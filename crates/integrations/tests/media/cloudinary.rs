//! Against a Cloudinary that works out every signature by the documented rule.

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::{
    Clock,
    testing::{ManualClock, moment},
};
use integrations::{
    media::{Cloudinary, CloudinarySettings, cloudinary::sign::SignatureDigest},
    testing::{
        CLOUD, CLOUDINARY_KEY, CLOUDINARY_SECRET, CloudinaryFake, Fault, LocalServer, Reply, parts,
    },
};
use media::{Access, ImageStore, StoreTrouble, Variant, Visibility};
use serde_json::json;

use crate::common::{TIMEOUT, place, quick, upload};

const UPLOAD: &str = "POST /v1_1/souk-test/image/upload";

struct World {
    fake: Arc<CloudinaryFake>,
    server: LocalServer,
    clock: Arc<ManualClock>,
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let fake = Arc::new(CloudinaryFake::new(clock.clone()));
        let server = LocalServer::start(fake.clone()).await;
        Self { fake, server, clock }
    }

    fn settings(&self) -> CloudinarySettings {
        CloudinarySettings {
            api_url: self.server.url.clone(),
            delivery_url: "https://res.cloudinary.com".into(),
            cloud: CLOUD.into(),
            api_key: CLOUDINARY_KEY.into(),
            api_secret: CLOUDINARY_SECRET.into(),
            digest: SignatureDigest::Sha1,
            signed_urls: false,
            timeout: TIMEOUT,
            persistence: quick(),
        }
    }

    fn store(&self) -> Cloudinary {
        Cloudinary::new(self.settings(), self.clock.clone()).unwrap()
    }

    fn keys(&self) -> Vec<(String, String)> {
        self.fake.kept().keys().cloned().collect()
    }
}

fn a_picture() -> media::Upload {
    upload(7, Visibility::Public, &[Variant::Full])
}

fn named(kind: &str, number: u128) -> (String, String) {
    (kind.to_owned(), place(number, Visibility::Public).key)
}

#[tokio::test]
async fn an_upload_is_signed_and_its_sizes_are_made_there() {
    let world = World::new().await;

    let placed = world.store().put(&a_picture()).await.unwrap();

    assert_eq!(world.keys(), [named("upload", 7)]);
    let kept = world.fake.kept()[&named("upload", 7)].clone();
    assert_eq!(kept.bytes, a_picture().renditions[0].bytes);
    assert_eq!(
        kept.eager,
        [
            "c_fill,f_auto,g_auto,h_160,q_auto,w_160",
            "c_fill,f_auto,g_auto,h_400,q_auto,w_400",
            "c_limit,f_auto,h_2048,q_auto,w_2048"
        ]
    );
    assert_eq!((placed.reference, placed.version), (kept.asset_id, Some(kept.version)));
    let heard = &world.server.heard_at(UPLOAD)[0];
    let names: Vec<_> = parts(heard).into_iter().map(|part| part.name).collect();
    assert_eq!(
        names,
        [
            "public_id",
            "overwrite",
            "allowed_formats",
            "eager",
            "timestamp",
            "signature",
            "api_key",
            "file"
        ]
    );
    assert!(!heard.body.windows(4).any(|it| it == b"abcd"), "the secret stays here");
}

#[tokio::test]
async fn addresses_are_our_own_and_not_those_of_the_answer() {
    let world = World::new().await;
    let placed = world.store().put(&a_picture()).await.unwrap();
    let place = a_picture().place;

    let url = world.store().url(&place, &placed, Variant::Card, Access::Open);

    let (version, key) = (placed.version.unwrap(), &place.key);
    assert_eq!(
        url,
        format!(
            "https://res.cloudinary.com/souk-test/image/upload/\
             c_fill,f_auto,g_auto,h_400,q_auto,w_400/v{version}/{key}.jpg"
        )
    );
    let settings = CloudinarySettings { signed_urls: true, ..world.settings() };
    let signing = Cloudinary::new(settings, world.clock.clone()).unwrap();
    let signed = signing.url(&place, &placed, Variant::Card, Access::Open);
    assert!(signed.contains("/image/upload/s--"), "{signed}");
    assert!(
        signed
            .ends_with(&format!("--/c_fill,f_auto,g_auto,h_400,q_auto,w_400/v{version}/{key}.jpg"))
    );
}

#[tokio::test]
async fn a_second_upload_writes_over_the_first_and_a_second_removal_finds_nothing() {
    let world = World::new().await;
    let store = world.store();
    let first = store.put(&a_picture()).await.unwrap();

    let second = store.put(&a_picture()).await.unwrap();

    assert_eq!(world.keys().len(), 1);
    assert!(second.version > first.version);
    store.remove(&a_picture().place).await.unwrap();
    assert_eq!(world.keys(), []);
    store.remove(&a_picture().place).await.unwrap();
}

#[tokio::test]
async fn a_private_picture_opens_by_a_link_until_it_expires() {
    let world = World::new().await;
    let store = world.store();
    let private = upload(8, Visibility::Private, &[Variant::Full]);
    let placed = store.put(&private).await.unwrap();
    assert_eq!(world.keys(), [named("private", 8)]);

    let (now, until) = (world.clock.now(), moment(900));
    let link = store.url(&private.place, &placed, Variant::Full, Access::Until { now, until });

    // Worked out apart, by the rule of `private_download_url` in Cloudinary's own library.
    assert!(link.contains("signature=9fc03b9b1124271f6fc96a1a3d685adddff2ad8a&"), "{link}");
    assert_eq!(world.fake.follow(&link), 200);
    let longer = link.replace(
        &format!("expires_at={}", until.timestamp()),
        &format!("expires_at={}", moment(9_000).timestamp()),
    );
    assert_eq!(world.fake.follow(&longer), 401, "nobody makes it longer");
    world.clock.advance(TimeDelta::seconds(900));
    assert_eq!(world.fake.follow(&link), 401);
    store.remove(&private.place).await.unwrap();
    assert_eq!(world.keys(), []);
}

#[tokio::test]
async fn an_answer_that_is_not_signed_is_not_believed() {
    let world = World::new().await;
    let answer = |public_id: &str, signature: &str| {
        Fault::Instead(Reply::json(
            200,
            &json!({
                "asset_id": "a", "public_id": public_id, "version": 1_700_000_000,
                "signature": signature, "format": "jpg",
            }),
        ))
    };
    let key = a_picture().place.key;
    // Rightly signed, by the vector of the contract's secret and not by ours, and of another picture.
    world.server.next("/image/upload", answer(&key, "a5032a542ded4480ef837c88a4039d1058f02dd6"));
    let forged = world.store().put(&a_picture()).await;
    world.server.next("/image/upload", answer("images/other", ""));
    let empty = world.store().put(&a_picture()).await;

    for refused in [forged, empty] {
        assert!(matches!(refused, Err(StoreTrouble::Passing(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn what_passes_is_tried_again_and_what_lasts_is_not() {
    let world = World::new().await;
    let no = |status| Fault::Instead(Reply::empty(status));
    world.server.next("/image/upload", no(420));
    world.server.next("/image/upload", Fault::Cut);

    world.store().put(&a_picture()).await.unwrap();

    assert_eq!(world.server.heard_at(UPLOAD).len(), 3);
    world.server.next("/image/upload", no(401));
    let refused = world.store().put(&a_picture()).await;
    assert!(matches!(refused, Err(StoreTrouble::Lasting(_))));
    assert_eq!(world.server.heard_at(UPLOAD).len(), 4);
    for _ in 0..3 {
        world.server.next("/image/destroy", no(503));
    }
    let down = world.store().remove(&a_picture().place).await;
    assert!(matches!(down, Err(StoreTrouble::Passing(_))));
    world.server.next("/image/upload", Fault::Garbage);
    let garbled = world.store().put(&a_picture()).await;
    assert!(matches!(garbled, Err(StoreTrouble::Passing(_))));
}

#[tokio::test]
async fn a_wrong_secret_and_a_clock_that_is_off_are_refused_there() {
    let world = World::new().await;
    let settings = CloudinarySettings { api_secret: "other".into(), ..world.settings() };
    let stranger = Cloudinary::new(settings, world.clock.clone()).unwrap();
    let late = ManualClock::default();
    late.set(moment(-4_000));
    let late = Cloudinary::new(world.settings(), Arc::new(late)).unwrap();

    for store in [stranger, late] {
        assert!(matches!(store.put(&a_picture()).await, Err(StoreTrouble::Lasting(_))));
    }
    assert_eq!(world.keys(), []);
}
