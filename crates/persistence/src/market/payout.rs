//! Payouts and the entries they pay; an entry is in one payout.

use async_trait::async_trait;
use commerce::{
    Account, CommitError, Currency, Money, Page, PageRequest, StoreError, Stored, Timestamp,
    Version, Write,
};
use market::{Payout, PayoutFilter, PayoutId, PayoutItem, Payouts, SellerId};
use sea_orm::{QueryResult, Value};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, Layout, Refusal, Step, Steps, cursor, failure,
    rows::{self, Column},
    sql::{self, Binds, micros},
};

#[async_trait]
impl Layout for Payout {
    async fn load(db: &Db, id: PayoutId) -> Result<Option<Stored<Self>>, StoreError> {
        let sql = "select version, document from market_payouts where id = $1";
        db.row(sql, [id.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        steps.push(row(write)?);
        if write.expected == Version(0) {
            let items: Vec<_> = write.state.items.iter().map(|i| item(&write.state, i)).collect();
            steps.push(rows::insert(steps, "market_payout_items", ITEM, &items, "")?);
        }
        Ok(())
    }
}

/// What it consists of never changes.
fn row(write: &Write<Payout>) -> Result<Step, CommitError> {
    let payout = &write.state;
    let Version(version) = write.expected.next();
    let document = serde_json::to_string(payout).map_err(StoreError::new)?;
    let moving: [Value; 5] = [
        payout.id.uuid().into(),
        version.into(),
        payout.state.name().into(),
        payout.check_at.map(micros).into(),
        document.into(),
    ];
    if write.expected == Version(0) {
        let insert = "insert into market_payouts \
            (id, version, state, check_at, document, seller, currency, amount) \
            values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing";
        let lasting: [Value; 3] = [
            payout.seller.uuid().into(),
            payout.amount.currency.code().into(),
            payout.amount.minor.into(),
        ];
        return Ok(Step::new(insert, moving.into_iter().chain(lasting)).or(Refusal::Exists));
    }
    let Version(expected) = write.expected;
    let update = "update market_payouts set version = $2, state = $3, check_at = $4, document = $5 \
        where id = $1 and version = $6 and {gate}";
    Ok(Step::new(update, moving.into_iter().chain([expected.into()])).or(Refusal::Stale))
}

const ITEM: &[Column] =
    &[("payout", "uuid"), ("tx", "uuid"), ("line", "bigint"), ("amount", "bigint")];

#[derive(Serialize)]
struct ItemRow {
    payout: Uuid,
    tx: Uuid,
    line: u32,
    amount: i64,
}

fn item(payout: &Payout, item: &PayoutItem) -> ItemRow {
    let amount = item.amount.minor;
    ItemRow { payout: payout.id.uuid(), tx: item.posting, line: item.line, amount }
}

fn read(row: &QueryResult) -> Result<Stored<Payout>, StoreError> {
    Ok(Stored { state: sql::json(row, "document")?, version: Version(sql::get(row, "version")?) })
}

#[async_trait]
impl Payouts for Db {
    async fn list_payouts(
        &self,
        filter: PayoutFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Payout>>, StoreError> {
        let mut binds = Binds::default();
        let limit = binds.add(cursor::rows(&page));
        let mut sql = "select version, document from market_payouts where true".to_owned();
        if let Some(seller) = filter.seller {
            sql += &format!(" and seller = {}", binds.add(seller.uuid()));
        }
        if let Some(state) = filter.state {
            sql += &format!(" and state = {}", binds.add(state));
        }
        if let Some(after) = cursor::after::<Uuid>(&page)? {
            sql += &format!(" and id < {}", binds.add(after));
        }
        sql += &format!(" order by id desc limit {limit}");
        let rows = self.rows(&sql, binds.0).await?;
        let payouts = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        cursor::page(&page, payouts, |stored| stored.state.id.uuid())
    }

    async fn due_payouts(&self, now: Timestamp, limit: u32) -> Result<Vec<PayoutId>, StoreError> {
        let sql =
            "select id from market_payouts where check_at <= $1 order by check_at, id limit $2";
        let rows = self.rows(sql, [micros(now).into(), i64::from(limit).into()]).await?;
        rows.iter().map(|row| Ok(sql::get::<Uuid>(row, "id")?.into())).collect()
    }

    async fn unpaid_entries(
        &self,
        seller: SellerId,
        currency: Currency,
    ) -> Result<Vec<PayoutItem>, StoreError> {
        let account = Account::seller_payable(seller.uuid());
        let sql = "select e.tx, e.line, t.kind, t.reference, e.amount, e.at
            from ledger_entries e join ledger_transactions t on t.id = e.tx
            where e.account = $1 and e.currency = $2 and e.layer = 'settled' and t.kind <> 'payout_sent'
              and not exists (select 1 from market_payout_items i where i.tx = e.tx and i.line = e.line)
            order by e.at, e.tx, e.line";
        let values = [account.code().into(), currency.code().into()];
        let rows = self.rows(sql, values).await?;
        rows.iter().map(|row| entry(row, currency)).collect()
    }
}

/// A credit is more for the seller.
fn entry(row: &QueryResult, currency: Currency) -> Result<PayoutItem, StoreError> {
    let booked: Money = sql::money(row, "amount", currency)?;
    Ok(PayoutItem {
        posting: sql::get(row, "tx")?,
        line: u32::try_from(sql::get::<i64>(row, "line")?).map_err(failure::corrupt)?,
        kind: sql::get(row, "kind")?,
        reference: sql::get(row, "reference")?,
        amount: booked.negated().map_err(failure::corrupt)?,
        at: sql::time(row, "at")?,
    })
}
