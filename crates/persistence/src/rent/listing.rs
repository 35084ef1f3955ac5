//! Listings, found by their shop and by whatever travellers search for.

use async_trait::async_trait;
use commerce::{CommitError, Page, PageRequest, StoreError, Stored, Version, Write};
use rent::{Feature, KeptListing, Listing, ListingId, Listings, ShopId};
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::{Db, Layout, Refusal, Step, Steps, cursor, sql, sql::Binds};

#[async_trait]
impl Layout for Listing {
    async fn load(db: &Db, id: ListingId) -> Result<Option<Stored<Self>>, StoreError> {
        let sql = "select version, document from rent_listings where id = $1";
        let Some(row) = db.row(sql, [id.uuid().into()]).await? else { return Ok(None) };
        let version = Version(sql::get(&row, "version")?);
        Ok(Some(Stored { state: read(&row)?, version }))
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        steps.push(row(write)?);
        Ok(())
    }
}

fn row(write: &Write<Listing>) -> Result<Step, CommitError> {
    let values = values(&write.state, write.expected.next())?;
    if write.expected == Version(0) {
        let insert = "insert into rent_listings (id, version, shop, status, kind, currency, day_from, \
            seats, features, turnaround, units, ready, document) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, cast($11 as {json}), $12, $13) \
            on conflict (id) do nothing";
        return Ok(Step::new(insert, values).or(Refusal::Exists));
    }
    let Version(expected) = write.expected;
    let update = "update rent_listings set version = $2, shop = $3, status = $4, kind = $5, \
        currency = $6, day_from = $7, seats = $8, features = $9, turnaround = $10, \
        units = cast($11 as {json}), ready = $12, document = $13 \
        where id = $1 and version = $14 and {gate}";
    Ok(Step::new(update, values.into_iter().chain([expected.into()])).or(Refusal::Stale))
}

fn values(listing: &Listing, Version(version): Version) -> Result<[Value; 13], CommitError> {
    let day = listing.rates.as_ref().map(rent::Rates::day_from);
    let units: Vec<Uuid> = listing.resources().into_iter().map(|unit| unit.uuid()).collect();
    // Searches pass by what has nothing ready.
    let ready = if listing.withheld { 0 } else { units.len() };
    let ready = i64::try_from(ready).map_err(StoreError::new)?;
    Ok([
        listing.id.uuid().into(),
        version.into(),
        listing.shop.uuid().into(),
        listing.status.name().into(),
        listing.vehicle.kind().as_str().into(),
        day.map(|day| day.currency.code().to_owned()).into(),
        day.map(|day| day.minor).into(),
        i64::from(listing.vehicle.seats()).into(),
        bits(&listing.vehicle.features()).into(),
        i64::from(listing.terms.turnaround_minutes).into(),
        Steps::rows(&units)?,
        ready.into(),
        serde_json::to_string(listing).map_err(StoreError::new)?.into(),
    ])
}

/// Features as bits of a number; a bit that was once given out keeps its meaning.
pub fn bits(features: &[Feature]) -> i64 {
    features.iter().map(|feature| bit(*feature)).fold(0, |bits, bit| bits | bit)
}

fn bit(feature: Feature) -> i64 {
    match feature {
        Feature::AirConditioning => 1,
        Feature::Automatic => 1 << 1,
        Feature::Bicycle => 1 << 2,
        Feature::Electric => 1 << 3,
        Feature::Helmet => 1 << 4,
        Feature::Motorbike => 1 << 5,
        Feature::NoLicence => 1 << 6,
        Feature::TopBox => 1 << 7,
    }
}

fn read(row: &QueryResult) -> Result<Listing, StoreError> {
    sql::json(row, "document")
}

#[async_trait]
impl Listings for Db {
    async fn kept_listings(
        &self,
        shop: ShopId,
        status: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<KeptListing>, StoreError> {
        let mut binds = Binds::default();
        let mut sql =
            format!("select document from rent_listings where shop = {}", binds.add(shop.uuid()));
        if let Some(status) = status {
            sql += &format!(" and status = {}", binds.add(status));
        }
        if let Some(after) = cursor::after::<Uuid>(&page)? {
            sql += &format!(" and id < {}", binds.add(after));
        }
        sql += &format!(" order by id desc limit {}", binds.add(cursor::rows(&page)));
        let rows = self.rows(&sql, binds.0).await?;
        let kept =
            rows.iter().map(|row| Ok(kept(read(row)?))).collect::<Result<_, StoreError>>()?;
        cursor::page(&page, kept, |kept| kept.id.uuid())
    }
}

fn kept(listing: Listing) -> KeptListing {
    let Listing { id, vehicle, title, status, units, updated_at, .. } = listing;
    KeptListing {
        id,
        kind: vehicle.kind(),
        title,
        status: status.name().to_owned(),
        units: u32::try_from(units.len()).unwrap_or(u32::MAX),
        updated_at,
    }
}
