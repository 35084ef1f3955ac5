//! Holds as they stand.

use async_trait::async_trait;
use commerce::{
    Account, Money, StoreError, Timestamp,
    ledger::{Class, End, Hold, Holds, StoredHold},
};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::{
    Db, failure,
    sql::{self, get, micros, timestamp},
};

/// A hold with its two accounts.
const HOLD: &str = "select h.tx, h.reference, h.debit, h.credit, h.currency, h.amount, h.until, h.state, h.posted,
   d.class as debit_class, d.floored as debit_floored, c.class as credit_class, c.floored as credit_floored
 from ledger_holds h
 join ledger_accounts d on d.code = h.debit and d.currency = h.currency
 join ledger_accounts c on c.code = h.credit and c.currency = h.currency";

#[async_trait]
impl Holds for Db {
    async fn find_hold(&self, id: Uuid) -> Result<Option<StoredHold>, StoreError> {
        let row = self.row(&format!("{HOLD} where h.tx = $1"), [id.into()]).await?;
        row.as_ref().map(stored).transpose()
    }

    async fn expired_holds(&self, now: Timestamp, limit: u32) -> Result<Vec<Hold>, StoreError> {
        let sql = format!(
            "{HOLD} where h.state = 'live' and h.until is not null and h.until <= $1
             order by h.until, h.tx limit $2"
        );
        let rows = self.rows(&sql, [micros(now).into(), i64::from(limit).into()]).await?;
        rows.iter().map(|row| Ok(stored(row)?.hold)).collect()
    }
}

fn stored(row: &QueryResult) -> Result<StoredHold, StoreError> {
    let currency = sql::currency(row, "currency")?;
    let until: Option<i64> = get(row, "until")?;
    let state: String = get(row, "state")?;
    let hold = Hold {
        id: get(row, "tx")?,
        reference: get(row, "reference")?,
        from: account(row, "debit")?,
        to: account(row, "credit")?,
        amount: sql::money(row, "amount", currency)?,
        until: until.map(timestamp).transpose()?,
    };
    let ends = [End::Posted, End::Voided, End::Expired];
    let ended = ends.into_iter().find(|end| end.as_str() == state);
    Ok(StoredHold { hold, ended, posted: Money::new(get(row, "posted")?, currency) })
}

fn account(row: &QueryResult, side: &str) -> Result<Account, StoreError> {
    let class: String = get(row, &format!("{side}_class"))?;
    let class = Class::parse(&class).ok_or_else(failure::missing)?;
    Ok(Account::stored(get(row, side)?, class, get(row, &format!("{side}_floored"))?))
}
