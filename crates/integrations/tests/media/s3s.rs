//! Against s3s-fs, a process of its own that checks Signature Version 4; where `SOUK_TEST_S3S` names its program.

use std::{
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use chrono::TimeDelta;
use commerce::{Clock, SystemClock};
use integrations::media::{S3, S3Settings};
use media::{Access, ImageStore, StoreTrouble, Variant, Visibility};
use tempfile::TempDir;

use crate::common::{TIMEOUT, quick, upload};

struct Server {
    process: Child,
    url: String,
    _folder: TempDir,
}

impl Server {
    async fn start(program: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("pictures")).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--access-key", "AKIDEXAMPLE", "--secret-key", "a-secret-of-tests"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("http://127.0.0.1:{port}");
        while reqwest::get(&url).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { process, url, _folder: folder }
    }

    fn store(&self, secret: &str) -> S3 {
        let settings = S3Settings {
            endpoint: self.url.clone(),
            region: "us-east-1".into(),
            bucket: "pictures".into(),
            key_id: "AKIDEXAMPLE".into(),
            secret: secret.into(),
            public_url: None,
            timeout: TIMEOUT,
            persistence: quick(),
        };
        S3::new(settings, Arc::new(SystemClock)).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn another_hand_that_checks_signatures_takes_ours() {
    let Ok(program) = std::env::var("SOUK_TEST_S3S") else {
        eprintln!("not run: SOUK_TEST_S3S names no s3s-fs");
        return;
    };
    let server = Server::start(&program).await;
    let store = server.store("a-secret-of-tests");
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
    let stranger = server.store("another-secret").put(&picture).await;
    assert!(matches!(stranger, Err(StoreTrouble::Lasting(_))));
    store.remove(&picture.place).await.unwrap();
    assert_eq!(reqwest::get(&link).await.unwrap().status(), 404);
    store.remove(&picture.place).await.unwrap();
}
