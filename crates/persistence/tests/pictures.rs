//! Uploaded pictures on products and listings: taken, replaced, taken down and let go; and private ones as evidence of
//! what became of a rental. On both engines.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world stops")]

mod support;

use std::sync::Arc;

use buy::{Buy, NewImage, NewProduct, Product, testing::product};
use chrono::TimeDelta;
use commerce::{
    Actor, Change, Effects, Id, Role, Stored, Version, Write,
    event::{Outbox, Outcome, Subscriber, Sweep},
    picture::{PictureId, Pictures},
};
use futures_util::future::join_all;
use media::{
    Image, ImageId, Media, MediaError, NewImage as NewUpload, Rules, Stores, UnusedImages,
    Visibility,
    testing::{Shelf, a_jpeg},
};
use persistence::{Db, Subscriptions, testing::TestDb};
use rent::{
    Booking, Deposit, Listing, NewListing, NewRecord, Photo, Rent, RentError, RentShop,
    testing::{World, a_shop, new_listing, operator, owner, traveller},
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
        self.upload_as(Visibility::Public).await
    }

    async fn upload_as(&self, visibility: Visibility) -> PictureId {
        let new = NewUpload { bytes: a_jpeg(30, 20), alt: "A car".into(), visibility };
        let stored = self.media.upload(&owner(), new, None).await.unwrap();
        stored.state.id.uuid().into()
    }

    async fn replace(&self, picture: PictureId) -> PictureId {
        self.try_to_replace(picture).await.unwrap().state.id.uuid().into()
    }

    async fn try_to_replace(&self, picture: PictureId) -> Result<Stored<Image>, MediaError> {
        let new =
            NewUpload { bytes: a_jpeg(20, 30), alt: String::new(), visibility: Visibility::Public };
        self.media.replace(&owner(), picture.uuid().into(), new, None).await
    }

    /// So many bookings that are paid for, when they can be handed over, and renting at that time.
    async fn rented(&self, many: usize) -> (Rent, Vec<Stored<Booking>>) {
        let world = World::new();
        let shop = world.open_shop().await;
        let listing = world.publish(&shop, |new| new).await;
        let paid = world.confirmed(&traveller(1), &listing, World::span(24, 48)).await.state;
        world.clock.clock.set(World::hour(24));
        // Their orders and their deposits stay where they were made.
        let booking = Booking { order: None, deposit: Deposit::None, ..paid };
        let env = env_of(&self.db);
        let bookings = (0..many).map(|_| Booking { id: Id::new(&env), ..booking.clone() });
        let writes: Vec<_> = bookings.map(Write::new).collect();
        self.rent.shops.commit(Write::new(shop).alone()).await.unwrap();
        self.rent.listings.commit(Write::new(listing).alone()).await.unwrap();
        let all = Change { writes: writes.clone(), effects: Effects::none() };
        self.rent.bookings.commit(all).await.unwrap();
        let rent = Rent::over(Arc::new(self.db.clone()), world.env(), rent::Rules::default());
        let kept = writes.into_iter().map(|it| Stored { state: it.state, version: Version(1) });
        (rent.with_links(Arc::new(self.media.clone())), kept.collect())
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

async fn hand_over(
    rent: &Rent,
    booking: &Stored<Booking>,
    photo: PictureId,
) -> Result<Stored<Booking>, RentError> {
    let record = NewRecord {
        odometer_km: None,
        fuel_percent: None,
        photos: vec![photo],
        note: String::new(),
    };
    rent.hand_over(&owner(), (booking.state.id, booking.version), record).await
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

#[tokio::test]
async fn evidence_is_neither_swept_nor_removed_nor_replaced() {
    for test in TestDb::each_engine().await {
        let house = House::over(&test.db);
        let (rent, bookings) = house.rented(1).await;
        let photo = house.upload_as(Visibility::Private).await;
        let (public, spare) = (house.upload().await, house.upload_as(Visibility::Private).await);

        let open = hand_over(&rent, &bookings[0], public).await;
        let out = hand_over(&rent, &bookings[0], photo).await.unwrap();

        let fault = &commerce::Failure::fields(&open.unwrap_err())[0];
        assert_eq!((fault.pointer.as_str(), fault.code.as_str()), ("#/photos/0", "picture_public"));
        let removed = house.media.remove(&owner(), photo.uuid().into()).await;
        assert!(matches!(removed, Err(MediaError::Evidence)));
        let swapped = house.try_to_replace(photo).await;
        assert!(matches!(swapped, Err(MediaError::Evidence)));
        assert_eq!(house.sweep().await, 2, "the public one and the spare one");
        house.deliver(1).await;
        assert!(house.image(photo).await.is_stored() && house.image(spare).await.is_leaving());
        let read = rent.booking(&traveller(1), out.state.id).await.unwrap();
        assert_eq!(read, out);
        assert_eq!(read.state.handed_over.unwrap().photos, [Photo::Picture(photo)]);
        let link = rent.photo_link(&traveller(1), out.state.id, photo).await.unwrap();
        assert!(link.url.contains("?until="), "{}", link.url);

        house.take_down(photo).await;
        house.deliver(2).await;
        let gone = rent.photo_link(&traveller(1), out.state.id, photo).await;
        assert!(matches!(gone, Err(RentError::NoImage)), "an operator takes down anything");
        test.finish().await;
    }
}

#[tokio::test]
async fn a_photo_that_is_replaced_while_it_becomes_evidence_is_one_or_the_other() {
    for test in TestDb::each_engine().await {
        let house = House::over(&test.db);
        let (rent, bookings) = house.rented(8).await;

        for booking in &bookings {
            let photo = house.upload_as(Visibility::Private).await;

            let (out, replaced) =
                tokio::join!(hand_over(&rent, booking, photo), house.try_to_replace(photo));

            let image = house.image(photo).await;
            assert_eq!(out.is_ok(), image.is_evidence() && image.is_stored());
            assert_eq!(replaced.is_ok(), image.is_leaving());
            assert_ne!(out.is_ok(), replaced.is_ok(), "{out:?}, {replaced:?}");
        }
        test.finish().await;
    }
}

#[tokio::test]
async fn of_many_bookings_that_want_one_photo_one_gets_it() {
    for test in TestDb::each_engine().await {
        let house = House::over(&test.db);
        let (rent, bookings) = house.rented(8).await;
        let photo = house.upload_as(Visibility::Private).await;

        let tried = join_all(bookings.iter().map(|it| hand_over(&rent, it, photo))).await;

        let got: Vec<_> = tried.iter().filter_map(|out| out.as_ref().ok()).collect();
        assert_eq!(got.len(), 1);
        assert_eq!(house.image(photo).await.holder.unwrap().id, got[0].state.id.uuid());
        let refused = tried.iter().filter_map(|out| out.as_ref().err());
        for error in refused {
            assert!(matches!(error, RentError::PictureGone | RentError::Invalid(_)), "{error:?}");
        }
        test.finish().await;
    }
}
