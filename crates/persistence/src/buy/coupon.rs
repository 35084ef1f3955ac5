//! Coupons: one document a row, beside the columns by which they are found.

use async_trait::async_trait;
use buy::{Coupon, CouponCode, CouponId, CouponUses, Coupons, CouponsOf};
use commerce::{CommitError, Page, PageRequest, ResourceId, StoreError, Stored, Version, Write};
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::{
    Db, Layout, Refusal, Step, Steps, cursor,
    sql::{self, Binds},
};

#[async_trait]
impl Layout for Coupon {
    async fn load(db: &Db, id: CouponId) -> Result<Option<Stored<Self>>, StoreError> {
        let sql = "select version, document from buy_coupons where id = $1";
        db.row(sql, [id.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        steps.push(row(write)?);
        Ok(())
    }
}

fn row(write: &Write<Coupon>) -> Result<Step, CommitError> {
    let coupon = &write.state;
    let Version(version) = write.expected.next();
    let document = serde_json::to_string(coupon).map_err(StoreError::new)?;
    let moving: [Value; 4] =
        [coupon.id.uuid().into(), version.into(), coupon.retired.is_some().into(), document.into()];
    if write.expected == Version(0) {
        let insert = "insert into buy_coupons (id, version, retired, document, code, seller) \
            values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing";
        let lasting: [Value; 2] = [coupon.code.as_str().into(), coupon.discount.seller.into()];
        return Ok(Step::new(insert, moving.into_iter().chain(lasting)).or(Refusal::Exists));
    }
    let Version(expected) = write.expected;
    let update = "update buy_coupons set version = $2, retired = $3, document = $4 \
        where id = $1 and version = $5 and {gate}";
    Ok(Step::new(update, moving.into_iter().chain([expected.into()])).or(Refusal::Stale))
}

fn read(row: &QueryResult) -> Result<Stored<Coupon>, StoreError> {
    Ok(Stored { state: sql::json(row, "document")?, version: Version(sql::get(row, "version")?) })
}

#[async_trait]
impl Coupons for Db {
    async fn coupon_of_code(
        &self,
        code: &CouponCode,
    ) -> Result<Option<Stored<Coupon>>, StoreError> {
        let sql = "select version, document from buy_coupons where code = $1 and not retired";
        self.row(sql, [code.as_str().into()]).await?.as_ref().map(read).transpose()
    }

    async fn list_coupons(
        &self,
        of: CouponsOf,
        page: PageRequest,
    ) -> Result<Page<Stored<Coupon>>, StoreError> {
        let mut binds = Binds::default();
        let limit = binds.add(cursor::rows(&page));
        let mut sql = "select version, document from buy_coupons where true".to_owned();
        match of {
            CouponsOf::Everybody => {}
            CouponsOf::Only(None) => sql += " and seller is null",
            CouponsOf::Only(Some(seller)) => sql += &format!(" and seller = {}", binds.add(seller)),
        }
        if let Some(after) = cursor::after::<Uuid>(&page)? {
            sql += &format!(" and id < {}", binds.add(after));
        }
        sql += &format!(" order by id desc limit {limit}");
        let rows = self.rows(&sql, binds.0).await?;
        let coupons = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        cursor::page(&page, coupons, |stored| stored.state.id.uuid())
    }

    async fn coupon_uses(&self, of: &[ResourceId]) -> Result<Vec<CouponUses>, StoreError> {
        if of.is_empty() {
            return Ok(Vec::new());
        }
        let mut binds = Binds::default();
        let among = binds.among(of.iter().map(|resource| resource.uuid()));
        let sql = format!(
            "select resource, on_hand, held from commerce_stock where resource in ({among})"
        );
        let uses = |row: &QueryResult| {
            let resource: Uuid = sql::get(row, "resource")?;
            let (on_hand, held) = (sql::get(row, "on_hand")?, sql::get(row, "held")?);
            Ok(CouponUses { resource: resource.into(), on_hand, held })
        };
        self.rows(&sql, binds.0).await?.iter().map(uses).collect()
    }
}
