//! Rental shops, found by their owner, by their seller and by where they stand.

use async_trait::async_trait;
use commerce::{CommitError, StoreError, Stored, UserId, Version, Write};
use rent::{RentShop, ShopId, Shops};
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::{Db, Layout, Refusal, Step, Steps, sql};

#[async_trait]
impl Layout for RentShop {
    async fn load(db: &Db, id: ShopId) -> Result<Option<Stored<Self>>, StoreError> {
        let sql = "select version, seller, document from rent_shops where id = $1";
        db.row(sql, [id.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        steps.push(row(write)?);
        Ok(())
    }
}

fn row(write: &Write<RentShop>) -> Result<Step, CommitError> {
    let shop = &write.state;
    let Version(version) = write.expected.next();
    let document = serde_json::to_string(shop).map_err(StoreError::new)?;
    let values: [Value; 7] = [
        shop.id.uuid().into(),
        version.into(),
        shop.owner.uuid().into(),
        i64::from(shop.place.lat_e6).into(),
        i64::from(shop.place.lon_e6).into(),
        document.into(),
        shop.seller.into(),
    ];
    if write.expected == Version(0) {
        let insert = "insert into rent_shops (id, version, owner, lat_e6, lon_e6, document, seller) \
            values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing";
        return Ok(Step::new(insert, values).or(Refusal::Exists));
    }
    let Version(expected) = write.expected;
    let update = "update rent_shops set version = $2, owner = $3, lat_e6 = $4, lon_e6 = $5, \
        document = $6, seller = $7 where id = $1 and version = $8 and {gate}";
    Ok(Step::new(update, values.into_iter().chain([expected.into()])).or(Refusal::Stale))
}

fn read(row: &QueryResult) -> Result<Stored<RentShop>, StoreError> {
    let shop: RentShop = sql::json(row, "document")?;
    let state = RentShop { seller: sql::get(row, "seller")?, ..shop };
    Ok(Stored { state, version: Version(sql::get(row, "version")?) })
}

#[async_trait]
impl Shops for Db {
    async fn shops_of(&self, owner: UserId) -> Result<Vec<Stored<RentShop>>, StoreError> {
        let sql = "select version, seller, document from rent_shops where owner = $1 order by id";
        self.rows(sql, [owner.uuid().into()]).await?.iter().map(read).collect()
    }

    async fn shops_of_seller(&self, seller: Uuid) -> Result<Vec<Stored<RentShop>>, StoreError> {
        let sql = "select version, seller, document from rent_shops where seller = $1 order by id";
        self.rows(sql, [seller.into()]).await?.iter().map(read).collect()
    }
}
