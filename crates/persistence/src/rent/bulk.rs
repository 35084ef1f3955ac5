//! Many rentals at once, for a benchmark: a few statements for thousands of them.

use commerce::{CommitError, StoreError};
use rent::{Booking, Listing, Rates, RentShop};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use uuid::Uuid;

use super::{booking, listing::bits};
use crate::{
    Db, Step, Steps, failure,
    rows::{self, Column},
    sql::{self, micros},
};

/// Shops nobody has yet with their listings, and bookings that claim their units' time by themselves, without orders.
#[derive(Debug, Clone, Default)]
pub struct BulkRentals {
    pub shops: Vec<RentShop>,
    pub listings: Vec<Listing>,
    pub bookings: Vec<Booking>,
}

impl Db {
    /// Writes all of them or none. Nobody may have claimed the units' time yet.
    pub async fn plant_rentals(&self, bulk: &BulkRentals) -> Result<(), CommitError> {
        let steps = Steps::new(self.engine());
        let inserts = [shops(&steps, bulk)?, listings(&steps, bulk)?, bookings(&steps, bulk)?];
        let claims = claims(&steps, bulk)?;
        // Nothing is worked out while the transaction is open.
        let tx = self.begin().await?;
        for step in inserts.into_iter().chain(claims) {
            let statement = self.statement(&step.sql.replace("{gate}", "true"), step.values);
            tx.execute_raw(statement).await.map_err(failure::write)?;
        }
        tx.commit().await.map_err(failure::write)
    }

    /// How many listings there are, of whatever status.
    pub async fn count_listings(&self) -> Result<u64, StoreError> {
        let row = self.row("select count(*) as n from rent_listings", []).await?;
        let count: i64 = row.map_or(Ok(0), |row| sql::get(&row, "n"))?;
        Ok(count.try_into().unwrap_or_default())
    }
}

const SHOP: &[Column] = &[
    ("id", "uuid"),
    ("version", "bigint"),
    ("owner", "uuid"),
    ("lat_e6", "bigint"),
    ("lon_e6", "bigint"),
    ("document", "text"),
];

#[derive(Serialize)]
struct ShopRow {
    id: Uuid,
    version: i64,
    owner: Uuid,
    lat_e6: i32,
    lon_e6: i32,
    document: String,
}

fn shops(steps: &Steps, bulk: &BulkRentals) -> Result<Step, CommitError> {
    let row = |shop: &RentShop| {
        Ok(ShopRow {
            id: shop.id.uuid(),
            version: 1,
            owner: shop.owner.uuid(),
            lat_e6: shop.place.lat_e6,
            lon_e6: shop.place.lon_e6,
            document: document(shop)?,
        })
    };
    let rows = bulk.shops.iter().map(row).collect::<Result<Vec<_>, CommitError>>()?;
    rows::insert(steps, "rent_shops", SHOP, &rows, "")
}

const LISTING: &[Column] = &[
    ("id", "uuid"),
    ("version", "bigint"),
    ("shop", "uuid"),
    ("status", "text"),
    ("kind", "text"),
    ("currency", "text"),
    ("day_from", "bigint"),
    ("seats", "bigint"),
    ("features", "bigint"),
    ("turnaround", "bigint"),
    ("units", "json"),
    ("ready", "bigint"),
    ("document", "text"),
];

#[derive(Serialize)]
struct ListingRow {
    id: Uuid,
    version: i64,
    shop: Uuid,
    status: &'static str,
    kind: &'static str,
    currency: Option<String>,
    day_from: Option<i64>,
    seats: u8,
    features: i64,
    turnaround: u32,
    units: Vec<Uuid>,
    ready: usize,
    document: String,
}

fn listings(steps: &Steps, bulk: &BulkRentals) -> Result<Step, CommitError> {
    let row = |listing: &Listing| {
        let day = listing.rates.as_ref().map(Rates::day_from);
        let units: Vec<Uuid> = listing.resources().into_iter().map(|unit| unit.uuid()).collect();
        Ok(ListingRow {
            id: listing.id.uuid(),
            version: 1,
            shop: listing.shop.uuid(),
            status: listing.status.name(),
            kind: listing.vehicle.kind().as_str(),
            currency: day.map(|day| day.currency.code().to_owned()),
            day_from: day.map(|day| day.minor),
            seats: listing.vehicle.seats(),
            features: bits(&listing.vehicle.features()),
            turnaround: listing.terms.turnaround_minutes,
            ready: units.len(),
            units,
            document: document(listing)?,
        })
    };
    let rows = bulk.listings.iter().map(row).collect::<Result<Vec<_>, CommitError>>()?;
    rows::insert(steps, "rent_listings", LISTING, &rows, "")
}

const BOOKING: &[Column] = &[
    ("id", "uuid"),
    ("version", "bigint"),
    ("listing", "uuid"),
    ("unit", "uuid"),
    ("shop", "uuid"),
    ("traveller", "uuid"),
    ("state", "text"),
    ("over_at", "bigint"),
    ("document", "text"),
];

#[derive(Serialize)]
struct BookingRow {
    id: Uuid,
    version: i64,
    listing: Uuid,
    unit: Uuid,
    shop: Uuid,
    traveller: Uuid,
    state: &'static str,
    over_at: Option<i64>,
    document: String,
}

fn bookings(steps: &Steps, bulk: &BulkRentals) -> Result<Step, CommitError> {
    let row = |booking: &Booking| {
        Ok(BookingRow {
            id: booking.id.uuid(),
            version: 1,
            listing: booking.listing.uuid(),
            unit: booking.unit.uuid(),
            shop: booking.shop.uuid(),
            traveller: booking.traveller.uuid(),
            state: booking.state.name(),
            over_at: booking::over_at(booking).map(micros),
            document: document(booking)?,
        })
    };
    let rows = bulk.bookings.iter().map(row).collect::<Result<Vec<_>, CommitError>>()?;
    rows::insert(steps, "rent_bookings", BOOKING, &rows, "")
}

const CALENDAR: &[Column] = &[("resource", "uuid"), ("moves", "bigint")];

const CLAIM: &[Column] = &[
    ("id", "uuid"),
    ("resource", "uuid"),
    ("holder", "uuid"),
    ("units", "bigint"),
    ("state", "text"),
    ("moment", "bigint"),
    ("starts_at", "bigint"),
    ("ends_at", "bigint"),
    ("live", "boolean"),
];

#[derive(Serialize)]
struct CalendarRow {
    resource: Uuid,
    moves: i64,
}

#[derive(Serialize)]
struct ClaimRow {
    id: Uuid,
    resource: Uuid,
    holder: Uuid,
    units: i64,
    state: &'static str,
    moment: i64,
    starts_at: i64,
    ends_at: i64,
    live: bool,
}

/// The claims of what is paid for, and the calendars they are in.
fn claims(steps: &Steps, bulk: &BulkRentals) -> Result<[Step; 2], CommitError> {
    let resources = bulk.listings.iter().flat_map(Listing::resources);
    let calendars: Vec<_> =
        resources.map(|resource| CalendarRow { resource: resource.uuid(), moves: 1 }).collect();
    let row = |booking: &Booking| ClaimRow {
        id: booking.claim.uuid(),
        resource: booking.resource().uuid(),
        holder: booking.id.uuid(),
        units: 1,
        state: "kept",
        moment: micros(booking.created_at),
        starts_at: micros(booking.claimed.starts_at()),
        ends_at: micros(booking.claimed.ends_at()),
        live: true,
    };
    let claims: Vec<_> = bulk.bookings.iter().map(row).collect();
    let again = "on conflict (resource) do nothing";
    Ok([
        rows::insert(steps, "commerce_calendars", CALENDAR, &calendars, again)?,
        rows::insert(steps, "commerce_claims", CLAIM, &claims, "")?,
    ])
}

fn document<T: Serialize>(of: &T) -> Result<String, CommitError> {
    Ok(serde_json::to_string(of).map_err(StoreError::new)?)
}
