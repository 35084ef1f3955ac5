//! Many rows in one statement: a JSON array goes in, each engine unpacks it its own way.

use std::borrow::Cow;

use commerce::CommitError;
use serde::Serialize;

use crate::{Engine, Step, Steps};

/// A column and its PostgreSQL type: `uuid`, `bigint`, `text`, `boolean`, `json`, or `bytes` written in hex.
pub type Column = (&'static str, &'static str);

/// Inserts rows whose field names are the columns' names; `tail` may hold an `on conflict` clause.
pub fn insert<T: Serialize>(
    steps: &Steps,
    table: &str,
    columns: &[Column],
    rows: &[T],
    tail: &str,
) -> Result<Step, CommitError> {
    let engine = steps.engine();
    let names = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let values = columns.iter().map(|column| value(engine, *column)).collect::<Vec<_>>().join(", ");
    let source = source(engine, columns);
    let sql = format!(
        "insert into {table} ({names}) select {values} from {source} where {{gate}} {tail}"
    );
    Ok(Step::new(sql, [Steps::rows(rows)?]))
}

/// What a statement selects from to see the rows of `$1`.
pub fn source(engine: Engine, columns: &[Column]) -> Cow<'static, str> {
    if engine == Engine::Sqlite {
        return "json_each($1) n".into();
    }
    let kind = |kind: &'static str| if kind == "bytes" { "text" } else { kind };
    let typed: Vec<_> = columns.iter().map(|(name, of)| format!("{name} {}", kind(of))).collect();
    format!("json_to_recordset(cast($1 as json)) as n({})", typed.join(", ")).into()
}

/// One field of a row of [`source`].
pub fn value(engine: Engine, (name, kind): Column) -> String {
    match (engine, kind) {
        (Engine::Postgres, "bytes") => format!("decode(n.{name}, 'hex')"),
        (Engine::Postgres, _) => format!("n.{name}"),
        (Engine::Sqlite, "bytes") => format!("unhex(n.value ->> '{name}')"),
        (Engine::Sqlite, "uuid") => format!("unhex(n.value ->> '{name}', '-')"),
        (Engine::Sqlite, "json") => format!("n.value -> '{name}'"),
        (Engine::Sqlite, _) => format!("n.value ->> '{name}'"),
    }
}
