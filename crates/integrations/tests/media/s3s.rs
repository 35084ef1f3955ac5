//! Against s3s-fs, a process of its own that checks Signature Version 4.

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::{Clock, SystemClock};
use integrations::media::{S3, S3Settings};
use media::{Access, ImageStore, StoreTrouble, Variant, Visibility};
use reqwest::Url;

use crate::common::{TIMEOUT, quick, upload};

fn server() -> Url {
    let url = std::env::var("SOUK_TEST_S3").expect("SOUK_TEST_S3 names an S3 for the tests");
    url.parse().expect("SOUK_TEST_S3 is http://KEY:SECRET@HOST:PORT/BUCKET")
}

fn store(server: &Url, secret: &str) -> S3 {
    let settings = S3Settings {
        endpoint: server.origin().ascii_serialization(),
        region: "us-east-1".into(),
        bucket: server.path().trim_matches('/').into(),
        key_id: server.username().into(),
        secret: secret.into(),
        public_url: None,
        timeout: TIMEOUT,
        persistence: quick(),
    };
    S3::new(settings, Arc::new(SystemClock)).unwrap()
}

#[tokio::test]
async fn another_hand_that_checks_signatures_takes_ours() {
    let server = server();
    let store_with = |secret| store(&server, secret);
    let store = store_with(server.password().unwrap());
    let picture = upload(8, Visibility::Private, &[Variant::Full]);

    let placed = store.put(&picture).await.unwrap();

    let now = SystemClock.now();
    let access = Access::Until { now, until: now + TimeDelta::minutes(15) };
    let link = store.url(&picture.place, &placed, Variant::Full, access);
    let opened = reqwest::get(&link).await.unwrap();
    assert_eq!(opened.status(), 200);
    assert_eq!(opened.headers()["content-type"], "image/jpeg");
    assert_eq!(opened.bytes().await.unwrap(), picture.renditions[0].bytes);
    let long_ago = now - TimeDelta::hours(2);
    let access = Access::Until { now: long_ago, until: now - TimeDelta::hours(1) };
    let expired = store.url(&picture.place, &placed, Variant::Full, access);
    assert_eq!(reqwest::get(expired).await.unwrap().status(), 403);
    let bare = link.split('?').next().unwrap();
    assert_eq!(reqwest::get(bare).await.unwrap().status(), 403);
    let stranger = store_with("another-secret").put(&picture).await;
    assert!(matches!(stranger, Err(StoreTrouble::Lasting(_))));
    store.remove(&picture.place).await.unwrap();
    assert_eq!(reqwest::get(&link).await.unwrap().status(), 404);
    store.remove(&picture.place).await.unwrap();
}
