//! Rental shops, their listings, bookings and reviews.

use sea_orm_migration::prelude::*;

use crate::dialect::{run, run_on};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await?;
        run(manager, INDEXES).await?;
        run_on(manager, POSTGRES, "").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }
}

/// Beside each document stand the columns by which it is found. Of a listing these are what it costs a day, a bit
/// for each feature, the units that can go out and how many they are, and the minutes they rest. Of a booking: when
/// a request must be answered, and since when a vehicle is back or should never have left.
const TABLES: &str = "
create table rent_shops (
    id {uuid} not null,
    version bigint not null,
    owner {uuid} not null,
    lat_e6 bigint not null,
    lon_e6 bigint not null,
    document text not null,
    constraint rent_shops_pkey primary key (id)
) {strict};
create table rent_listings (
    id {uuid} not null,
    version bigint not null,
    shop {uuid} not null,
    status text not null,
    kind text not null,
    currency {key},
    day_from bigint,
    seats bigint not null,
    features bigint not null,
    turnaround bigint not null,
    units {json} not null,
    ready bigint not null,
    document text not null,
    constraint rent_listings_pkey primary key (id),
    constraint rent_listings_shop foreign key (shop) references rent_shops (id),
    constraint rent_listings_status check (status in ('draft', 'published', 'paused', 'retired')),
    constraint rent_listings_priced check (
        (currency is null) = (day_from is null) and (status <> 'published' or day_from is not null))
) {strict};
create table rent_bookings (
    id {uuid} not null,
    version bigint not null,
    \"order\" {uuid},
    listing {uuid} not null,
    unit {uuid} not null,
    shop {uuid} not null,
    traveller {uuid} not null,
    state text not null,
    answer_by bigint,
    over_at bigint,
    document text not null,
    constraint rent_bookings_pkey primary key (id),
    constraint rent_bookings_state check (
        state in ('held', 'confirmed', 'active', 'returned', 'completed', 'cancelled', 'expired')),
    constraint rent_bookings_answer_by check (answer_by is null or state = 'held')
) {strict};
create table rent_reviews (
    id {uuid} not null,
    version bigint not null,
    booking {uuid} not null,
    side text not null,
    listing {uuid} not null,
    about {uuid},
    stars bigint not null,
    visible_from bigint not null,
    document text not null,
    constraint rent_reviews_pkey primary key (id),
    constraint rent_reviews_stars check (stars between 1 and 5)
) {strict};
";

/// Searches by price read only their index: all they ask of a listing comes after its place in it.
const INDEXES: &str = "
create index rent_shops_of_owner on rent_shops (owner, id);
create index rent_shops_by_place on rent_shops (lat_e6, lon_e6, id);
create index rent_listings_of_shop on rent_listings (shop, id);
create index rent_listings_by_price on rent_listings
    (currency, day_from, id, shop, kind, seats, features) where status = 'published' and ready > 0;
create index rent_listings_by_price_down on rent_listings
    (currency, day_from desc, id, shop, kind, seats, features) where status = 'published' and ready > 0;
create unique index rent_bookings_order_key on rent_bookings (\"order\") where \"order\" is not null;
create index rent_bookings_of_traveller on rent_bookings (traveller, id);
create index rent_bookings_of_shop on rent_bookings (shop, id);
create index rent_bookings_of_listing on rent_bookings (listing, id);
create index rent_bookings_held on rent_bookings (traveller) where state = 'held';
create index rent_bookings_unanswered on rent_bookings (answer_by, id) where answer_by is not null;
create index rent_bookings_over on rent_bookings (over_at, id) where over_at is not null;
create unique index rent_reviews_booking_side_key on rent_reviews (booking, side);
create index rent_reviews_of_listing on rent_reviews (listing, id, visible_from, stars) where side = 'traveller';
create index rent_reviews_about on rent_reviews (about, id) where about is not null;
";

const POSTGRES: &str = "
alter table rent_bookings set (fillfactor = 80);
";

const DOWN: &str = "
drop table rent_reviews;
drop table rent_bookings;
drop table rent_listings;
drop table rent_shops;
";
