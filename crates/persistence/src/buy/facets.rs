//! Facets: what the newest finds have, counted in one place for both engines.

use buy::{FACET_ROWS, FacetRow, Facets, ProductFilter, Sort};
use commerce::StoreError;
use sea_orm::QueryResult;
use uuid::Uuid;

use super::{
    query::{self, Query},
    search,
};
use crate::{Db, sql};

/// Only so many of the newest listings are looked at, however few of them fit.
const WINDOW: u32 = 100_000;

pub async fn count(db: &Db, filter: &ProductFilter) -> Result<Facets, StoreError> {
    count_within(db, filter, WINDOW).await
}

/// Looks at so many of the newest listings.
pub async fn count_within(
    db: &Db,
    filter: &ProductFilter,
    window: u32,
) -> Result<Facets, StoreError> {
    let (rows, all_seen) = match &filter.words {
        Some(words) => (search::facet_rows(db, filter, words).await?, true),
        None => newest(db, filter, window).await?,
    };
    let most = usize::try_from(FACET_ROWS).unwrap_or(usize::MAX);
    let capped = rows.len() > most || !all_seen;
    let rows = rows.iter().take(most).map(facet_row).collect::<Result<Vec<_>, _>>()?;
    Ok(Facets::count(filter.currency, &rows, capped))
}

/// Those that fit, and whether everything was looked at.
async fn newest(
    db: &Db,
    filter: &ProductFilter,
    window: u32,
) -> Result<(Vec<QueryResult>, bool), StoreError> {
    let mut sql = Query::default();
    let mut along = vec![format!("l.currency = {}", sql.bind(filter.currency.code()))];
    along.extend(sql.categories(filter));
    let (along, bound) = (Query::all_of(&along), sql.values.clone());
    let mut passed = sql.prices(filter);
    passed.extend(query::in_stock(filter));
    passed.extend(sql.options(filter));
    let order = query::order(Sort::Newest);
    let limit = FACET_ROWS.saturating_add(1);
    let statement = format!(
        "select category, price, in_stock, options from \
         (select * from buy_listings l where {along} order by {order} limit {window}) l \
         where {} order by {order} limit {limit}",
        Query::all_of(&passed),
    );
    let rows = db.rows(&statement, sql.values).await?;
    // Without anything to pass over, the window holds more than are counted.
    if passed.is_empty() || rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
        return Ok((rows, true));
    }
    let beyond = format!(
        "select 1 from buy_listings l where {along} order by {order} limit 1 offset {window}"
    );
    let all_seen = db.row(&beyond, bound).await?.is_none();
    Ok((rows, all_seen))
}

fn facet_row(row: &QueryResult) -> Result<FacetRow, StoreError> {
    let category: Option<Uuid> = sql::get(row, "category")?;
    Ok(FacetRow {
        category: category.map(Into::into),
        price: sql::get(row, "price")?,
        in_stock: sql::get(row, "in_stock")?,
        options: sql::json(row, "options")?,
    })
}
