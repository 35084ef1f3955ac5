//! Against a folder of this machine.

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::{
    Clock,
    testing::{ManualClock, moment},
};
use integrations::media::{Folder, FolderSettings};
use media::{
    Access, AskedFile, Format, ImageStore, Pass, ServedFiles, StoreTrouble, Variant, Visibility,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::common::upload;

struct World {
    root: TempDir,
    clock: Arc<ManualClock>,
    store: Folder,
}

impl World {
    fn new() -> Self {
        let (root, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::default()));
        let settings = FolderSettings {
            root: root.path().to_owned(),
            base_url: "http://localhost:8080/v1/media/files/".into(),
            secret: "a secret of tests".into(),
        };
        let store = Folder::new(settings, clock.clone());
        Self { root, clock, store }
    }

    async fn ask(&self, number: u128, variant: Variant, pass: Option<Pass>) -> Option<Vec<u8>> {
        let image = Uuid::from_u128(number).into();
        let file = self.store.read(&AskedFile { image, variant, pass }).await.unwrap();
        file.map(|file| file.bytes)
    }
}

#[tokio::test]
async fn small_sizes_are_served_and_go_with_their_picture() {
    let world = World::new();
    let picture = upload(7, Visibility::Public, &Variant::ALL);

    let placed = world.store.put(&picture).await.unwrap();

    let url = world.store.url(&picture.place, &placed, Variant::Thumb, Access::Open);
    let name = Uuid::from_u128(7).simple();
    assert_eq!(url, format!("http://localhost:8080/v1/media/files/{name}/thumb"));
    let thumb = world.ask(7, Variant::Thumb, None).await.unwrap();
    assert_eq!(thumb, picture.renditions[0].bytes);
    assert_eq!(Format::of(&thumb), Some(Format::Jpeg));
    world.store.remove(&picture.place).await.unwrap();
    assert_eq!(world.ask(7, Variant::Thumb, None).await, None);
    assert_eq!(std::fs::read_dir(world.root.path().join("public/images")).unwrap().count(), 0);
    world.store.remove(&picture.place).await.unwrap();
}

#[tokio::test]
async fn a_private_file_opens_by_its_own_link_until_it_expires() {
    let world = World::new();
    let picture = upload(8, Visibility::Private, &[Variant::Full]);
    let placed = world.store.put(&picture).await.unwrap();
    world.store.put(&upload(9, Visibility::Private, &[Variant::Full])).await.unwrap();
    let access = Access::Until { now: world.clock.now(), until: moment(900) };

    let link = world.store.url(&picture.place, &placed, Variant::Full, access);

    let name = Uuid::from_u128(8).simple();
    // HMAC-SHA256, worked out apart.
    let signature = "e5cc237edf7942bab6905df79dbd7a47828834a14cf033a1915545cc71fa0fcb";
    assert_eq!(
        link,
        format!(
            "http://localhost:8080/v1/media/files/{name}/full?until=1777637700&signature={signature}"
        )
    );
    let (_, query) = link.split_once('?').unwrap();
    let (until, signature) = query.split_once('&').unwrap();
    let until = until.strip_prefix("until=").unwrap().parse().unwrap();
    let signature = signature.strip_prefix("signature=").unwrap().to_owned();
    let pass = Pass { until, signature };
    let full = Variant::Full;
    assert!(world.ask(8, full, Some(pass.clone())).await.is_some());
    assert_eq!(world.ask(8, full, None).await, None, "not without its pass");
    assert_eq!(world.ask(9, full, Some(pass.clone())).await, None, "not another's");
    assert_eq!(world.ask(8, Variant::Card, Some(pass.clone())).await, None);
    let longer = Pass { until: until + 1, ..pass.clone() };
    assert_eq!(world.ask(8, full, Some(longer)).await, None, "nobody makes it longer");
    let unsigned = Pass { signature: String::new(), ..pass.clone() };
    assert_eq!(world.ask(8, full, Some(unsigned)).await, None);
    world.clock.advance(TimeDelta::seconds(900));
    assert_eq!(world.ask(8, full, Some(pass)).await, None);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_trouble_that_passes() {
    let world = World::new();
    std::fs::write(world.root.path().join("public"), b"a file in its place").unwrap();

    let refused = world.store.put(&upload(7, Visibility::Public, &Variant::ALL)).await;

    assert!(matches!(refused, Err(StoreTrouble::Passing(_))));
}
