//! Every invariant of the shop as read-only SQL: what must never be found.

mod commerce;
mod ledger;
mod rebuild;
mod stuck;

pub use rebuild::{Difference, Rebuilt, rebuild};

use std::time::Duration;

use ::commerce::StoreError;

use crate::{Db, Engine, sql::get};

/// One thing that must never be; its SQL selects what is wrong as rows with a column `culprit`.
///
/// In the SQL `{now}` is the database's clock in microseconds; what was due before `{due}` is late.
#[derive(Debug, Clone, Copy)]
pub struct Invariant {
    /// A sentence that is true while all is well.
    pub name: &'static str,
    pub postgres: &'static str,
    pub sqlite: &'static str,
}

impl Invariant {
    /// An invariant in SQL that both engines understand.
    pub const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, postgres: sql, sqlite: sql }
    }

    pub const fn by_engine(
        name: &'static str,
        postgres: &'static str,
        sqlite: &'static str,
    ) -> Self {
        Self { name, postgres, sqlite }
    }

    fn sql(self, engine: Engine) -> &'static str {
        engine.pick(self.postgres, self.sqlite)
    }
}

/// How long after its time work counts as late, unless the caller says otherwise.
pub const LATE_AFTER: Duration = Duration::from_mins(10);

/// A broken invariant: how often, and one example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub invariant: &'static str,
    pub count: u64,
    pub sample: String,
}

/// What the core promises at every committed instant.
pub fn core() -> impl Iterator<Item = Invariant> {
    commerce::INVARIANTS.iter().chain(ledger::INVARIANTS).copied()
}

/// What every part of the shop promises at every committed instant.
pub fn invariants() -> impl Iterator<Item = Invariant> {
    let modes: [&'static [Invariant]; 5] = [
        crate::identity::INVARIANTS,
        crate::media::INVARIANTS,
        crate::buy::INVARIANTS,
        crate::rent::INVARIANTS,
        crate::market::INVARIANTS,
    ];
    core().chain(modes.into_iter().flatten().copied())
}

/// Looks for anything that must never be; nothing is found while all is well.
pub async fn run(db: &Db) -> Result<Vec<Finding>, StoreError> {
    look_for(db, invariants()).await
}

/// Looks for work that should long be done: it is not wrong, but a person should know.
pub async fn stuck(db: &Db) -> Result<Vec<Finding>, StoreError> {
    late(db, LATE_AFTER).await
}

/// As [`stuck`], of work whose time came so long ago.
pub async fn late(db: &Db, late_after: Duration) -> Result<Vec<Finding>, StoreError> {
    look_at(db, stuck::INVARIANTS.iter().copied(), late_after).await
}

/// Looks for exceptions to promises of the caller's own.
pub async fn look_for(
    db: &Db,
    invariants: impl IntoIterator<Item = Invariant>,
) -> Result<Vec<Finding>, StoreError> {
    look_at(db, invariants, LATE_AFTER).await
}

async fn look_at(
    db: &Db,
    invariants: impl IntoIterator<Item = Invariant>,
    late_after: Duration,
) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    for invariant in invariants {
        findings.extend(look(db, invariant, late_after).await?);
    }
    Ok(findings)
}

async fn look(
    db: &Db,
    invariant: Invariant,
    late_after: Duration,
) -> Result<Option<Finding>, StoreError> {
    let engine = db.engine();
    let due = format!("({} - {})", engine.now(), late_after.as_micros());
    let wrong = invariant.sql(engine).replace("{due}", &due).replace("{now}", engine.now());
    let sample = engine.pick(
        "cast(culprit as text)",
        "case typeof(culprit) when 'blob' then lower(hex(culprit)) else cast(culprit as text) end",
    );
    let question = format!("select count(*) as n, min({sample}) as sample from ({wrong}) wrong");
    let Some(row) = db.row(&question, []).await? else { return Ok(None) };
    let count = u64::try_from(get::<i64>(&row, "n")?).unwrap_or_default();
    let sample: Option<String> = get(&row, "sample")?;
    let sample = sample.unwrap_or_default();
    Ok((count > 0).then_some(Finding { invariant: invariant.name, count, sample }))
}
