//! What the database refuses, in the domain's words.

use std::error::Error;

use commerce::{CommitError, StoreError};
use sea_orm::{DbErr, RuntimeErr, SqlxError, sqlx::error::DatabaseError};

/// What a database error means for a commit.
#[derive(Debug)]
pub enum Meaning {
    /// Nothing was written, through no fault of the change: write it again.
    Retry {
        deadlock: bool,
    },
    /// The steps with these numbers found nothing to touch.
    Refused(Vec<usize>),
    /// A constraint said no.
    Broken(CommitError),
    Unknown(StoreError),
}

pub fn read(error: DbErr) -> StoreError {
    StoreError::new(error)
}

/// A row that cannot be read.
pub fn corrupt(error: impl Error + Send + Sync + 'static) -> StoreError {
    StoreError::new(error)
}

/// A value that should be there and is not.
pub fn missing() -> StoreError {
    StoreError::new("a stored value is missing or out of range")
}

/// The error of a write outside a composed commit.
pub fn write(error: DbErr) -> CommitError {
    match meaning(error) {
        Meaning::Retry { .. } | Meaning::Refused(_) => CommitError::Stale,
        Meaning::Broken(error) => error,
        Meaning::Unknown(error) => CommitError::Store(error),
    }
}

pub fn meaning(error: DbErr) -> Meaning {
    let told = database_error(&error).and_then(|refusal| {
        if refusal.try_downcast_ref::<sea_orm::sqlx::postgres::PgDatabaseError>().is_some() {
            postgres(refusal)
        } else {
            sqlite(refusal)
        }
    });
    told.unwrap_or_else(|| Meaning::Unknown(read(error)))
}

fn database_error(error: &DbErr) -> Option<&dyn DatabaseError> {
    let (DbErr::Exec(RuntimeErr::SqlxError(source)) | DbErr::Query(RuntimeErr::SqlxError(source))) =
        error
    else {
        return None;
    };
    match source.as_ref() {
        SqlxError::Database(refusal) => Some(refusal.as_ref()),
        _ => None,
    }
}

fn postgres(refusal: &dyn DatabaseError) -> Option<Meaning> {
    match refusal.code()?.as_ref() {
        "40001" => Some(Meaning::Retry { deadlock: false }),
        "40P01" => Some(Meaning::Retry { deadlock: true }),
        "23505" | "23P01" => Some(unique(refusal.constraint()?)),
        "23514" => check(refusal.constraint()?),
        "22P02" => refused(refusal.message()),
        _ => None,
    }
}

/// Extended result codes: <https://www.sqlite.org/rescode.html>.
fn sqlite(refusal: &dyn DatabaseError) -> Option<Meaning> {
    let message = refusal.message();
    let (_, about) = message.split_once("constraint failed: ").unwrap_or(("", message));
    match refusal.code()?.as_ref() {
        "1555" => Some(unique(&format!("{}_pkey", about.split('.').next()?))),
        "2067" => Some(unique(&sqlite_unique(about))),
        "275" => check(about),
        "5" | "6" | "261" | "517" => Some(Meaning::Retry { deadlock: false }),
        // A trigger's `raise(abort, …)` names the constraint it stands for.
        "1811" => Some(unique(message)),
        _ => None,
    }
}

/// `table.one, table.two` becomes `table_one_two_key`, as PostgreSQL would name it; an index on expressions is told by name.
fn sqlite_unique(about: &str) -> String {
    if let Some(name) = about.strip_prefix("index '") {
        return name.trim_end_matches('\'').to_owned();
    }
    let mut columns = about.split(", ").filter_map(|column| column.split_once('.'));
    let (table, first) = columns.next().unwrap_or_default();
    let name = columns.fold(format!("{table}_{first}"), |name, (_, column)| name + "_" + column);
    name + "_key"
}

fn unique(constraint: &str) -> Meaning {
    match constraint {
        "commerce_receipts_pkey" => Meaning::Broken(CommitError::AlreadyDone),
        // The claim was made meanwhile, by another decision on the same order.
        "commerce_claims_pkey" => Meaning::Broken(CommitError::Stale),
        // Steps look first; this is for whoever goes past the calendars.
        "commerce_claims_no_overlap" => Meaning::Broken(CommitError::OutOfStock(Vec::new())),
        key if key.ends_with("_pkey") => Meaning::Broken(CommitError::Exists),
        other => Meaning::Broken(CommitError::Taken(other.to_owned())),
    }
}

/// The steps refuse before these do; they are the backstop.
fn check(constraint: &str) -> Option<Meaning> {
    match constraint {
        "commerce_stock_bounds" => Some(Meaning::Broken(CommitError::OutOfStock(Vec::new()))),
        "ledger_accounts_floor" => {
            Some(Meaning::Broken(CommitError::InsufficientFunds("of the posting".into())))
        }
        _ => None,
    }
}

/// A composed statement aborts itself by casting the numbers of the refused steps to an integer.
fn refused(message: &str) -> Option<Meaning> {
    let (_, told) = message.split_once('"')?;
    let (told, _) = told.split_once('"')?;
    let numbers = told.strip_prefix(REFUSED)?;
    Some(Meaning::Refused(numbers.split(',').filter_map(|n| n.parse().ok()).collect()))
}

/// What the message of a refusal begins with.
pub const REFUSED: &str = "refused:";
