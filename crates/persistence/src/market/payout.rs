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
        let last = "select id from market_payouts where seller = $1 and currency = $2
            order by id desc limit 1";
        let last = self.row(last, [seller.uuid().into(), currency.code().into()]).await?;
        if let Some(last) = last {
            let since = drawn_up_at(sql::get(&last, "id")?).saturating_sub(OVERTAKEN);
            let recent = Unpaid::since(self, since, seller, currency).await?;
            if recent.is_whole {
                return Ok(recent.entries);
            }
        }
        Ok(Unpaid::since(self, i64::MIN, seller, currency).await?.entries)
    }
}

/// A payout lists all that was booked when it was drawn up. What was on its way then is booked soon after, and may
/// say that it happened before; this much, in microseconds.
const OVERTAKEN: i64 = 3_600_000_000;

/// An id begins with the millisecond it was made in.
fn drawn_up_at(payout: Uuid) -> i64 {
    let (high, _) = payout.as_u64_pair();
    i64::try_from(high >> 16).unwrap_or_default().saturating_mul(1_000)
}

/// Entries that are in no payout, since a moment.
struct Unpaid {
    entries: Vec<PayoutItem>,
    /// They are what the account holds: earlier ones are all in payouts, or come to nothing together.
    is_whole: bool,
}

impl Unpaid {
    /// One statement, so that the entries and the balance are of the same moment.
    async fn since(
        db: &Db,
        since: i64,
        seller: SellerId,
        currency: Currency,
    ) -> Result<Self, StoreError> {
        let account = Account::seller_payable(seller.uuid());
        let sql = "select a.balance, u.tx, u.line, u.kind, u.reference, u.amount, u.at
            from ledger_accounts a left join (
              select e.tx, e.line, t.kind, t.reference, e.amount, e.at
              from ledger_entries e join ledger_transactions t on t.id = e.tx
              where e.account = $1 and e.currency = $2 and e.at >= $3 and e.layer = 'settled'
                and t.kind <> 'payout_sent'
                and not exists (select 1 from market_payout_items i where i.tx = e.tx and i.line = e.line)) u
              on true
            where a.code = $1 and a.currency = $2
            order by u.at, u.tx, u.line";
        let values = [account.code().into(), currency.code().into(), since.into()];
        let rows = db.rows(sql, values).await?;
        let balance =
            rows.first().map(|row| sql::get::<Option<i64>>(row, "balance")).transpose()?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in &rows {
            if sql::get::<Option<Uuid>>(row, "tx")?.is_some() {
                entries.push(entry(row, currency)?);
            }
        }
        let listed = Money::sum(currency, entries.iter().map(|entry| entry.amount));
        let payable = balance.flatten().map(|balance| Money::new(balance, currency).negated());
        let is_whole = matches!((listed, payable), (Ok(listed), Some(Ok(has))) if listed == has);
        Ok(Self { entries, is_whole })
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
