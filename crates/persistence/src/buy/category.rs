//! Categories, one document a row.

use async_trait::async_trait;
use buy::{Categories, Category, CategoryId};
use commerce::{CommitError, StoreError, Stored, Version, Write};
use sea_orm::{QueryResult, Value};

use crate::{Db, Layout, Refusal, Step, Steps, sql};

#[async_trait]
impl Layout for Category {
    async fn load(db: &Db, id: CategoryId) -> Result<Option<Stored<Self>>, StoreError> {
        let sql = "select version, document from buy_categories where id = $1";
        db.row(sql, [id.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        // Several categories may be written at once, and one statement changes a row once. The catalogue comes before the
        // first of them: what comes between two rows would be locked in another order by whoever writes one of them.
        steps.barrier();
        steps.push(Step::new("update buy_catalogue set version = version + 1", []));
        steps.barrier();
        steps.push(row(write)?);
        steps.barrier();
        Ok(())
    }
}

fn row(write: &Write<Category>) -> Result<Step, CommitError> {
    let category = &write.state;
    let Version(version) = write.expected.next();
    let document = serde_json::to_string(category).map_err(StoreError::new)?;
    let values: [Value; 5] = [
        category.id.uuid().into(),
        version.into(),
        category.slug.as_str().into(),
        category.retired.into(),
        document.into(),
    ];
    if write.expected == Version(0) {
        let insert = "insert into buy_categories (id, version, slug, retired, document) \
            values ($1, $2, $3, $4, $5) on conflict (id) do nothing";
        return Ok(Step::new(insert, values).or(Refusal::Exists));
    }
    let Version(expected) = write.expected;
    let update = "update buy_categories set version = $2, slug = $3, retired = $4, document = $5 \
        where id = $1 and version = $6 and {gate}";
    Ok(Step::new(update, values.into_iter().chain([expected.into()])).or(Refusal::Stale))
}

fn read(row: &QueryResult) -> Result<Stored<Category>, StoreError> {
    Ok(Stored { state: sql::json(row, "document")?, version: Version(sql::get(row, "version")?) })
}

#[async_trait]
impl Categories for Db {
    async fn all_categories(&self) -> Result<Vec<Stored<Category>>, StoreError> {
        let rows =
            self.rows("select version, document from buy_categories order by id", []).await?;
        rows.iter().map(read).collect()
    }

    async fn holds_products(&self, category: CategoryId) -> Result<bool, StoreError> {
        let sql = "select 1 from buy_products where category = $1 and status <> 'archived' limit 1";
        Ok(self.row(sql, [category.uuid().into()]).await?.is_some())
    }
}
