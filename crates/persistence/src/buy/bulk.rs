//! Many products at once, for a first stock or a benchmark: a few statements for thousands of them.

use buy::{Category, Product, VariantId};
use commerce::{CommitError, StoreError, Timestamp};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use serde::Serialize;
use uuid::Uuid;

use super::rows::{self, Insert};
use crate::{Db, Engine, Steps, failure, sql};

/// Products nobody has yet, with their new categories and what there is of their counted variants.
#[derive(Debug, Clone)]
pub struct BulkProducts {
    /// Each after its parent.
    pub categories: Vec<Category>,
    pub products: Vec<Product>,
    pub stock: Vec<(VariantId, i64)>,
    pub at: Timestamp,
}

#[derive(Serialize)]
struct CategoryRow<'a> {
    id: Uuid,
    slug: &'a str,
    document: String,
}

#[derive(Serialize)]
struct ProductRow<'a> {
    id: Uuid,
    slug: &'a str,
    status: &'static str,
    category: Option<Uuid>,
    number: i64,
    document: String,
}

#[derive(Serialize)]
struct StockRow {
    id: Uuid,
    resource: Uuid,
    units: i64,
    at: i64,
}

impl Db {
    /// Writes all of them or none.
    pub async fn plant(&self, bulk: &BulkProducts) -> Result<(), CommitError> {
        let tx = self.begin().await?;
        let first = self.take_numbers(&tx, bulk.products.len()).await?;
        let engine = self.engine();
        let products: Vec<&Product> = bulk.products.iter().collect();
        let mut inserts =
            vec![category_rows(engine, bulk)?, product_rows(engine, &products, first)?];
        inserts.extend(stock_rows(engine, bulk)?);
        inserts.push(rows::variants(engine, &products)?);
        inserts.extend(rows::listings(engine, &products)?);
        for (sql, rows) in inserts {
            let statement = self.statement(&sql.replace("{gate}", "true"), [rows]);
            tx.execute_raw(statement).await.map_err(failure::write)?;
        }
        tx.commit().await.map_err(failure::write)
    }

    /// How many products were ever put on sale.
    pub async fn products_ever_on_sale(&self) -> Result<i64, StoreError> {
        let row = self.row("select numbers from buy_catalogue", []).await?;
        sql::get(&row.ok_or_else(failure::missing)?, "numbers")
    }

    async fn take_numbers(
        &self,
        tx: &DatabaseTransaction,
        count: usize,
    ) -> Result<i64, CommitError> {
        let count = i64::try_from(count).map_err(StoreError::new)?;
        let taken = "update buy_catalogue set version = version + 1, numbers = numbers + $1 \
            returning numbers";
        let statement = self.statement(taken, [Value::from(count)]);
        let row = tx.query_one_raw(statement).await.map_err(failure::write)?;
        let last: i64 = sql::get(&row.ok_or_else(failure::missing)?, "numbers")?;
        Ok(last.saturating_sub(count).saturating_add(1))
    }
}

fn category_rows(engine: Engine, bulk: &BulkProducts) -> Result<Insert, CommitError> {
    let rows = bulk.categories.iter().map(category_row).collect::<Result<Vec<_>, CommitError>>()?;
    let insert = engine.pick(
        "insert into buy_categories (id, version, slug, retired, document) \
         select id, 1, slug, false, document from json_to_recordset($1::json) \
         as x(id uuid, slug text, document text)",
        "insert into buy_categories (id, version, slug, retired, document) \
         select unhex(value ->> 'id', '-'), 1, value ->> 'slug', false, value ->> 'document' \
         from json_each($1)",
    );
    Ok((insert.to_owned(), Steps::rows(&rows)?))
}

fn category_row(category: &Category) -> Result<CategoryRow<'_>, CommitError> {
    Ok(CategoryRow {
        id: category.id.uuid(),
        slug: category.slug.as_str(),
        document: serde_json::to_string(category).map_err(StoreError::new)?,
    })
}

fn product_rows(engine: Engine, products: &[&Product], first: i64) -> Result<Insert, CommitError> {
    let numbered = (first..).zip(products);
    let rows = numbered.map(|(number, product)| product_row(number, product));
    let rows = rows.collect::<Result<Vec<_>, CommitError>>()?;
    let insert = engine.pick(
        "insert into buy_products (id, version, slug, status, category, number, document) \
         select id, 1, slug, status, category, number, document from json_to_recordset($1::json) \
         as x(id uuid, slug text, status text, category uuid, number bigint, document text)",
        "insert into buy_products (id, version, slug, status, category, number, document) \
         select unhex(value ->> 'id', '-'), 1, value ->> 'slug', value ->> 'status', \
         unhex(value ->> 'category', '-'), value ->> 'number', value ->> 'document' from json_each($1)",
    );
    Ok((insert.to_owned(), Steps::rows(&rows)?))
}

fn product_row(number: i64, product: &Product) -> Result<ProductRow<'_>, CommitError> {
    Ok(ProductRow {
        id: product.id.uuid(),
        slug: product.slug.as_str(),
        status: product.status.name(),
        category: product.category.map(|category| category.uuid()),
        number,
        document: serde_json::to_string(product).map_err(StoreError::new)?,
    })
}

/// Stock comes before the variants: then no listing has to be marked for it. What was counted before stays: the
/// catalogue may have been taken down and built again, and the core keeps what was moved.
fn stock_rows(engine: Engine, bulk: &BulkProducts) -> Result<Vec<Insert>, CommitError> {
    let row = |&(variant, units): &(VariantId, i64)| StockRow {
        id: variant.uuid(),
        resource: variant.uuid(),
        units,
        at: sql::micros(bulk.at),
    };
    let rows: Vec<_> = bulk.stock.iter().map(row).collect();
    let stock = engine.pick(
        "insert into commerce_stock (resource, on_hand, held) select resource, units, 0 \
         from json_to_recordset($1::json) as x(resource uuid, units bigint) on conflict do nothing",
        "insert into commerce_stock (resource, on_hand, held) \
         select unhex(value ->> 'resource', '-'), value ->> 'units', 0 from json_each($1) \
         where true on conflict do nothing",
    );
    let moves = engine.pick(
        "insert into commerce_stock_moves (id, resource, units, reason, at) \
         select id, resource, units, 'received', at from json_to_recordset($1::json) \
         as x(id uuid, resource uuid, units bigint, at bigint) on conflict do nothing",
        "insert into commerce_stock_moves (id, resource, units, reason, at) \
         select unhex(value ->> 'id', '-'), unhex(value ->> 'resource', '-'), value ->> 'units', \
         'received', value ->> 'at' from json_each($1) where true on conflict do nothing",
    );
    let rows = Steps::rows(&rows)?;
    Ok(vec![(stock.to_owned(), rows.clone()), (moves.to_owned(), rows)])
}
