//! Reading the books: balances, the entries of an account, and the proof that all of it adds up.

use async_trait::async_trait;
use commerce::{
    Money, Page, PageRequest, StoreError,
    ledger::{Balance, BookedEntry, Class, Journal, Layer, TrialBalance},
};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::{
    Db, cursor, failure,
    sql::{self, get, micros},
};

#[async_trait]
impl Journal for Db {
    async fn list_balances(
        &self,
        prefix: &str,
        page: PageRequest,
    ) -> Result<Page<Balance>, StoreError> {
        let (code, currency): (String, String) = cursor::after(&page)?.unwrap_or_default();
        let rows = self
            .rows(
                "select a.code, a.currency, a.class, case when a.floored then a.reserved end as reserved,
                   coalesce(a.balance, (
                   select cast(coalesce(sum(e.amount), 0) as bigint) from ledger_entries e
                   where e.account = a.code and e.currency = a.currency
                     and e.layer = 'settled')) as balance
                 from ledger_accounts a
                 where a.code >= $2 and substr(a.code, 1, length($2)) = $2
                   and (a.code, a.currency) > ($3, $4)
                 order by a.code, a.currency limit $1",
                [cursor::rows(&page).into(), prefix.into(), code.into(), currency.into()],
            )
            .await?;
        let balances = rows.iter().map(balance).collect::<Result<Vec<_>, _>>()?;
        cursor::page(&page, balances, |b| (b.code.clone(), b.balance.currency.code()))
    }

    async fn list_entries(
        &self,
        code: &str,
        page: PageRequest,
    ) -> Result<Page<BookedEntry>, StoreError> {
        let before = cursor::after(&page)?.unwrap_or((i64::MAX, Uuid::max(), i64::MAX));
        let (at, tx, line) = before;
        let rows = self
            .rows(
                "select e.tx, e.line, t.kind, t.reference, e.at, e.currency, e.amount, e.layer
                 from ledger_entries e join ledger_transactions t on t.id = e.tx
                 where e.account = $2 and (e.at, e.tx, e.line) < ($3, $4, $5)
                 order by e.at desc, e.tx desc, e.line desc limit $1",
                [cursor::rows(&page).into(), code.into(), at.into(), tx.into(), line.into()],
            )
            .await?;
        let entries = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let page =
            cursor::page(&page, entries, |(entry, line)| (micros(entry.at), entry.posting, *line))?;
        Ok(page.map(|(entry, _)| entry))
    }

    async fn trial_balance(&self) -> Result<Vec<TrialBalance>, StoreError> {
        let rows = self
            .rows(
                "select currency,
                   cast(sum(case when amount > 0 then amount else 0 end) as bigint) as debits,
                   cast(sum(case when amount < 0 then -amount else 0 end) as bigint) as credits
                 from ledger_entries where layer = 'settled' group by currency order by currency",
                [],
            )
            .await?;
        rows.iter().map(totals).collect()
    }
}

fn balance(row: &QueryResult) -> Result<Balance, StoreError> {
    let currency = sql::currency(row, "currency")?;
    let class: String = get(row, "class")?;
    let reserved: Option<i64> = get(row, "reserved")?;
    Ok(Balance {
        code: get(row, "code")?,
        class: Class::parse(&class).ok_or_else(failure::missing)?,
        reserved: reserved.map(|minor| Money::new(minor, currency)),
        balance: sql::money(row, "balance", currency)?,
    })
}

fn entry(row: &QueryResult) -> Result<(BookedEntry, i64), StoreError> {
    let currency = sql::currency(row, "currency")?;
    let layer: String = get(row, "layer")?;
    let entry = BookedEntry {
        layer: Layer::parse(&layer).ok_or_else(failure::missing)?,
        posting: get(row, "tx")?,
        kind: get(row, "kind")?,
        reference: get(row, "reference")?,
        at: sql::time(row, "at")?,
        amount: sql::money(row, "amount", currency)?,
    };
    Ok((entry, get(row, "line")?))
}

fn totals(row: &QueryResult) -> Result<TrialBalance, StoreError> {
    Ok(TrialBalance {
        currency: sql::currency(row, "currency")?,
        debits: get(row, "debits")?,
        credits: get(row, "credits")?,
    })
}
