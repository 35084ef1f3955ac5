//! The sheets on which stock is counted by hand.

use async_trait::async_trait;
use buy::{StockSheet, VariantId};
use commerce::{CommitError, StoreError, Stored, Version, Write};

use crate::{Db, Layout, Refusal, Step, Steps, sql};

#[async_trait]
impl Layout for StockSheet {
    async fn load(db: &Db, id: VariantId) -> Result<Option<Stored<Self>>, StoreError> {
        let sql = "select version, changes from buy_stock_sheets where id = $1";
        let Some(row) = db.row(sql, [id.uuid().into()]).await? else { return Ok(None) };
        let state = Self { variant: id, changes: sql::get(&row, "changes")? };
        Ok(Some(Stored { state, version: Version(sql::get(&row, "version")?) }))
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        let Self { variant, changes } = write.state;
        let Version(version) = write.expected.next();
        let values = [variant.uuid().into(), version.into(), changes.into()];
        let Version(expected) = write.expected;
        steps.push(if write.expected == Version(0) {
            let insert = "insert into buy_stock_sheets (id, version, changes) values ($1, $2, $3) \
                on conflict (id) do nothing";
            Step::new(insert, values).or(Refusal::Exists)
        } else {
            let update = "update buy_stock_sheets set version = $2, changes = $3 \
                where id = $1 and version = $4 and {gate}";
            Step::new(update, values.into_iter().chain([expected.into()])).or(Refusal::Stale)
        });
        Ok(())
    }
}
