//! Rules of commission, in their order.

use async_trait::async_trait;
use commerce::{CommitError, StoreError, Stored, Version, Write};
use market::{Rule, RuleId, RuleList};
use sea_orm::{QueryResult, Value};

use crate::{Db, Layout, Refusal, Step, Steps, sql};

#[async_trait]
impl Layout for Rule {
    async fn load(db: &Db, id: RuleId) -> Result<Option<Stored<Self>>, StoreError> {
        let sql = "select version, document from market_rules where id = $1";
        db.row(sql, [id.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        steps.push(row(write)?);
        Ok(())
    }
}

fn row(write: &Write<Rule>) -> Result<Step, CommitError> {
    let rule = &write.state;
    let Version(version) = write.expected.next();
    let document = serde_json::to_string(rule).map_err(StoreError::new)?;
    let values: [Value; 5] = [
        rule.id.uuid().into(),
        version.into(),
        i64::from(rule.position).into(),
        rule.retired.is_some().into(),
        document.into(),
    ];
    if write.expected == Version(0) {
        let insert = "insert into market_rules (id, version, position, retired, document) \
            values ($1, $2, $3, $4, $5) on conflict (id) do nothing";
        return Ok(Step::new(insert, values).or(Refusal::Exists));
    }
    let Version(expected) = write.expected;
    let update = "update market_rules set version = $2, position = $3, retired = $4, \
        document = $5 where id = $1 and version = $6 and {gate}";
    Ok(Step::new(update, values.into_iter().chain([expected.into()])).or(Refusal::Stale))
}

fn read(row: &QueryResult) -> Result<Stored<Rule>, StoreError> {
    Ok(Stored { state: sql::json(row, "document")?, version: Version(sql::get(row, "version")?) })
}

#[async_trait]
impl RuleList for Db {
    async fn rules(&self) -> Result<Vec<Stored<Rule>>, StoreError> {
        let sql =
            "select version, document from market_rules where not retired order by position, id";
        self.rows(sql, []).await?.iter().map(read).collect()
    }
}
