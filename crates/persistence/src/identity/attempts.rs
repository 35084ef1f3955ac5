//! Counting wrong passwords: one upsert, so that nobody's guess is lost.

use std::{collections::HashMap, iter};

use async_trait::async_trait;
use chrono::TimeDelta;
use commerce::{StoreError, Timestamp};
use identity::{Attempts, Tally};
use sea_orm::QueryResult;

use crate::{
    Db, failure,
    sql::{get, micros, time},
};

const OPEN: &str = "select name, tally, until from identity_attempts where until > $1 and name in";

const COUNT: &str = "insert into identity_attempts as a (name, tally, until) values ($1, 1, $2) \
    on conflict (name) do update set \
    tally = case when a.until > $3 then a.tally + 1 else 1 end, \
    until = case when a.until > $3 then a.until else excluded.until end \
    returning tally, until";

const FORGET: &str = "delete from identity_attempts where name in \
    (select name from identity_attempts where until <= $1 order by until limit $2)";

#[async_trait]
impl Attempts for Db {
    async fn tallies(
        &self,
        names: &[&str],
        now: Timestamp,
    ) -> Result<Vec<Option<Tally>>, StoreError> {
        let places: Vec<_> =
            (2..).take(names.len()).map(|place: usize| format!("${place}")).collect();
        let values = iter::once(micros(now).into()).chain(names.iter().map(|name| (*name).into()));
        let rows = self.rows(&format!("{OPEN} ({})", places.join(", ")), values).await?;
        let mut open = HashMap::new();
        for row in &rows {
            open.insert(get::<String>(row, "name")?, tally(row)?);
        }
        Ok(names.iter().map(|name| open.get(*name).copied()).collect())
    }

    async fn count(
        &self,
        names: &[&str],
        now: Timestamp,
        window: TimeDelta,
    ) -> Result<Vec<Tally>, StoreError> {
        let until = now.checked_add_signed(window).unwrap_or(now);
        let mut tallies = Vec::with_capacity(names.len());
        for name in names {
            let values = [(*name).into(), micros(until).into(), micros(now).into()];
            let rows = self.write_rows(COUNT, values).await?;
            tallies.push(tally(rows.first().ok_or_else(failure::missing)?)?);
        }
        Ok(tallies)
    }

    async fn clear(&self, name: &str) -> Result<(), StoreError> {
        let cleared = "delete from identity_attempts where name = $1";
        self.execute(cleared, [name.into()]).await.map(drop)
    }

    async fn forget_attempts(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.execute(FORGET, [micros(now).into(), i64::from(limit).into()]).await
    }
}

fn tally(row: &QueryResult) -> Result<Tally, StoreError> {
    let tally: i64 = get(row, "tally")?;
    Ok(Tally { count: u32::try_from(tally).unwrap_or(u32::MAX), until: time(row, "until")? })
}
