//! Small words for raw SQL: values in, columns out.

use chrono::DateTime;
use commerce::{Currency, Money, StoreError, Timestamp};
use sea_orm::{QueryResult, TryGetable, Value};
use serde::de::DeserializeOwned;
use sqlx::{ColumnIndex, Row, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use crate::failure;

/// The values of a statement in the making.
#[derive(Debug, Default)]
pub struct Binds(pub Vec<Value>);

impl Binds {
    /// Adds a value; the result is its place.
    pub fn add(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }

    /// Places for ids, as many as the next power of two: few different statements, each prepared once. There must
    /// be one at least.
    pub fn among(&mut self, ids: impl IntoIterator<Item = Uuid>) -> String {
        let ids: Vec<_> = ids.into_iter().collect();
        let again = ids.last().copied();
        let count = ids.len().next_power_of_two();
        let all = ids.into_iter().chain(std::iter::repeat_with(|| again).flatten());
        all.take(count).map(|id| self.add(id)).collect::<Vec<_>>().join(", ")
    }
}

/// Times are kept as microseconds since 1970: both engines compare, index and bind them alike.
pub fn micros(at: Timestamp) -> i64 {
    at.timestamp_micros()
}

pub fn timestamp(micros: i64) -> Result<Timestamp, StoreError> {
    DateTime::from_timestamp_micros(micros).ok_or_else(failure::missing)
}

pub fn get<T: TryGetable>(row: &QueryResult, column: &str) -> Result<T, StoreError> {
    row.try_get("", column).map_err(failure::read)
}

/// The column at this place among those selected: what a page of rows is read by, as a name is looked up each time.
pub fn at<T: TryGetable>(row: &QueryResult, place: usize) -> Result<T, StoreError> {
    row.try_get_by_index(place).map_err(failure::read)
}

/// The text of a column, as it was received: for what is parsed and not kept. A column is named, or told by its place.
pub fn text<C>(row: &QueryResult, column: C) -> Result<&str, StoreError>
where
    C: ColumnIndex<PgRow> + ColumnIndex<SqliteRow>,
{
    let text = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
        (Some(row), _) => row.try_get(column),
        (_, Some(row)) => row.try_get(column),
        (None, None) => return Err(failure::missing()),
    };
    text.map_err(failure::corrupt)
}

pub fn time(row: &QueryResult, column: &str) -> Result<Timestamp, StoreError> {
    timestamp(get(row, column)?)
}

/// A JSON column that was selected as text, so that it is parsed once.
pub fn json<T: DeserializeOwned>(row: &QueryResult, column: &str) -> Result<T, StoreError> {
    serde_json::from_str(text(row, column)?).map_err(failure::corrupt)
}

pub fn currency(row: &QueryResult, column: &str) -> Result<Currency, StoreError> {
    let code: String = get(row, column)?;
    Currency::parse(&code).map_err(failure::corrupt)
}

pub fn money(row: &QueryResult, amount: &str, currency: Currency) -> Result<Money, StoreError> {
    Ok(Money::new(get(row, amount)?, currency))
}
