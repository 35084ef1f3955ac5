//! Leases: work for one process at a time, judged by the database's clock, fenced by an epoch.

use std::time::Duration;

use async_trait::async_trait;
use commerce::{StoreError, event::Leases};

use crate::{Db, sql::get};

#[async_trait]
impl Leases for Db {
    async fn acquire(
        &self,
        name: &str,
        holder: &str,
        lease: Duration,
    ) -> Result<Option<i64>, StoreError> {
        let sql = "insert into commerce_leases as l (name, holder, epoch, expires_at)
             values ($1, $2, 1, {now} + $3)
             on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at,
               epoch = case when l.holder = excluded.holder then l.epoch else l.epoch + 1 end
             where l.holder = excluded.holder or l.expires_at < {now}
             returning epoch";
        let sql = sql.replace("{now}", self.engine().now());
        let lease = i64::try_from(lease.as_micros()).unwrap_or(i64::MAX);
        let rows = self.write_rows(&sql, [name.into(), holder.into(), lease.into()]).await?;
        rows.first().map(|row| get(row, "epoch")).transpose()
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let sql = "update commerce_leases set expires_at = 0 where name = $1 and holder = $2";
        self.execute(sql, [name.into(), holder.into()]).await.map(drop)
    }
}
