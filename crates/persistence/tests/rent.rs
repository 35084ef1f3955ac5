//! What renting is promised by its store: the same on both engines, and the same as in memory.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

mod support;

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::{
    Aggregate, Change, CommitError, Currency, Effects, Id, Repository, Span, Timestamp, Write,
    testing::{TestEnv, assert_repository},
};
use futures_util::future::join_all;
use persistence::{Db, check, testing::TestDb};
use rent::{
    Book, Booking, BookingState, Hit, Listing, ListingStatus, Near, NewShop, Photo, Place, Record,
    Rent, RentError, RentShop, Review, Rules, Side, Sort, VehicleFilter, VehicleQuery,
    VehicleSearch, distance_m,
    testing::{
        World, a_driver, a_listing, a_shop, assert_ports, new_listing, once, owner, traveller,
    },
};
use support::env_of;

fn rent_over(db: &Db) -> Rent {
    let rules = Rules { max_held: 10_000, ..Rules::default() };
    Rent::over(Arc::new(db.clone()), env_of(db), rules)
}

/// A shop that is nowhere written down.
async fn shop() -> RentShop {
    World::new().open_shop().await
}

async fn keep<T: Aggregate>(db: &Db, states: impl IntoIterator<Item = T>)
where
    Db: Repository<T>,
{
    let writes = states.into_iter().map(Write::new).collect();
    db.commit(Change { writes, effects: Effects::none() }).await.unwrap();
}

#[tokio::test]
async fn lists_searches_bookings_and_reviews_are_as_in_memory() {
    for test in TestDb::each_engine().await {
        assert_ports(Arc::new(test.db.clone())).await;
        test.finish().await;
    }
}

#[tokio::test]
async fn shops_and_listings_are_kept() {
    for test in TestDb::each_engine().await {
        let first = shop().await;
        let next = RentShop { place: Place { lat_e6: -1, lon_e6: 5 }, ..first.clone() };
        assert_repository(&test.db, first.clone(), next).await;

        let draft = Listing { shop: first.id, ..a_listing() };
        let since = draft.created_at;
        let mut published = Listing { status: ListingStatus::Published { since }, ..draft.clone() };
        published.units[0].away = true;
        assert_repository(&test.db, Listing { rates: None, ..draft }, published).await;

        test.finish().await;
    }
}

/// A booking and a review of it, nowhere written down.
async fn a_rental() -> (Booking, Review) {
    let world = World::new();
    let shop = world.open_shop().await;
    let listing = world.rent.create_listing(&owner(), new_listing(shop.id), None).await.unwrap();
    let (id, seen) = (listing.state.id, listing.version);
    let listing = world.rent.publish_listing(&owner(), id, seen).await.unwrap().state;
    let now = world.env().now();
    let booking = book(&world.rent, &listing, 1, (now, 30, 50)).await.unwrap();
    let review = Review {
        id: Id::new(&world.env()),
        booking: booking.id,
        listing: booking.listing,
        shop: booking.shop,
        by: Side::Owner,
        author: booking.owner,
        about: Some(booking.traveller),
        stars: 5,
        text: "On time, \"and\" kind.".into(),
        written_at: now,
        visible_from: now + TimeDelta::days(14),
    };
    (booking, review)
}

async fn book(
    rent: &Rent,
    listing: &Listing,
    number: u8,
    (now, from, to): (Timestamp, i64, i64),
) -> Result<Booking, RentError> {
    let hour = |hours| now + TimeDelta::hours(hours);
    let book = Book {
        traveller: traveller(number).user,
        listing: listing.id,
        period: Span::try_new(hour(from), hour(to)).unwrap(),
        extras: Vec::new(),
        driver: a_driver(),
        accepted: None,
        once: once(&rent.env.uuid().to_string()),
    };
    rent.book(&book).await.map(|stored| stored.state)
}

#[tokio::test]
async fn bookings_and_reviews_are_kept() {
    for test in TestDb::each_engine().await {
        let (booking, review) = a_rental().await;
        let at = booking.period.ends_at();
        let photos =
            vec![Photo::Picture(Id::new(&env_of(&test.db))), Photo::Address("/front.webp".into())];
        let note = String::new();
        let record = Record { at, odometer_km: Some(7), fuel_percent: None, photos, note };
        let next = Booking {
            state: BookingState::Returned { at },
            handed_over: Some(record.clone()),
            returned: Some(record),
            ..booking.clone()
        };
        assert_repository(&test.db, booking.clone(), next).await;
        let seen = Review { visible_from: review.written_at, ..review.clone() };
        assert_repository(&test.db, review.clone(), seen).await;

        let twice = Booking { id: Id::new(&env_of(&test.db)), ..booking };
        let twice = test.db.commit(Write::new(twice).alone()).await;
        assert!(matches!(&twice, Err(CommitError::Taken(key)) if key == "rent_bookings_order_key"));
        let twice = Review { id: Id::new(&env_of(&test.db)), ..review };
        let twice = test.db.commit(Write::new(twice).alone()).await;
        let key = "rent_reviews_booking_side_key";
        assert!(matches!(&twice, Err(CommitError::Taken(taken)) if taken == key), "{twice:?}");
        test.discard().await;
    }
}

const A_PICTURE_HELD_BY_NONE: &str = "insert into media_images (id, version, owner_id, alt, \
    visibility, store, width, height, holder_kind, holder_id, hung_at, state, state_at, content, \
    created_at) select id, 1, id, '', 'public', 'shelf', 1, 1, 'rent_listing', id, 0, 'stored', 0, \
    '{}', 0 from rent_bookings";

const A_PHOTO_HELD_BY_NONE: &str = "insert into media_images (id, version, owner_id, alt, \
    visibility, store, width, height, holder_kind, holder_id, hung_at, state, state_at, content, \
    created_at) select id, 1, id, '', 'private', 'shelf', 1, 1, 'rent_booking', id, 0, 'stored', \
    0, '{}', 0 from rent_reviews";

#[tokio::test]
async fn the_check_finds_bookings_that_hold_nothing_and_pictures_that_nothing_holds() {
    for test in TestDb::each_engine().await {
        let (booking, review) = a_rental().await;
        keep(&test.db, [Booking { order: None, ..booking }]).await;
        keep(&test.db, [review]).await;
        test.execute("update rent_bookings set answer_by = 0, \"order\" = id").await;
        test.execute(A_PICTURE_HELD_BY_NONE).await;
        test.execute(A_PHOTO_HELD_BY_NONE).await;

        let mut found: Vec<_> =
            check::run(&test.db).await.unwrap().into_iter().map(|f| f.invariant).collect();

        found.sort_unstable();
        let mut promised: Vec<_> =
            persistence::rent::INVARIANTS.iter().map(|invariant| invariant.name).collect();
        promised.sort_unstable();
        assert_eq!(found, promised);
        test.discard().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_travellers_no_two_have_the_same_hours_of_a_vehicle() {
    for test in TestDb::each_engine().await {
        let rent = rent_over(&test.db);
        let shop = rent.open_shop(&owner(), a_shop(), None).await.unwrap().state;
        let mut listings = Vec::new();
        for _ in 0..2 {
            let made = rent.create_listing(&owner(), new_listing(shop.id), None).await.unwrap();
            let (id, seen) = (made.state.id, made.version);
            listings.push(rent.publish_listing(&owner(), id, seen).await.unwrap().state);
        }
        let now = rent.env.now();

        let tasks = (0_u8..64).map(|number| {
            let (rent, listing) = (rent.clone(), listings[usize::from(number) % 2].clone());
            tokio::spawn(async move {
                let mut outcomes = Vec::new();
                for turn in 0..4 {
                    let from = 24 + (i64::from(number) * 7 + turn * 31) % 90;
                    outcomes.push(book(&rent, &listing, number, (now, from, from + 8)).await);
                }
                outcomes
            })
        });
        let outcomes = join_all(tasks).await.into_iter().flat_map(Result::unwrap);

        let (won, lost): (Vec<_>, Vec<_>) = outcomes.partition(Result::is_ok);
        let full =
            |lost: &Result<Booking, RentError>| matches!(lost, Err(RentError::NotFree { .. }));
        assert!(lost.iter().all(full), "{:?}: {lost:?}", test.db.engine());
        assert!(won.len() >= 16 && !lost.is_empty(), "{} of 256", won.len());
        let live = "select count(*) from commerce_claims where live";
        assert_eq!(test.number(live).await, i64::try_from(won.len()).unwrap());
        test.finish().await;
    }
}

/// Six hundred shops, each with a scooter that costs what the shop's number says.
async fn a_coast_of_shops(db: &Db, centre: Place) -> Vec<(RentShop, Listing)> {
    let (env, shop, listing) = (TestEnv::new().env(), shop().await, a_listing());
    let mut kept = Vec::new();
    for number in 0..600_i32 {
        let lat_e6 = centre.lat_e6 + (number % 50 - 25) * 4_000;
        let lon_e6 = wrapped(centre.lon_e6 + (number / 50 - 6) * 4_000);
        let place = Place { lat_e6, lon_e6 };
        let shop = RentShop { id: Id::new(&env), place, ..shop.clone() };
        let mut listing = Listing { id: Id::new(&env), shop: shop.id, ..listing.clone() };
        listing.status = ListingStatus::Published { since: listing.created_at };
        listing.rates.as_mut().unwrap().day_minor = Some(10_00 + i64::from(number * 7 % 300));
        kept.push((shop, listing));
    }
    keep(db, kept.iter().map(|(shop, _)| shop.clone())).await;
    keep(db, kept.iter().map(|(_, listing)| listing.clone())).await;
    kept
}

fn wrapped(lon_e6: i32) -> i32 {
    if lon_e6 > 180_000_000 { lon_e6 - 360_000_000 } else { lon_e6 }
}

async fn pages(db: &Db, query: &VehicleQuery) -> Vec<Hit> {
    let mut all: Vec<Hit> = Vec::new();
    loop {
        let after = all.last().map(|hit| hit.position);
        let page = db.search_vehicles(&VehicleQuery { after, ..query.clone() }).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

#[tokio::test]
async fn few_shops_and_many_are_searched_alike_over_the_dateline_too() {
    for test in TestDb::each_engine().await {
        let centre = Place { lat_e6: -17_700_000, lon_e6: 179_990_000 };
        let kept = a_coast_of_shops(&test.db, centre).await;
        for (radius_m, sort) in [
            (1_500, Sort::Distance),
            (1_500, Sort::PriceDown),
            (6_000, Sort::PriceUp),
            (30_000, Sort::Distance),
            (30_000, Sort::PriceUp),
            (30_000, Sort::PriceDown),
        ] {
            let near = Near { place: centre, radius_m };
            let filter = VehicleFilter {
                near: Some(near),
                price_max: Some(12_50),
                ..VehicleFilter::all_in(Currency::USD)
            };
            let query = VehicleQuery { filter, sort, limit: 400, after: None };
            let mut wanted: Vec<_> = kept
                .iter()
                .filter(|(shop, listing)| query.filter.fits(listing, shop))
                .map(|(shop, listing)| rent::Position::of(listing, shop, &query))
                .collect();
            wanted.sort_by_key(rent::Position::key);

            let found = pages(&test.db, &query).await;

            let positions: Vec<_> = found.iter().map(|hit| hit.position).collect();
            assert!(positions == wanted, "{:?} within {radius_m} by {sort:?}", test.db.engine());
            assert!(!found.is_empty());
            assert!(found.iter().all(|hit| distance_m(centre, hit.shop.place) <= radius_m));
        }
        test.finish().await;
    }
}

#[tokio::test]
async fn a_shop_that_moves_is_found_where_it_is() {
    for test in TestDb::each_engine().await {
        let rent = rent_over(&test.db);
        let new = NewShop { place: Place { lat_e6: 0, lon_e6: 0 }, ..a_shop() };
        let shop = rent.open_shop(&owner(), new, None).await.unwrap();
        let made = rent.create_listing(&owner(), new_listing(shop.state.id), None).await.unwrap();
        rent.publish_listing(&owner(), made.state.id, made.version).await.unwrap();
        let place = a_shop().place;
        let moved = shop.becomes(RentShop { place, ..shop.state.clone() });
        test.db.commit(moved.alone()).await.unwrap();

        let near = Some(Near { place, radius_m: 10 });
        let filter = VehicleFilter { near, ..VehicleFilter::all_in(Currency::USD) };
        let query = VehicleQuery { filter, sort: Sort::Distance, limit: 10, after: None };
        assert_eq!(test.db.search_vehicles(&query).await.unwrap().len(), 1);
        test.finish().await;
    }
}
