//! Searching vehicles: candidates in order from an index, batch by batch, until enough of them are free.
//!
//! Distances are worked out here, for no engine's sines can be trusted to round as ours do. A search by distance looks
//! at the shops in rings around the place, the nearest first. A search by price asks each of a few shops, or walks
//! along the index of prices where there are many. Whether a unit is free is asked of candidates only: live claims on
//! it do not overlap, so the first to end after the period begins must begin after it ends.

use std::collections::HashMap;

use async_trait::async_trait;
use commerce::StoreError;
use rent::{
    Hit, Listing, Near, Place, Position, RentShop, Sort, VehicleQuery, VehicleSearch, distance_m,
};
use sea_orm::QueryResult;
use uuid::Uuid;

use super::candidates::{self, Reach, Source};
use crate::{
    Db, failure,
    sql::{self, Binds},
};

const FIRST_RING_M: u32 = 500;
const RING_GROWS: u32 = 4;

/// So many shops are asked one by one.
const FEW_SHOPS: usize = 100;

const BATCH_GROWS: u32 = 4;
const MOST_A_BATCH: u32 = 16_384;

struct Candidate {
    position: Position,
    /// How many of its units can be had.
    units: i64,
    place: Place,
}

#[async_trait]
impl VehicleSearch for Db {
    async fn search_vehicles(&self, query: &VehicleQuery) -> Result<Vec<Hit>, StoreError> {
        let found = match (query.sort, query.filter.near) {
            (Sort::Distance, Some(near)) => by_rings(self, query, near).await?,
            (Sort::PriceUp | Sort::PriceDown, Some(near)) => {
                let shops = shops_within(self, near, Some(FEW_SHOPS)).await?;
                let source = shops.map_or(Source::Everywhere(Some(near)), Source::Shops);
                find(self, query, &source, wanted(query)).await?
            }
            (_, None) => find(self, query, &Source::Everywhere(None), wanted(query)).await?,
        };
        hits(self, &found).await
    }
}

fn wanted(query: &VehicleQuery) -> usize {
    usize::try_from(query.limit).unwrap_or(usize::MAX)
}

/// No ring begins within another, so what the first one has comes first.
async fn by_rings(db: &Db, query: &VehicleQuery, near: Near) -> Result<Vec<Candidate>, StoreError> {
    let mut found: Vec<Candidate> = Vec::new();
    let begin = query.after.map_or(0, |after| after.value);
    let mut from = begin;
    let grown = |radius: &u32| radius.checked_mul(RING_GROWS);
    let inner = std::iter::successors(Some(FIRST_RING_M), grown);
    let radii = inner.take_while(|radius| *radius < near.radius_m).chain([near.radius_m]);
    for radius_m in radii.filter(|radius| i64::from(*radius) >= begin) {
        let shops = shops_within(db, Near { radius_m, ..near }, None).await?.unwrap_or_default();
        let ring: Vec<_> = shops.into_iter().filter(|reach| reach.metres >= from).collect();
        let missing = wanted(query).saturating_sub(found.len());
        if !ring.is_empty() {
            found.extend(find(db, query, &Source::Shops(ring), missing).await?);
        }
        if found.len() >= wanted(query) {
            break;
        }
        from = i64::from(radius_m).saturating_add(1);
    }
    Ok(found)
}

/// The shops in a circle; `None` when its box has more than `most`.
async fn shops_within(
    db: &Db,
    near: Near,
    most: Option<usize>,
) -> Result<Option<Vec<Reach>>, StoreError> {
    let mut binds = Binds::default();
    let within = candidates::within(near.bounds(), &mut binds);
    let limit =
        most.map_or(i64::MAX, |most| i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1));
    let sql = format!(
        "select s.id, s.lat_e6, s.lon_e6 from rent_shops s where {within} limit {}",
        binds.add(limit)
    );
    let rows = db.rows(&sql, binds.0).await?;
    if most.is_some_and(|most| rows.len() > most) {
        return Ok(None);
    }
    let reach = |row: &QueryResult| {
        let metres = i64::from(distance_m(near.place, place(row)?));
        Ok(Reach { shop: sql::get(row, "id")?, metres })
    };
    let mut shops = rows.iter().map(reach).collect::<Result<Vec<_>, StoreError>>()?;
    shops.retain(|reach| reach.metres <= i64::from(near.radius_m));
    Ok(Some(shops))
}

fn place(row: &QueryResult) -> Result<Place, StoreError> {
    let e6 = |column| i32::try_from(sql::get::<i64>(row, column)?).map_err(failure::corrupt);
    Ok(Place { lat_e6: e6("lat_e6")?, lon_e6: e6("lon_e6")? })
}

/// Batches grow, so that the whole is looked through in a few of them when next to nothing is free.
async fn find(
    db: &Db,
    query: &VehicleQuery,
    source: &Source,
    wanted: usize,
) -> Result<Vec<Candidate>, StoreError> {
    let mut found = Vec::new();
    let mut after = query.after;
    let spare = if query.filter.free_in.is_some() { 2 } else { 1 };
    // One of few sizes, for it is part of the statement.
    let mut batch = query.limit.saturating_mul(spare).clamp(1, MOST_A_BATCH).next_power_of_two();
    loop {
        let (sql, values) = candidates::batch(db.engine(), query, source, (after, batch))?;
        let rows = db.rows(&sql, values).await?;
        let candidates = rows.iter().map(|row| candidate(row, query.sort));
        let candidates = candidates.collect::<Result<Vec<_>, _>>()?;
        after = candidates.last().map(|last| last.position);
        // A box is larger than its circle.
        let holds = |place| query.filter.near.is_none_or(|near| near.holds(place));
        let fits = |candidate: &Candidate| candidate.units > 0 && holds(candidate.place);
        found.extend(candidates.into_iter().filter(fits));
        let more = u32::try_from(rows.len()).is_ok_and(|rows| rows >= batch);
        if found.len() >= wanted || !more {
            found.truncate(wanted);
            return Ok(found);
        }
        batch = batch.saturating_mul(BATCH_GROWS).min(MOST_A_BATCH);
    }
}

fn candidate(row: &QueryResult, sort: Sort) -> Result<Candidate, StoreError> {
    let listing: Uuid = sql::get(row, "listing")?;
    let position = Position { sort, value: sql::get(row, "sorted")?, listing: listing.into() };
    Ok(Candidate { position, units: sql::get(row, "had")?, place: place(row)? })
}

/// Reads what was found, in the order it was found in.
async fn hits(db: &Db, found: &[Candidate]) -> Result<Vec<Hit>, StoreError> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let mut binds = Binds::default();
    let among = binds.among(found.iter().map(|candidate| candidate.position.listing.uuid()));
    let sql = format!(
        "select l.document as listing, s.document as shop from rent_listings l \
         join rent_shops s on s.id = l.shop where l.id in ({among})"
    );
    let rows = db.rows(&sql, binds.0).await?;
    let documents = |row: &QueryResult| {
        let listing: Listing = sql::json(row, "listing")?;
        Ok((listing.id, (listing, sql::json(row, "shop")?)))
    };
    let read = rows.iter().map(documents).collect::<Result<HashMap<_, _>, StoreError>>();
    let mut read: HashMap<_, (Listing, RentShop)> = read?;
    let hit = |&Candidate { position, units, .. }: &Candidate| {
        let (listing, shop) = read.remove(&position.listing)?;
        Some(Hit { listing, shop, units: u32::try_from(units).unwrap_or(u32::MAX), position })
    };
    Ok(found.iter().filter_map(hit).collect())
}
