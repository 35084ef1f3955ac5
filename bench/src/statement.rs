//! One thing that was asked of the database, and how to ask it again with ids that nobody has yet.

use std::{collections::HashSet, fmt::Write as _};

use persistence::Heard;
use sea_orm::{Statement, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A run of letters and digits at least this long is an id, a token or a hash.
const SHORTEST: usize = 20;
/// So much of its end is drawn anew.
const DRAWN: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    Reads(Sql),
    Writes(Sql),
    Begins,
    Commits,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sql {
    pub text: String,
    pub values: Vec<Bound>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Uuid(Uuid),
    Bytes(Vec<u8>),
}

impl Asked {
    pub fn of(heard: Heard<'_>) -> Self {
        match heard {
            Heard::Reads(statement) => Self::Reads(Sql::of(statement)),
            Heard::Writes(statement) => Self::Writes(Sql::of(statement)),
            Heard::Begins => Self::Begins,
            Heard::Commits => Self::Commits,
        }
    }

    pub fn sql(&self) -> Option<&Sql> {
        match self {
            Self::Reads(sql) | Self::Writes(sql) => Some(sql),
            Self::Begins | Self::Commits => None,
        }
    }
}

impl Sql {
    fn of(statement: &Statement) -> Self {
        let values = statement.values.iter().flat_map(|values| &values.0);
        Self { text: statement.sql.clone(), values: values.map(Bound::of).collect() }
    }
}

impl Bound {
    fn of(value: &Value) -> Self {
        match value {
            Value::Bool(Some(it)) => Self::Bool(*it),
            Value::TinyInt(Some(it)) => Self::Int((*it).into()),
            Value::SmallInt(Some(it)) => Self::Int((*it).into()),
            Value::Int(Some(it)) => Self::Int((*it).into()),
            Value::BigInt(Some(it)) => Self::Int(*it),
            Value::Unsigned(Some(it)) => Self::Int((*it).into()),
            // As in `limit`, where SeaORM binds it so.
            Value::BigUnsigned(Some(it)) => i64::try_from(*it).map_or(Self::Null, Self::Int),
            Value::String(Some(it)) => Self::Text(it.clone()),
            Value::Uuid(Some(it)) => Self::Uuid(*it),
            Value::Bytes(Some(it)) => Self::Bytes(it.clone()),
            Value::Json(Some(it)) => Self::Text(it.to_string()),
            _ => Self::Null,
        }
    }

    /// As text, for those that may hold an id.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Uuid(uuid) => Some(uuid.to_string()),
            Self::Bytes(bytes) => Some(hex(bytes)),
            Self::Null | Self::Bool(_) | Self::Int(_) => None,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Same(String),
    /// Four digits, drawn for each round.
    Four,
    /// Twelve digits, drawn for each round.
    Twelve,
}

/// Every id, token and hash that the statements speak of.
pub fn tokens(asked: &[Asked]) -> HashSet<String> {
    let bound = asked.iter().filter_map(Asked::sql).flat_map(|sql| &sql.values);
    let texts = bound.filter_map(Bound::text);
    texts
        .flat_map(|text| runs(&text).filter(is_token).map(ToOwned::to_owned).collect::<Vec<_>>())
        .collect()
}

/// Takes a text apart where its tokens are drawn anew; those in `kept` stay.
pub fn pieces(text: &str, kept: &HashSet<String>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for run in runs(text) {
        if !is_token(&run) || kept.contains(run) {
            pieces.push(Piece::Same(run.to_owned()));
            continue;
        }
        // A UUID with its hyphens ends in four and twelve digits.
        let hyphen = if Uuid::try_parse(run).is_ok() && run.contains('-') { "-" } else { "" };
        let drawn = DRAWN + hyphen.len();
        let (same, _) = run.split_at(run.len().saturating_sub(drawn));
        pieces.extend([Piece::Same(same.to_owned()), Piece::Four]);
        pieces.extend([Piece::Same(hyphen.to_owned()), Piece::Twelve]);
    }
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (_, Piece::Same(nothing)) if nothing.is_empty() => {}
            (Some(Piece::Same(last)), Piece::Same(more)) => last.push_str(&more),
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

fn in_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

fn is_token(run: &&str) -> bool {
    run.len() >= SHORTEST && run.starts_with(in_token) && run.contains(|c: char| c.is_ascii_digit())
}

/// The text, cut between what may be a token and what may not.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let inside = in_token(first);
        let ends = rest.find(|c| in_token(c) != inside).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(ends);
        rest = tail;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_kept_is_drawn_anew() {
        let kept = HashSet::from(["0198c0de-0000-7000-8000-000000000001".to_owned()]);
        let text = "a:0198c0de-0000-7000-8000-000000000001,b:0198c0de-0000-7000-8000-000000000002.";

        let pieces = pieces(text, &kept);

        let before = "a:0198c0de-0000-7000-8000-000000000001,b:0198c0de-0000-7000-";
        let same = |text: &str| Piece::Same(text.to_owned());
        assert_eq!(pieces, [same(before), Piece::Four, same("-"), Piece::Twelve, same(".")]);
    }

    #[test]
    fn a_token_keeps_its_length() {
        let token = "0123456789abcdef0123456789abcdef";

        let pieces = pieces(token, &HashSet::new());

        let same = |text: &str| Piece::Same(text.to_owned());
        assert_eq!(pieces, [same("0123456789abcdef"), Piece::Four, Piece::Twelve]);
    }
}
