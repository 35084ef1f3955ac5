//! The ports of renting over the store in memory: the plainest way to say what they promise.

use async_trait::async_trait;
use commerce::{
    OrderId, Page, PageRequest, Span, StoreError, Stored, Timestamp, UserId,
    claim::Busy,
    testing::{Books, Memory},
};
use uuid::Uuid;

use crate::{
    Awaiting, Booking, BookingFilter, BookingId, BookingState, Bookings, Hit, KeptListing, Listing,
    ListingId, Listings, Position, Rating, RentShop, Review, Reviews, ShopId, Shops, Side,
    VehicleQuery, VehicleSearch, free_units,
};

/// A store with the mode's unique indexes; the core's store refuses overlapping claims.
pub fn memory() -> Memory {
    Memory::default()
        .with_clash("rent_bookings_order_key", |a: &Booking, b: &Booking| {
            a.order.is_some() && a.order == b.order
        })
        .with_clash("rent_reviews_booking_side_key", |a: &Review, b: &Review| {
            a.booking == b.booking && a.by == b.by
        })
}

#[async_trait]
impl Shops for Memory {
    async fn shops_of(&self, owner: UserId) -> Result<Vec<Stored<RentShop>>, StoreError> {
        let mut all = self.read().all::<RentShop>();
        all.retain(|stored| stored.state.owner == owner);
        Ok(all)
    }

    async fn shops_of_seller(&self, seller: Uuid) -> Result<Vec<Stored<RentShop>>, StoreError> {
        let mut all = self.read().all::<RentShop>();
        all.retain(|stored| stored.state.seller == Some(seller));
        Ok(all)
    }
}

#[async_trait]
impl Listings for Memory {
    async fn kept_listings(
        &self,
        shop: ShopId,
        status: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<KeptListing>, StoreError> {
        let mut all = self.read().all::<Listing>();
        all.retain(|stored| {
            let listing = &stored.state;
            listing.shop == shop && status.is_none_or(|status| listing.status.name() == status)
        });
        all.reverse();
        Ok(Self::page(all.into_iter().map(|stored| kept(&stored.state)).collect(), &page))
    }
}

fn kept(listing: &Listing) -> KeptListing {
    KeptListing {
        id: listing.id,
        kind: listing.vehicle.kind(),
        title: listing.title.clone(),
        status: listing.status.name().to_owned(),
        units: u32::try_from(listing.units.len()).unwrap(),
        updated_at: listing.updated_at,
    }
}

#[async_trait]
impl Bookings for Memory {
    async fn booking_of_order(
        &self,
        order: OrderId,
    ) -> Result<Option<Stored<Booking>>, StoreError> {
        let all = self.read().all::<Booking>();
        Ok(all.into_iter().find(|stored| stored.state.order == Some(order)))
    }

    async fn list_bookings(
        &self,
        filter: BookingFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Booking>>, StoreError> {
        let fits = |b: &Booking| {
            filter.traveller.is_none_or(|traveller| b.traveller == traveller)
                && filter.shop.is_none_or(|shop| b.shop == shop)
                && filter.listing.is_none_or(|listing| b.listing == listing)
                && filter.state.as_ref().is_none_or(|state| b.state.name() == state)
        };
        let mut all = self.read().all::<Booking>();
        all.retain(|stored| fits(&stored.state));
        all.reverse();
        Ok(Self::page(all, &page))
    }

    async fn held_bookings(&self, traveller: UserId) -> Result<u64, StoreError> {
        let held =
            |b: &Booking| b.traveller == traveller && matches!(b.state, BookingState::Held { .. });
        let count = self.read().all::<Booking>().iter().filter(|s| held(&s.state)).count();
        Ok(u64::try_from(count).unwrap())
    }

    async fn unanswered(&self, now: Timestamp, limit: u32) -> Result<Vec<BookingId>, StoreError> {
        let overdue = |b: &Booking| match b.state {
            BookingState::Held { until, awaiting: Awaiting::Answer } => until <= now,
            _ => false,
        };
        Ok(ids(&self.read(), overdue, limit))
    }

    async fn to_complete(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookingId>, StoreError> {
        let over = |b: &Booking| match b.state {
            BookingState::Returned { at } => at <= before,
            BookingState::Confirmed { .. } => b.period.ends_at() <= before,
            _ => false,
        };
        Ok(ids(&self.read(), over, limit))
    }
}

fn ids(books: &Books, fits: impl Fn(&Booking) -> bool, limit: u32) -> Vec<BookingId> {
    let all = books.all::<Booking>().into_iter().map(|stored| stored.state);
    let fitting = all.filter(|booking| fits(booking)).map(|booking| booking.id);
    fitting.take(usize::try_from(limit).unwrap()).collect()
}

#[async_trait]
impl Reviews for Memory {
    async fn reviews_of_booking(
        &self,
        booking: BookingId,
    ) -> Result<Vec<Stored<Review>>, StoreError> {
        let mut all = self.read().all::<Review>();
        all.retain(|stored| stored.state.booking == booking);
        Ok(all)
    }

    async fn reviews_of_listing(
        &self,
        listing: ListingId,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Review>, StoreError> {
        let fits = |r: &Review| r.listing == listing && r.by == Side::Traveller;
        Ok(Self::page(visible(&self.read(), now, fits), &page))
    }

    async fn rating(&self, listing: ListingId, now: Timestamp) -> Result<Rating, StoreError> {
        let fits = |r: &Review| r.listing == listing && r.by == Side::Traveller;
        let reviews = visible(&self.read(), now, fits);
        let stars = reviews.iter().map(|review| u64::from(review.stars)).sum();
        Ok(Rating { count: u64::try_from(reviews.len()).unwrap(), stars })
    }

    async fn reviews_of_traveller(
        &self,
        traveller: UserId,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Review>, StoreError> {
        let fits = |r: &Review| r.about == Some(traveller);
        Ok(Self::page(visible(&self.read(), now, fits), &page))
    }
}

fn visible(books: &Books, now: Timestamp, fits: impl Fn(&Review) -> bool) -> Vec<Review> {
    let all = books.all::<Review>().into_iter().rev().map(|stored| stored.state);
    all.filter(|review| review.is_visible(now) && fits(review)).collect()
}

#[async_trait]
impl VehicleSearch for Memory {
    async fn search_vehicles(&self, query: &VehicleQuery) -> Result<Vec<Hit>, StoreError> {
        let books = self.read();
        let shops = books.all::<RentShop>();
        let hit = |listing: Listing| {
            let shop = shops.iter().find(|stored| stored.state.id == listing.shop)?.state.clone();
            let units = free(&books, &listing, query.filter.free_in);
            let found = listing.is_open() && units > 0 && query.filter.fits(&listing, &shop);
            let position = Position::of(&listing, &shop, query);
            found.then_some(Hit { listing, shop, units, position })
        };
        let all = books.all::<Listing>().into_iter().filter_map(|stored| hit(stored.state));
        let after = |hit: &Hit| query.after.is_none_or(|after| hit.position.key() > after.key());
        let mut hits: Vec<_> = all.filter(after).collect();
        hits.sort_by_key(|hit| hit.position.key());
        hits.truncate(usize::try_from(query.limit).unwrap());
        Ok(hits)
    }
}

fn free(books: &Books, listing: &Listing, period: Option<Span>) -> u32 {
    let live = books.claims.values().filter(|claim| claim.is_live());
    let busy = live.filter_map(|c| Some(Busy { resource: c.resource, span: c.span? }));
    let busy: Vec<_> = busy.collect();
    let units = match period {
        Some(period) => free_units(listing, &busy, period).len(),
        None => listing.ready_units().count(),
    };
    u32::try_from(units).unwrap()
}
