//! What the house of pictures promises, over memory.

mod attacks;
mod evidence;
mod random;
mod stories;

use std::sync::Arc;

use commerce::{
    Actor, Role, Stored, Timestamp, UserId,
    event::{Delivery, Subscriber, Sweep},
    testing::{Memory, TestEnv},
};
use uuid::Uuid;

use crate::{
    Holder, Image, ImageId, ImageState, Media, MediaError, NewImage, RemoveFromStore, Rules,
    StaleUploads, Stores, Visibility,
    testing::{Shelf, a_jpeg},
};

struct World {
    media: Media,
    memory: Memory,
    shelf: Shelf,
    clock: TestEnv,
}

impl World {
    fn new() -> Self {
        Self::with(Rules::default())
    }

    fn with(rules: Rules) -> Self {
        let (memory, shelf, clock) = (Memory::default(), Shelf::default(), TestEnv::new());
        let stores = Stores::new(Arc::new(shelf.clone()));
        let media = Media::over(Arc::new(memory.clone()), stores, clock.env(), rules);
        Self { media, memory, shelf, clock }
    }

    /// As the one who shows it does, in a commit of its own.
    fn hang(&self, id: ImageId, holder: Option<Holder>) {
        let hung_at = self.clock.env().now();
        self.memory.put(Image { holder, hung_at, ..self.image(id) });
    }

    async fn upload(&self) -> Result<Stored<Image>, MediaError> {
        self.media.upload(&owner(), new(a_jpeg(640, 480)), None).await
    }

    fn image(&self, id: ImageId) -> Image {
        let all = self.memory.read().all::<Image>();
        all.into_iter().find(|stored| stored.state.id == id).unwrap().state
    }

    /// The one image that says it is on its way.
    fn uploading(&self) -> Image {
        let all = self.memory.read().all::<Image>();
        let mut on_its_way =
            all.into_iter().filter(|s| matches!(s.state.state, ImageState::Uploading { .. }));
        on_its_way.next().unwrap().state
    }

    fn told(&self) -> Vec<&'static str> {
        self.memory.read().events.iter().map(|event| event.name).collect()
    }

    async fn sweep(&self) -> usize {
        StaleUploads(self.media.clone()).run().await.unwrap()
    }

    /// Tells every removal that was ever due, again and again; returns whether all went well.
    async fn deliver(&self) -> bool {
        let due: Vec<_> = {
            let books = self.memory.read();
            let due = books.events.iter().filter(|event| event.name == "image_removal_due");
            due.map(|event| (event.id, event.subject, event.at)).collect()
        };
        let subscriber = RemoveFromStore(self.media.clone());
        let mut well = true;
        for (event, subject, at) in due {
            well &= subscriber.handle(&delivery(event, subject, at)).await.is_ok();
        }
        well
    }
}

fn delivery(event: Uuid, subject: Uuid, at: Timestamp) -> Delivery {
    Delivery {
        id: event,
        event,
        subscriber: "media.remove_from_store".into(),
        name: "image_removal_due".into(),
        subject,
        body: serde_json::Value::Null,
        at,
        attempts: 1,
    }
}

fn person(number: u128, role: Role) -> Actor {
    Actor {
        user: UserId::from_uuid(Uuid::from_u128(number)),
        session: commerce::SessionId::from_uuid(Uuid::from_u128(number)),
        role,
    }
}

fn owner() -> Actor {
    person(1, Role::Seller)
}

fn stranger() -> Actor {
    person(2, Role::Customer)
}

fn new(bytes: Vec<u8>) -> NewImage {
    NewImage { bytes, alt: "A red car".into(), visibility: Visibility::Public }
}
