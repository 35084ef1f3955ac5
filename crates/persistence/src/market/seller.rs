//! Sellers, found by their state, their next payout and their people.

use async_trait::async_trait;
use commerce::{
    CommitError, Page, PageRequest, StoreError, Stored, Timestamp, UserId, Version, Write,
};
use market::{Seller, SellerFilter, SellerId, SellerList};
use sea_orm::{QueryResult, Value};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, Layout, Refusal, Step, Steps, cursor,
    rows::{self, Column},
    sql::{self, Binds, micros},
};

#[async_trait]
impl Layout for Seller {
    async fn load(db: &Db, id: SellerId) -> Result<Option<Stored<Self>>, StoreError> {
        let sql = "select version, document from market_sellers where id = $1";
        db.row(sql, [id.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        steps.push(row(write)?);
        members(&write.state, steps)?;
        former(&write.state, steps)
    }
}

fn row(write: &Write<Seller>) -> Result<Step, CommitError> {
    let seller = &write.state;
    let Version(version) = write.expected.next();
    let document = serde_json::to_string(seller).map_err(StoreError::new)?;
    let values: [Value; 5] = [
        seller.id.uuid().into(),
        version.into(),
        seller.state.name().into(),
        seller.next_payout.map(micros).into(),
        document.into(),
    ];
    if write.expected == Version(0) {
        let insert = "insert into market_sellers (id, version, state, next_payout, document) \
            values ($1, $2, $3, $4, $5) on conflict (id) do nothing";
        return Ok(Step::new(insert, values).or(Refusal::Exists));
    }
    let Version(expected) = write.expected;
    let update = "update market_sellers set version = $2, state = $3, next_payout = $4, \
        document = $5 where id = $1 and version = $6 and {gate}";
    Ok(Step::new(update, values.into_iter().chain([expected.into()])).or(Refusal::Stale))
}

const MEMBER: &[Column] = &[("seller", "uuid"), ("member", "uuid")];

#[derive(Serialize)]
struct MemberRow {
    seller: Uuid,
    member: Uuid,
}

/// Who left goes, who is new comes; who belongs to another seller is refused by the index.
fn members(seller: &Seller, steps: &mut Steps) -> Result<(), CommitError> {
    let row = |member: &market::Member| MemberRow {
        seller: seller.id.uuid(),
        member: member.user.uuid(),
    };
    let rows: Vec<_> = seller.team.iter().map(row).collect();
    let engine = steps.engine();
    let source = rows::source(engine, MEMBER);
    let [of, who] = ["seller", "member"].map(|column| rows::value(engine, (column, "uuid")));
    let left = format!(
        "delete from market_members where seller = $2 \
         and member not in (select {who} from {source}) and {{gate}}"
    );
    steps.push(Step::new(left, [Steps::rows(&rows)?, seller.id.uuid().into()]));
    let there = format!(
        "and not exists (select 1 from market_members m where m.seller = {of} and m.member = {who})"
    );
    steps.push(rows::insert(steps, "market_members", MEMBER, &rows, &there)?);
    Ok(())
}

fn former(seller: &Seller, steps: &mut Steps) -> Result<(), CommitError> {
    if seller.former.is_empty() {
        return Ok(());
    }
    let row = |member: &UserId| MemberRow { seller: seller.id.uuid(), member: member.uuid() };
    let rows: Vec<_> = seller.former.iter().map(row).collect();
    let known = "on conflict do nothing";
    steps.push(rows::insert(steps, "market_former_members", MEMBER, &rows, known)?);
    Ok(())
}

fn read(row: &QueryResult) -> Result<Stored<Seller>, StoreError> {
    Ok(Stored { state: sql::json(row, "document")?, version: Version(sql::get(row, "version")?) })
}

#[async_trait]
impl SellerList for Db {
    async fn seller_of(&self, user: UserId) -> Result<Option<Stored<Seller>>, StoreError> {
        let sql = "select s.version, s.document from market_members m
            join market_sellers s on s.id = m.seller where m.member = $1";
        self.row(sql, [user.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    async fn was_member(&self, user: UserId) -> Result<bool, StoreError> {
        let sql = "select 1 as there from market_former_members where member = $1 limit 1";
        Ok(self.row(sql, [user.uuid().into()]).await?.is_some())
    }

    async fn list_sellers(
        &self,
        filter: SellerFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Seller>>, StoreError> {
        let mut binds = Binds::default();
        let limit = binds.add(cursor::rows(&page));
        let mut sql = "select version, document from market_sellers where true".to_owned();
        if let Some(state) = filter.state {
            sql += &format!(" and state = {}", binds.add(state));
        }
        if let Some(after) = cursor::after::<Uuid>(&page)? {
            sql += &format!(" and id < {}", binds.add(after));
        }
        sql += &format!(" order by id desc limit {limit}");
        let rows = self.rows(&sql, binds.0).await?;
        let sellers = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        cursor::page(&page, sellers, |stored| stored.state.id.uuid())
    }

    async fn selling(&self, sellers: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        if sellers.is_empty() {
            return Ok(Vec::new());
        }
        let mut binds = Binds::default();
        let among = binds.among(sellers.iter().copied());
        let sql =
            format!("select id from market_sellers where state = 'approved' and id in ({among})");
        self.rows(&sql, binds.0).await?.iter().map(|row| sql::get(row, "id")).collect()
    }

    async fn due_sellers(&self, now: Timestamp, limit: u32) -> Result<Vec<SellerId>, StoreError> {
        let sql = "select id from market_sellers where next_payout <= $1
            order by next_payout, id limit $2";
        let rows = self.rows(sql, [micros(now).into(), i64::from(limit).into()]).await?;
        rows.iter().map(|row| Ok(sql::get::<Uuid>(row, "id")?.into())).collect()
    }
}
