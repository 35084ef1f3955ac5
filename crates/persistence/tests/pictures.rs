//! Uploaded pictures on products and listings: taken, replaced, taken down and let go, on both engines.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world stops")]

mod support;

use std::sync::Arc;

use buy::{Buy, NewImage, NewProduct, Product, testing::product};
use chrono::TimeDelta;
use commerce::{
    Actor, Role, Stored,
    event::{Outbox, Outcome, Subscriber, Sweep},
    picture::{PictureId, Pictures},
};
use futures_util::future::join_all;
use media::{
    Image, ImageId, Media, NewImage as NewUpload, Rules, Stores, UnusedImages, Visibility,
    testing::{Shelf, a_jpeg},
};
use persistence::{Db, Subscriptions, testing::TestDb};
use rent::{
    Listing, NewListing, Rent, RentShop,
    testing::{a_shop, new_listing, operator, owner},
};
use support::env_of;

/// The house as far as pictures go: where they are kept, and two that show them.
struct House {
    db: Db,
    media: Media,
    buy: Buy,
    rent: Rent,
    shelf: Shelf,
}

impl House {
    fn over(db: &Db) -> Self {
        let (store, env, shelf) = (Arc::new(db.clone()), env_of(db), Shelf::default());
        let stores = Stores::new(Arc::new(shelf.clone()));
        // What hangs nowhere is swept at once.
        let rules = Rules { unused_for: Some(TimeDelta::zero()), ..Rules::default() };
        let media = Media::over(store.clone(), stores, env.clone(), rules);
        let buy = Buy::over(store.clone(), env.clone(), buy::Rules::default());
        let rent = Rent::over(store, env, rent::Rules::default());
        let house = Self { db: db.clone(), media, buy, rent, shelf };
        house.db.subscribe(Subscriptions::of(&house.subscribers()));
        house
    }

    fn subscribers(&self) -> Vec<Arc<dyn Subscriber>> {
        let hears: [Arc<dyn Subscriber>; 2] = [
            Arc::new(buy::HearPictures(self.buy.clone())),
            Arc::new(rent::HearPictures(self.rent.clone())),
        ];
        self.media.subscribers().into_iter().chain(hears).collect()
    }

    /// Delivers until there is nothing more to deliver, each of them `times` over.
    async fn deliver(&self, times: usize) {
        let subscribers = self.subscribers();
        let names: Vec<_> = subscribers.iter().map(|subscriber| subscriber.name()).collect();
        loop {
            let due = self.db.lease(&names, 50, std::time::Duration::from_mins(1)).await.unwrap();
            if due.is_empty() {
                return;
            }
            let mut outcomes = Vec::new();
            for delivery in due {
                let heard = subscribers.iter().find(|it| it.name() == delivery.subscriber);
                for _ in 0..times {
                    heard.unwrap().handle(&delivery).await.unwrap();
                }
                outcomes.push((delivery, Outcome::Done));
            }
            self.db.settle(&outcomes).await.unwrap();
        }
    }

    async fn upload(&self) -> PictureId {
        let new = NewUpload {
            bytes: a_jpeg(30, 20),
            alt: "A car".into(),
            visibility: Visibility::Public,
        };
        let stored = self.media.upload(&owner(), new, None).await.unwrap();
        stored.state.id.uuid().into()
    }

    async fn replace(&self, picture: PictureId) -> PictureId {
        let new =
            NewUpload { bytes: a_jpeg(20, 30), alt: String::new(), visibility: Visibility::Public };
        let id = picture.uuid().into();
        let stored = self.media.replace(&owner(), id, new, None).await.unwrap();
        stored.state.id.uuid().into()
    }

    async fn take_down(&self, picture: PictureId) {
        self.media.remove(&operator(), picture.uuid().into()).await.unwrap();
    }

    async fn sweep(&self) -> usize {
        UnusedImages(self.media.clone()).run().await.unwrap()
    }

    async fn shop(&self) -> RentShop {
        self.rent.open_shop(&owner(), a_shop(), None).await.unwrap().state
    }

    /// A published listing that shows these pictures and nothing else.
    async fn lend(&self, shop: &RentShop, pictures: &[PictureId]) -> Stored<Listing> {
        let new = NewListing { images: named(pictures), ..new_listing(shop.id) };
        let made = self.rent.create_listing(&owner(), new, None).await.unwrap();
        self.rent.publish_listing(&owner(), made.state.id, made.version).await.unwrap()
    }

    async fn listing(&self, listing: &Stored<Listing>) -> Stored<Listing> {
        self.rent.listings.find(listing.state.id).await.unwrap().unwrap()
    }

    async fn sell(&self, pictures: &[PictureId]) -> Stored<Product> {
        let new = NewProduct { images: named(pictures), ..product("A car", Vec::new()) };
        self.buy.create_product(&owner(), new, None).await.unwrap()
    }

    async fn product(&self, product: &Stored<Product>) -> Stored<Product> {
        self.buy.products.find(product.state.id).await.unwrap().unwrap()
    }

    async fn image(&self, picture: PictureId) -> Image {
        let id: ImageId = picture.uuid().into();
        self.media.images.find(id).await.unwrap().unwrap().state
    }
}

fn named(pictures: &[PictureId]) -> Vec<NewImage> {
    pictures.iter().map(|picture| NewImage::picture(*picture)).collect()
}

fn shown(images: &[commerce::picture::Image]) -> Vec<PictureId> {
    commerce::picture::pictures_of(images)
}

#[tokio::test]
async fn what_is_shown_is_held_and_what_is_taken_off_is_swept() {
    for test in TestDb::each_engine().await {
        let house = House::over(&test.db);
        let shop = house.shop().await;
        let (front, back) = (house.upload().await, house.upload().await);
        let listing = house.lend(&shop, &[front, back]).await;
        let side = house.upload().await;
        let made = house.sell(&[side]).await;

        assert_eq!(house.sweep().await, 0, "all of them hang somewhere");
        assert_eq!(listing.state.images[0].url, house.image(front).await.urls().unwrap().full);

        let (id, seen) = (listing.state.id, listing.version);
        let first = (id, listing.state.images[0].id);
        let bare = house.rent.remove_listing_image(&owner(), first, seen).await.unwrap();
        let last = (id, bare.state.images[0].id);
        let none = house.rent.remove_listing_image(&owner(), last, bare.version).await;
        assert!(none.is_err(), "a published listing keeps an image, uploaded or not");
        let image = made.state.images[0].id;
        house.buy.remove_image(&owner(), made.state.id, made.version, image).await.unwrap();

        assert_eq!(house.sweep().await, 2);
        house.deliver(2).await;
        assert_eq!(house.shelf.keys(), [house.image(back).await.place().key]);
        test.finish().await;
    }
}

#[tokio::test]
async fn a_replacement_is_shown_by_whoever_showed_the_old_one_and_told_twice_changes_nothing() {
    for test in TestDb::each_engine().await {
        let house = House::over(&test.db);
        let shop = house.shop().await;
        let (lent, sold) = (house.upload().await, house.upload().await);
        let (listing, product) = (house.lend(&shop, &[lent]).await, house.sell(&[sold]).await);
        let before = house.buy.catalogue.catalogue_version().await.unwrap();

        // Replaced twice before anyone hears of it.
        let next = house.replace(house.replace(lent).await).await;
        let other = house.replace(sold).await;
        house.deliver(2).await;

        let now = house.listing(&listing).await;
        assert_eq!(shown(&now.state.images), [next]);
        assert_eq!(now.state.images[0].url, house.image(next).await.urls().unwrap().full);
        assert_eq!(now.version, listing.version.next(), "one change, however often it is told");
        assert_eq!(shown(&house.product(&product).await.state.images), [other]);
        let after = house.buy.catalogue.catalogue_version().await.unwrap();
        assert!(after > before, "whoever keeps answers of the catalogue sees that it changed");
        assert_eq!(house.sweep().await, 0, "what replaced them hangs where they hung");
        assert_eq!(house.shelf.keys().len(), 2);
        test.finish().await;
    }
}

#[tokio::test]
async fn what_was_taken_off_before_its_replacement_was_heard_of_is_let_go() {
    for test in TestDb::each_engine().await {
        let house = House::over(&test.db);
        let old = house.upload().await;
        let made = house.sell(&[old]).await;

        let next = house.replace(old).await;
        let image = made.state.images[0].id;
        house.buy.remove_image(&owner(), made.state.id, made.version, image).await.unwrap();
        house.deliver(1).await;

        assert_eq!(house.image(next).await.holder, None);
        assert_eq!(house.sweep().await, 1);
        house.deliver(1).await;
        assert!(house.shelf.keys().is_empty());
        test.finish().await;
    }
}

#[tokio::test]
async fn what_an_operator_takes_down_is_shown_no_more_and_a_bare_listing_is_paused() {
    for test in TestDb::each_engine().await {
        let house = House::over(&test.db);
        let shop = house.shop().await;
        let (bad, good) = (house.upload().await, house.upload().await);
        let (listing, made) = (house.lend(&shop, &[bad]).await, house.sell(&[good]).await);

        house.take_down(bad).await;
        house.take_down(good).await;
        house.deliver(2).await;

        let listing = house.listing(&listing).await.state;
        assert_eq!((listing.images.len(), listing.is_published()), (0, false));
        assert_eq!(house.product(&made).await.state.images, []);
        assert!(house.shelf.keys().is_empty());
        test.finish().await;
    }
}

#[tokio::test]
async fn of_many_that_want_one_picture_one_gets_it() {
    for test in TestDb::each_engine().await {
        let house = House::over(&test.db);
        let shop = house.shop().await;
        let (one, two) = (house.upload().await, house.upload().await);
        let wants = async |turned: bool| {
            let pictures = if turned { [two, one] } else { [one, two] };
            let new = NewListing { images: named(&pictures), ..new_listing(shop.id) };
            house.rent.create_listing(&owner(), new, None).await
        };

        let tried = join_all((0..16).map(|number| wants(number % 2 == 0))).await;

        let mut got: Vec<_> = tried.into_iter().filter_map(Result::ok).collect();
        assert_eq!(got.len(), 1, "and nobody has to wait for another in a circle");
        let holder = got.pop().unwrap().state.id.uuid();
        for picture in house.db.pictures(&[one, two], None).await.unwrap() {
            assert_eq!(picture.holder.unwrap().id, holder);
        }
        test.finish().await;
    }
}

#[tokio::test]
async fn a_picture_that_is_swept_while_it_is_put_up_is_either_shown_or_gone() {
    for test in TestDb::each_engine().await {
        let house = House::over(&test.db);
        let mut pictures = Vec::new();
        for _ in 0..8 {
            pictures.push(house.upload().await);
        }
        let sell = async |picture: PictureId| {
            let new = NewProduct {
                slug: Some(format!("car-{}", picture.uuid()).parse().unwrap()),
                images: named(&[picture]),
                ..product("A car", Vec::new())
            };
            house.buy.create_product(&owner(), new, None).await
        };

        let (sold, swept) =
            tokio::join!(join_all(pictures.iter().map(|picture| sell(*picture))), house.sweep());

        for (picture, made) in pictures.iter().zip(&sold) {
            let image = house.image(*picture).await;
            assert_eq!(made.is_ok(), image.holder.is_some());
            assert_eq!(made.is_err(), image.is_leaving());
        }
        assert_eq!(sold.iter().filter(|made| made.is_err()).count(), swept);
        house.deliver(1).await;
        test.finish().await;
    }
}

#[tokio::test]
async fn a_strangers_picture_is_not_shown_and_a_refusal_takes_nothing() {
    for test in TestDb::each_engine().await {
        let house = House::over(&test.db);
        let picture = house.upload().await;
        let stranger = Actor { role: Role::Seller, ..rent::testing::stranger() };
        let new = || NewProduct { images: named(&[picture]), ..product("A car", Vec::new()) };

        let refused = house.buy.create_product(&stranger, new(), None).await;
        let first = house.buy.create_product(&owner(), product("A car", Vec::new()), None).await;
        let taken = house.buy.create_product(&owner(), new(), None).await;

        assert!(matches!(refused, Err(buy::BuyError::Invalid(_))));
        assert!(first.is_ok() && matches!(taken, Err(buy::BuyError::SlugTaken)));
        assert_eq!(house.image(picture).await.holder, None);
        test.finish().await;
    }
}
