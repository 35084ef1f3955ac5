//! Lists of products: a walk along an index from where the last page ended.
//!
//! A walk that must pass over rows (a price range in a list by title, say) looks at the first [`WINDOW`] rows only;
//! just when they hold too few is the whole asked, and the planner finds another way.

use async_trait::async_trait;
use buy::{
    Catalogue, Facets, Offer, ProductCard, ProductFilter, ProductQuery, Sort, StockLevel, VariantId,
};
use commerce::{Page, StoreError};
use sea_orm::QueryResult;

use super::{
    facets, offers,
    query::{self, Query},
    search,
};
use crate::Db;

const WINDOW: u32 = 10_000;

/// Up to so many categories are each walked along their own index and merged.
const MERGED: usize = 24;

#[async_trait]
impl Catalogue for Db {
    async fn list(&self, query: &ProductQuery) -> Result<Page<ProductCard>, StoreError> {
        let rows = match &query.filter.words {
            Some(words) => search::find(self, query, words).await?,
            None => walk(self, query).await?,
        };
        page(&rows, query)
    }

    async fn facets(&self, filter: &ProductFilter) -> Result<Facets, StoreError> {
        facets::count(self, filter).await
    }

    async fn offers(&self, variants: &[VariantId]) -> Result<Vec<Offer>, StoreError> {
        offers::offers(self, variants).await
    }

    async fn stock_levels(&self, variants: &[VariantId]) -> Result<Vec<StockLevel>, StoreError> {
        offers::stock_levels(self, variants).await
    }

    async fn catalogue_version(&self) -> Result<i64, StoreError> {
        offers::version(self).await
    }

    async fn tend_search(&self) -> Result<bool, StoreError> {
        search::tend(self).await
    }
}

/// One row more than the page was asked for tells that there are more.
fn page(rows: &[QueryResult], query: &ProductQuery) -> Result<Page<ProductCard>, StoreError> {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let shown = rows.get(..limit).unwrap_or(rows);
    let last = shown.last().filter(|_| rows.len() > limit);
    let next_cursor = last.map(|row| query::position(row, query.sort)).transpose()?;
    let currency = query.filter.currency;
    let data = shown.iter().map(|row| query::card(row, currency)).collect::<Result<_, _>>()?;
    Ok(Page { data, next_cursor: next_cursor.map(|position| position.cursor()) })
}

async fn walk(db: &Db, query: &ProductQuery) -> Result<Vec<QueryResult>, StoreError> {
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX).saturating_add(1);
    if passes_over_rows(query) {
        let (sql, values) = walk_sql(query, Some(WINDOW));
        let rows = db.rows(&sql, values).await?;
        if rows.len() >= wanted {
            return Ok(rows);
        }
    }
    let (sql, values) = walk_sql(query, None);
    db.rows(&sql, values).await
}

fn passes_over_rows(query: &ProductQuery) -> bool {
    let filter = &query.filter;
    let ranged = filter.price_min.is_some() || filter.price_max.is_some();
    let by_price = matches!(query.sort, Sort::PriceUp | Sort::PriceDown);
    filter.in_stock || !filter.options.is_empty() || (ranged && !by_price)
}

fn walk_sql(query: &ProductQuery, window: Option<u32>) -> (String, Vec<sea_orm::Value>) {
    let filter = &query.filter;
    let mut sql = Query::default();
    let currency = sql.bind(filter.currency.code());
    let mut along = vec![format!("l.currency = {currency}")];
    along.extend(sql.after(query.after.as_ref(), query.sort));
    let mut passed = sql.prices(filter);
    if matches!(query.sort, Sort::PriceUp | Sort::PriceDown) {
        along.append(&mut passed);
    }
    passed.extend(query::in_stock(filter));
    passed.extend(sql.options(filter));
    let limit = Query::limit(query.limit);
    let (columns, order) = (query::columns(query.sort), query::order(query.sort));
    let from = |conditions: &[String]| {
        let along = Query::all_of(conditions);
        match window {
            None => format!("buy_listings l where {along} and {}", Query::all_of(&passed)),
            Some(window) => format!(
                "(select * from buy_listings l where {along} order by {order} limit {window}) l \
                 where {}",
                Query::all_of(&passed)
            ),
        }
    };
    let select = |conditions: &[String]| {
        format!("select {columns} from {} order by {order} {limit}", from(conditions))
    };
    let statement = match &filter.categories {
        Some(categories) if !categories.is_empty() && categories.len() <= MERGED => {
            let walks: Vec<_> = categories
                .iter()
                .map(|category| {
                    let mut conditions = along.clone();
                    conditions.push(format!("l.category = {}", sql.bind(category.uuid())));
                    format!("select * from ({}) l", select(&conditions))
                })
                .collect();
            format!("select * from ({}) l order by {order} {limit}", walks.join(" union all "))
        }
        _ => {
            along.extend(sql.categories(filter));
            select(&along)
        }
    };
    (statement, sql.values)
}
