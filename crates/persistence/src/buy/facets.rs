//! Facets: what the newest finds have, counted in one place for both engines.

use buy::{CANDIDATES, FACET_ROWS, FacetRow, Facets, ProductFilter, Sort};
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
    let (rows, most) = match &filter.words {
        Some(words) => (search::facet_rows(db, filter, words).await?, CANDIDATES),
        None => (newest(db, filter).await?, FACET_ROWS),
    };
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let capped = match filter.words {
        Some(_) => rows.len() >= most,
        None => rows.len() > most,
    };
    let rows = rows.iter().take(most).map(facet_row).collect::<Result<Vec<_>, _>>()?;
    Ok(Facets::count(filter.currency, &rows, capped))
}

async fn newest(db: &Db, filter: &ProductFilter) -> Result<Vec<QueryResult>, StoreError> {
    let mut sql = Query::default();
    let mut along = vec![format!("l.currency = {}", sql.bind(filter.currency.code()))];
    along.extend(sql.categories(filter));
    let mut passed = sql.prices(filter);
    passed.extend(query::in_stock(filter));
    passed.extend(sql.options(filter));
    let order = query::order(Sort::Newest);
    let statement = format!(
        "select category, price, in_stock, options from \
         (select * from buy_listings l where {} order by {order} limit {WINDOW}) l \
         where {} order by {order} limit {}",
        Query::all_of(&along),
        Query::all_of(&passed),
        FACET_ROWS.saturating_add(1),
    );
    db.rows(&statement, sql.values).await
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
