//! What every store of renting promises, whatever it is made of.
#![expect(clippy::indexing_slicing, reason = "a test that cannot set up its world should stop")]
#![expect(clippy::panic, reason = "a broken promise stops the test")]

use std::{collections::BTreeSet, sync::Arc};

use chrono::TimeDelta;
use commerce::{
    Currency, Env, Page, PageRequest, Receipts, Span, Timestamp, Version,
    claim::{Busy, Calendars},
    order::Orders,
    picture::Pictures,
    testing::TestEnv,
};

use super::{a_driver, a_scooter, a_shop, new_listing, owner, rates, stranger, traveller};
use crate::{
    Answering, Book, BookingFilter, BookingState, Bookings, Feature, Kind, Listing, Listings, Near,
    NewListing, NewReview, NewShop, Place, Position, Rates, Record, Rent, RentShop, Reviews, Rules,
    Scooter, Shops, Sort, Terms, Vehicle, VehicleFilter, VehicleQuery, VehicleSearch, free_units,
    testing::once,
};

/// What a store must be for renting.
pub trait Store:
    Shops
    + Listings
    + Bookings
    + Reviews
    + VehicleSearch
    + Calendars
    + Orders
    + Receipts
    + Pictures
    + 'static
{
}

impl<S> Store for S where
    S: Shops
        + Listings
        + Bookings
        + Reviews
        + VehicleSearch
        + Calendars
        + Orders
        + Receipts
        + Pictures
        + 'static
{
}

/// A street with three shops and vehicles of every sort, some of them booked.
struct Street {
    rent: Rent,
    clock: TestEnv,
    shops: Vec<RentShop>,
    listings: Vec<Listing>,
}

/// Lists, searches, bookings and reviews are found again as their ports say. The store is empty at first.
pub async fn assert_ports<S: Store>(store: Arc<S>) {
    let mut street = Street::new(store);
    street.fill().await;
    street.lists_are_whole().await;
    street.book_some().await;
    street.searches_agree_with_the_plain_one().await;
    street.bookings_are_found().await;
    street.reviews_are_found().await;
    street.what_is_lent_for_a_seller_is_found_by_it().await;
}

impl Street {
    fn new<S: Store>(store: Arc<S>) -> Self {
        let clock = TestEnv::new();
        let rent = Rent::over(store, clock.env(), Rules { max_held: 1_000, ..Rules::default() });
        Self { rent, clock, shops: Vec::new(), listings: Vec::new() }
    }

    fn env(&self) -> &Env {
        &self.rent.env
    }

    fn after(&self, hours: i64) -> Timestamp {
        self.env().now() + TimeDelta::hours(hours)
    }

    fn span(&self, from: i64, to: i64) -> Span {
        Span::try_new(self.after(from), self.after(to)).unwrap()
    }

    async fn fill(&mut self) {
        for lat_e6 in [26_144_518, 26_180_000, 27_900_000] {
            let place = Place { lat_e6, ..a_shop().place };
            let new = NewShop { place, ..a_shop() };
            self.shops.push(self.rent.open_shop(&owner(), new, None).await.unwrap().state);
            self.clock.clock.advance(TimeDelta::seconds(1));
        }
        for number in 0..24 {
            let shop = &self.shops[number % 3];
            let new = vehicle(shop, number);
            let made = self.rent.create_listing(&owner(), new, None).await.unwrap();
            let (id, mut seen) = (made.state.id, made.version);
            if number % 8 != 7 {
                seen = self.rent.publish_listing(&owner(), id, seen).await.unwrap().version;
            }
            if number % 6 == 5 {
                let unit = (id, made.state.units[0].id);
                seen = self.rent.set_unit_away(&owner(), unit, seen, true).await.unwrap().version;
            }
            if number == 12 {
                self.rent.pause_listing(&owner(), id, seen).await.unwrap();
            }
            self.clock.clock.advance(TimeDelta::seconds(1));
            let kept = self.rent.read_listing(Some(&owner()), id).await.unwrap();
            self.listings.push(kept.listing.state);
        }
    }

    async fn lists_are_whole(&self) {
        let shops = self.rent.shops.shops_of(owner().user).await.unwrap();
        assert_eq!(shops.into_iter().map(|stored| stored.state).collect::<Vec<_>>(), self.shops);
        assert!(self.rent.shops.shops_of(stranger().user).await.unwrap().is_empty());
        for (shop, status) in [(0, None), (0, Some("published")), (1, Some("draft"))] {
            let shop = self.shops[shop].id;
            let fits = |l: &&Listing| {
                l.shop == shop && status.is_none_or(|status| l.status.name() == status)
            };
            let newest: Vec<_> = self.listings.iter().rev().filter(fits).map(|l| l.id).collect();
            let found = pages(|page| self.rent.listings.kept_listings(shop, status, page)).await;
            assert_eq!(found.into_iter().map(|kept| kept.id).collect::<Vec<_>>(), newest);
        }
    }

    /// The first units of some listings are taken on the second day.
    async fn book_some(&self) {
        for listing in self.listings.iter().filter(|l| l.is_published()).step_by(2) {
            let _ = self.book(listing, self.span(24, 48)).await;
        }
    }

    async fn book(&self, listing: &Listing, period: Span) -> Option<crate::Booking> {
        let book = Book {
            traveller: traveller(1).user,
            listing: listing.id,
            period,
            extras: Vec::new(),
            driver: a_driver(),
            accepted: None,
            once: once(&self.env().uuid().to_string()),
        };
        self.rent.book(&book).await.ok().map(|stored| stored.state)
    }

    async fn searches_agree_with_the_plain_one(&self) {
        for sort in [Sort::Distance, Sort::PriceUp, Sort::PriceDown] {
            for filter in self.filters() {
                let query = VehicleQuery { filter, sort, limit: 100, after: None };
                let plain = self.plain(&query).await;
                let whole = self.rent.search.search_vehicles(&query).await.unwrap();
                let told = |hits: &[crate::Hit]| -> Vec<_> {
                    hits.iter().map(|hit| (hit.position, hit.units)).collect()
                };
                assert_eq!(told(&whole), plain, "{query:?}");
                let mut paged = Vec::new();
                loop {
                    let after = paged.last().map(|hit: &crate::Hit| hit.position);
                    let query = VehicleQuery { limit: 3, after, ..query.clone() };
                    let page = self.rent.search.search_vehicles(&query).await.unwrap();
                    if page.is_empty() {
                        break;
                    }
                    paged.extend(page);
                }
                assert_eq!(told(&paged), plain, "page by page: {query:?}");
            }
        }
    }

    /// And what is withheld by nobody.
    async fn what_is_lent_for_a_seller_is_found_by_it(&mut self) {
        let (seller, stranger) = (self.env().uuid(), self.env().uuid());
        let stored = self.rent.shops.find(self.shops[0].id).await.unwrap().unwrap();
        let hers = RentShop { seller: Some(seller), ..stored.state.clone() };
        self.rent.shops.commit(stored.becomes(hers.clone()).alone()).await.unwrap();
        let found = self.rent.shops.shops_of_seller(seller).await.unwrap();
        assert_eq!(found.into_iter().map(|stored| stored.state).collect::<Vec<_>>(), [hers]);
        assert!(self.rent.shops.shops_of_seller(stranger).await.unwrap().is_empty());

        for withheld in [true, false] {
            for at in 0..3 {
                let stored = self.rent.listings.find(self.listings[at].id).await.unwrap().unwrap();
                let listing = Listing { withheld, ..stored.state.clone() };
                self.rent.listings.commit(stored.becomes(listing.clone()).alone()).await.unwrap();
                self.listings[at] = listing;
            }
            self.searches_agree_with_the_plain_one().await;
        }
    }

    fn filters(&self) -> Vec<VehicleFilter> {
        let near = |radius_m| Some(Near { place: a_shop().place, radius_m });
        let all = VehicleFilter { near: near(500_000), ..VehicleFilter::all_in(Currency::USD) };
        vec![
            all.clone(),
            VehicleFilter { near: near(10_000), ..all.clone() },
            VehicleFilter { kind: Some(Kind::Scooter), ..all.clone() },
            VehicleFilter { price_min: Some(45_00), price_max: Some(45_00), ..all.clone() },
            VehicleFilter { features: vec![Feature::Helmet, Feature::Automatic], ..all.clone() },
            VehicleFilter { seats: Some(5), ..all.clone() },
            VehicleFilter { currency: Currency::EUR, ..all.clone() },
            VehicleFilter { free_in: Some(self.span(30, 31)), ..all.clone() },
            // Only the turnaround keeps these apart, or does not.
            VehicleFilter { free_in: Some(self.span(20, 24)), ..all.clone() },
            VehicleFilter { free_in: Some(self.span(49, 60)), ..all },
        ]
    }

    async fn plain(&self, query: &VehicleQuery) -> Vec<(Position, u32)> {
        let mut found = Vec::new();
        for listing in self.listings.iter().filter(|listing| listing.is_open()) {
            let shop = self.shops.iter().find(|shop| shop.id == listing.shop).unwrap();
            let units = match query.filter.free_in {
                Some(period) => free_units(listing, &self.busy(listing).await, period).len(),
                None => listing.ready_units().count(),
            };
            if units > 0 && query.filter.fits(listing, shop) {
                let units = u32::try_from(units).unwrap();
                found.push((Position::of(listing, shop, query), units));
            }
        }
        found.sort_by_key(|(position, _)| position.key());
        found
    }

    async fn busy(&self, listing: &Listing) -> Vec<Busy> {
        let around = self.span(-100, 10_000);
        self.rent.calendars.busy(&listing.resources(), around).await.unwrap()
    }

    async fn bookings_are_found(&self) {
        let bookings = &self.rent.bookings;
        let (instant, asked) = (&self.listings[1], &self.listings[2]);
        let booked = self.book(instant, self.span(100, 120)).await.unwrap();
        let request = self.book(asked, self.span(100, 120)).await.unwrap();

        let order = booked.order.unwrap();
        let found = bookings.booking_of_order(order).await.unwrap();
        assert_eq!(found.unwrap().state, booked);
        let BookingState::Held { until, .. } = request.state else { panic!("{request:?}") };
        let just = until - TimeDelta::microseconds(1);
        assert!(!bookings.unanswered(just, 100).await.unwrap().contains(&request.id));
        assert!(bookings.unanswered(until, 100).await.unwrap().contains(&request.id));
        let held = bookings.held_bookings(traveller(1).user).await.unwrap();
        let state = Some("held".to_owned());
        let filter =
            BookingFilter { traveller: Some(traveller(1).user), state, ..BookingFilter::default() };
        let all = pages(|page| bookings.list_bookings(filter.clone(), page)).await;
        assert_eq!(u64::try_from(all.len()).unwrap(), held);
        let ids: Vec<_> = all.iter().map(|stored| stored.state.id).collect();
        assert!(ids.is_sorted_by(|a, b| a > b), "newest first, each once");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());

        let answering = Answering { booking: request.id, seen: Version(1), accept: true };
        let accepted = self.rent.answer_request(&owner(), answering).await.unwrap().state;
        let found = bookings.booking_of_order(accepted.order.unwrap()).await.unwrap();
        assert_eq!(found.unwrap().state, accepted, "an order takes the time of its request over");
        assert_eq!(bookings.held_bookings(traveller(1).user).await.unwrap(), held);
    }

    /// A booking is put through its states by hand: orders and payments are not what is looked at here.
    async fn reviews_are_found(&self) {
        let listing = &self.listings[4];
        let made = self.book(listing, self.span(200, 210)).await.unwrap();
        let stored = self.rent.bookings.find(made.id).await.unwrap().unwrap();
        let at = self.env().now();
        let returned = crate::Booking {
            state: BookingState::Returned { at },
            returned: Some(record(at)),
            ..stored.state.clone()
        };
        self.rent.bookings.commit(stored.becomes(returned.clone()).alone()).await.unwrap();
        let due = async |before| self.rent.bookings.to_complete(before, 10).await.unwrap();
        assert_eq!(due(at).await, [made.id]);
        assert!(due(at - TimeDelta::seconds(1)).await.is_empty());

        let new = |stars| NewReview { booking: made.id, stars, text: "Fine.".into(), once: None };
        let page = PageRequest { limit: 10, cursor: None };
        let seen = async || self.rent.listing_reviews(listing.id, page.clone()).await.unwrap();
        let own = self.rent.write_review(&traveller(1), &new(4)).await.unwrap();
        assert_eq!((seen().await.0.count, seen().await.1.data.len()), (0, 0), "not yet");
        let twice = crate::Review { id: self.env().uuid().into(), ..own.clone() };
        let twice = self.rent.reviews.commit(commerce::Write::new(twice).alone()).await;
        assert!(
            matches!(&twice, Err(commerce::CommitError::Taken(key)) if key == "rent_reviews_booking_side_key"),
            "a side writes once: {twice:?}"
        );
        self.rent.write_review(&owner(), &new(5)).await.unwrap();
        let (rating, reviews) = seen().await;
        assert_eq!((rating.count, rating.stars, reviews.data.len()), (1, 4, 1));
        let now = self.env().now();
        let about = self.rent.reviews.reviews_of_traveller(traveller(1).user, now, page).await;
        assert_eq!(about.unwrap().data.len(), 1);
    }
}

fn vehicle(shop: &RentShop, number: usize) -> NewListing {
    let new = new_listing(shop.id);
    // Several cost the same, so that ties are broken.
    let day_minor = Some([30_00, 45_00, 45_00, 60_00][number % 4]);
    let currency = if number == 3 { Currency::EUR } else { Currency::USD };
    let rates = Some(Rates { currency, day_minor, ..rates() });
    let terms = Terms { instant: number != 2, ..Terms::default() };
    let units = new.units.iter().take(1 + number % 2).cloned().collect();
    let vehicle = match number % 5 {
        0 | 1 => Vehicle::Scooter(Scooter { licence: None, ..a_scooter() }),
        _ => new.vehicle.clone(),
    };
    NewListing { vehicle, rates, terms, units, ..new }
}

fn record(at: Timestamp) -> Record {
    Record { at, odometer_km: None, fuel_percent: None, photos: Vec::new(), note: String::new() }
}

/// Every page of a list, two rows at a time.
async fn pages<T, E: std::fmt::Debug>(
    list: impl AsyncFn(PageRequest) -> Result<Page<T>, E>,
) -> Vec<T> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = list(PageRequest { limit: 2, cursor }).await.unwrap();
        assert!(page.data.len() <= 2, "a page has what was asked for");
        all.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return all;
        }
    }
}
