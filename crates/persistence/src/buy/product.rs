//! Products: the whole as one document, and beside it the rows that lists, search and carts read.

use async_trait::async_trait;
use buy::{KeptProduct, Product, ProductId, Products, Slug};
use commerce::{CommitError, Page, PageRequest, StoreError, Stored, Version, Write};
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use super::rows;
use crate::{Db, Engine, Layout, Refusal, Step, Steps, failure, sql};

#[async_trait]
impl Layout for Product {
    async fn load(db: &Db, id: ProductId) -> Result<Option<Stored<Self>>, StoreError> {
        let sql = "select version, document from buy_products where id = $1";
        db.row(sql, [id.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        steps.push(row(write)?);
        // From here on the product's row is locked, so what is read of its stock stays true.
        steps.barrier();
        let id = || [Value::from(write.state.id.uuid())];
        steps.push(Step::new(COUNT, id()));
        steps.push(Step::new("delete from buy_variants where product = $1 and {gate}", id()));
        steps.push(Step::new("delete from buy_listings where product = $1 and {gate}", id()));
        for forget in forget_words(steps.engine()) {
            steps.push(Step::new(*forget, id()));
        }
        steps.barrier();
        steps.push(Step::new(NUMBER, id()));
        steps.barrier();
        rows::push(&write.state, steps)
    }
}

/// Every change makes a new version of the catalogue; a first publication takes the next number.
const COUNT: &str = "update buy_catalogue set version = version + 1, numbers = numbers + \
    (select count(*) from buy_products where id = $1 and status = 'published' and number is null) \
    where {gate}";

const NUMBER: &str = "update buy_products set number = (select numbers from buy_catalogue) \
    where id = $1 and status = 'published' and number is null";

fn forget_words(engine: Engine) -> &'static [&'static str] {
    engine.pick(
        &["delete from buy_search where number = \
           (select number from buy_products where id = $1) and {gate}"],
        &[
            "delete from buy_search where rowid = \
             -(select number from buy_products where id = $1) and {gate}",
            "delete from buy_titles where number = \
             (select number from buy_products where id = $1) and {gate}",
        ],
    )
}

fn row(write: &Write<Product>) -> Result<Step, CommitError> {
    let product = &write.state;
    let Version(version) = write.expected.next();
    let document = serde_json::to_string(product).map_err(StoreError::new)?;
    let values: [Value; 7] = [
        product.id.uuid().into(),
        version.into(),
        product.slug.as_str().into(),
        product.status.name().into(),
        product.category.map(|category| category.uuid()).into(),
        product.seller.into(),
        document.into(),
    ];
    if write.expected == Version(0) {
        let insert = "insert into buy_products (id, version, slug, status, category, seller, document) \
            values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing";
        return Ok(Step::new(insert, values).or(Refusal::Exists));
    }
    let Version(expected) = write.expected;
    let update = "update buy_products set version = $2, slug = $3, status = $4, category = $5, \
        seller = $6, document = $7 where id = $1 and version = $8 and {gate}";
    Ok(Step::new(update, values.into_iter().chain([expected.into()])).or(Refusal::Stale))
}

fn read(row: &QueryResult) -> Result<Stored<Product>, StoreError> {
    Ok(Stored { state: sql::json(row, "document")?, version: Version(sql::get(row, "version")?) })
}

#[async_trait]
impl Products for Db {
    async fn product_of_slug(&self, slug: &Slug) -> Result<Option<Stored<Product>>, StoreError> {
        let sql = "select version, document from buy_products where slug = $1";
        self.row(sql, [slug.as_str().into()]).await?.as_ref().map(read).transpose()
    }

    async fn kept_products(
        &self,
        seller: Option<Uuid>,
        status: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<KeptProduct>, StoreError> {
        let after = page.cursor.as_deref().map(str::parse::<ProductId>).transpose();
        let after = after.map_err(failure::corrupt)?.map(ProductId::uuid);
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let mut values: Vec<Value> = vec![i64::from(page.limit).saturating_add(1).into()];
        let mut conditions = vec!["true".to_owned()];
        let given = [
            ("seller =", seller.map(Value::from)),
            ("status =", status.map(Value::from)),
            ("id <", after.map(Value::from)),
        ];
        for (column, value) in given.into_iter().filter_map(|(c, v)| Some((c, v?))) {
            values.push(value);
            conditions.push(format!("{column} ${}", values.len()));
        }
        let sql = format!(
            "select version, document from buy_products where {} order by id desc limit $1",
            conditions.join(" and ")
        );
        let rows = self.rows(&sql, values).await?;
        let more = rows.len() > limit;
        let products = rows.iter().take(limit).map(|row| Ok(kept(read(row)?.state)));
        let data = products.collect::<Result<Vec<_>, StoreError>>()?;
        let next_cursor = data.last().filter(|_| more).map(|last| last.id.to_string());
        Ok(Page { data, next_cursor })
    }
}

fn kept(product: Product) -> KeptProduct {
    let Product { id, slug, title, status, category, updated_at, .. } = product;
    KeptProduct { id, slug, title, status: status.name().to_owned(), category, updated_at }
}
