//! Conditions and orders of a list, as SQL that both engines understand alike.

use buy::{Position, ProductCard, ProductFilter, Sort};
use commerce::{Currency, Money, StoreError};
use sea_orm::{QueryResult, Value};
use serde::Deserialize;
use uuid::Uuid;

use super::rows;
use crate::{failure, sql};

/// A statement in the making, and its values so far.
#[derive(Default)]
pub struct Query {
    pub values: Vec<Value>,
}

impl Query {
    /// Binds a value; the result is its place.
    pub fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// So many rows and one more, written out: of a bound limit PostgreSQL supposes a tenth of the table, finds that
    /// dearer than planning anew, and plans anew each time.
    pub fn limit(rows: u32) -> String {
        format!("limit {}", i64::from(rows).saturating_add(1))
    }

    pub fn all_of(conditions: &[String]) -> String {
        if conditions.is_empty() { "true".to_owned() } else { conditions.join(" and ") }
    }

    pub fn categories(&mut self, filter: &ProductFilter) -> Option<String> {
        let categories = filter.categories.as_ref()?;
        let places: Vec<_> = categories.iter().map(|category| self.bind(category.uuid())).collect();
        Some(if places.is_empty() {
            "false".to_owned()
        } else {
            format!("l.category in ({})", places.join(", "))
        })
    }

    pub fn prices(&mut self, filter: &ProductFilter) -> Vec<String> {
        let min = filter.price_min.map(|min| format!("l.price >= {}", self.bind(min)));
        let max = filter.price_max.map(|max| format!("l.price <= {}", self.bind(max)));
        min.into_iter().chain(max).collect()
    }

    /// One of the wanted values, for each option.
    pub fn options(&mut self, filter: &ProductFilter) -> Vec<String> {
        let mut conditions = Vec::new();
        for (name, values) in &filter.options {
            let likes: Vec<_> = values
                .iter()
                .map(|value| {
                    let tag = self.bind(format!("% {} %", rows::option_tag(name, value)));
                    format!("l.tags like {tag}")
                })
                .collect();
            conditions.push(format!("({})", likes.join(" or ")));
        }
        conditions
    }

    /// Only what comes after a position.
    pub fn after(&mut self, position: Option<&Position>, sort: Sort) -> Option<String> {
        Some(match (position?, sort) {
            (Position::Newest { number }, _) => format!("l.number < {}", self.bind(*number)),
            (Position::Price { minor, number }, Sort::PriceDown) => {
                format!("(l.price, l.number) < ({}, {})", self.bind(*minor), self.bind(*number))
            }
            (Position::Price { minor, number }, _) => {
                format!("(l.price, l.number) > ({}, {})", self.bind(*minor), self.bind(*number))
            }
            (Position::Title { key, number }, _) => {
                let key = self.bind(key.as_str());
                format!("(l.title_key, l.number) > ({key}, {})", self.bind(*number))
            }
            (Position::Relevance { rank, number }, _) => {
                format!("(l.rank, l.number) < ({}, {})", self.bind(*rank), self.bind(*number))
            }
        })
    }
}

pub fn in_stock(filter: &ProductFilter) -> Option<String> {
    filter.in_stock.then(|| "l.in_stock".to_owned())
}

pub fn order(sort: Sort) -> &'static str {
    match sort {
        Sort::Newest => "l.number desc",
        Sort::PriceUp => "l.price, l.number",
        Sort::PriceDown => "l.price desc, l.number desc",
        Sort::Title => "l.title_key, l.number",
        Sort::Relevance => "l.rank desc, l.number desc",
    }
}

/// What a card and its position are made of; [`card`] counts on the order. Only a list by title has its key.
pub fn columns(sort: Sort) -> &'static str {
    match sort {
        Sort::Title => "l.number, l.product, l.category, l.price, l.in_stock, l.card, l.title_key",
        _ => "l.number, l.product, l.category, l.price, l.in_stock, l.card",
    }
}

#[derive(Deserialize)]
struct Document {
    slug: buy::Slug,
    title: String,
    high: i64,
    image: Option<buy::Image>,
}

pub fn card(row: &QueryResult, currency: Currency) -> Result<ProductCard, StoreError> {
    let product: Uuid = sql::at(row, 1)?;
    let category: Option<Uuid> = sql::at(row, 2)?;
    let low = sql::at(row, 3)?;
    let Document { slug, title, high, image } =
        serde_json::from_str(sql::text(row, 5)?).map_err(failure::corrupt)?;
    Ok(ProductCard {
        id: product.into(),
        slug,
        title,
        category: category.map(Into::into),
        price_low: Money::new(low, currency),
        price_high: Money::new(high, currency),
        image,
        in_stock: sql::at(row, 4)?,
    })
}

pub fn position(row: &QueryResult, sort: Sort) -> Result<Position, StoreError> {
    let number = sql::get(row, "number")?;
    Ok(match sort {
        Sort::Newest => Position::Newest { number },
        Sort::PriceUp | Sort::PriceDown => {
            Position::Price { minor: sql::get(row, "price")?, number }
        }
        Sort::Title => Position::Title { key: sql::get(row, "title_key")?, number },
        Sort::Relevance => Position::Relevance { rank: sql::get(row, "rank")?, number },
    })
}
