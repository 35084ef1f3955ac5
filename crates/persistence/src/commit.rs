//! The one place a change is written: all of it or nothing.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use commerce::{Change, CommitError, ResourceId};
use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use crate::{
    Db, Engine, Heard,
    commerce::{Told, effect_steps, ledger},
    failure::{self, Meaning, REFUSED},
    record::Layout,
    step::{Refusal, Step, Steps},
};

/// How often a commit is written again after a deadlock or a serialisation failure.
const TRIES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(5);

pub async fn commit<T: Layout>(db: &Db, change: Change<T>) -> Result<(), CommitError> {
    let (steps, told) = prepare(db, change)?;
    write_steps(db, steps, told).await
}

/// Writes steps that are no change of an aggregate, with all that goes with a commit.
pub async fn write_steps(db: &Db, steps: Steps, told: Told) -> Result<(), CommitError> {
    let written = match write(db, steps.into_statements().into()).await {
        Err(error) => Err(ledger::explain(db, &told.postings, error).await?),
        written => written,
    };
    match &written {
        Ok(()) => {
            db.stats().committed();
            db.learn_accounts(told.accounts);
            if told.deliveries {
                db.ring();
            }
        }
        Err(error) => db.stats().refused(error),
    }
    written
}

/// The global lock order is the order of these lines.
fn prepare<T: Layout>(db: &Db, change: Change<T>) -> Result<(Steps, Told), CommitError> {
    let mut steps = Steps::new(db.engine());
    let (mut writes, effects) = T::fold(change.writes, change.effects);
    writes.sort_by_key(|write| write.state.id().into());
    let mut told = Told::default();
    effect_steps::receipt(&effects, &mut steps)?;
    writes.iter().try_for_each(|write| T::steps(write, &mut steps))?;
    effect_steps::rest(db, effects, &mut steps, &mut told)?;
    Ok((steps, told))
}

async fn write(db: &Db, statements: Arc<[Vec<Step>]>) -> Result<(), CommitError> {
    for tried in 1..=TRIES {
        let outcome = match db.sqlite_writer() {
            Some(writer) => writer.write(statements.clone(), db.ear()).await,
            None => write_postgres(db, &statements).await,
        };
        let Err(Trouble { meaning, at }) = outcome else { return Ok(()) };
        match meaning {
            Meaning::Retry { deadlock } => {
                if deadlock {
                    db.stats().deadlocked();
                }
                if tried < TRIES {
                    db.stats().retried();
                    tokio::time::sleep(wait(tried)).await;
                }
            }
            Meaning::Refused(numbers) => {
                let refusals = statements.get(at).map_or_else(Vec::new, |s| named(s, &numbers));
                return Err(refused(refusals));
            }
            Meaning::Broken(CommitError::OutOfStock(_)) => {
                let short = statements.get(at).map_or_else(Vec::new, |steps| could_be_short(steps));
                return Err(CommitError::OutOfStock(short));
            }
            Meaning::Broken(error) => return Err(error),
            Meaning::Unknown(error) => return Err(CommitError::Store(error)),
        }
    }
    Err(CommitError::Stale)
}

/// What a constraint that spoke before the steps did may have meant.
fn could_be_short(steps: &[Step]) -> Vec<ResourceId> {
    let resource = |step: &Step| match &step.refusal {
        Some(Refusal::OutOfStock(resource)) => Some(*resource),
        _ => None,
    };
    steps.iter().filter_map(resource).collect()
}

/// Why the statement with that number did not go through.
pub struct Trouble {
    pub meaning: Meaning,
    pub at: usize,
}

impl Trouble {
    pub fn of(error: DbErr, at: usize) -> Self {
        Self { meaning: failure::meaning(error), at }
    }
}

/// Doubling, with full jitter.
fn wait(tried: u32) -> Duration {
    let most = FIRST_WAIT.saturating_mul(1 << tried.min(5));
    let [jitter, ..] = uuid::Uuid::new_v4().into_bytes();
    most.saturating_mul(u32::from(jitter)) / 256
}

/// One statement needs no transaction around it: it is one.
async fn write_postgres(db: &Db, statements: &[Vec<Step>]) -> Result<(), Trouble> {
    if let [only] = statements {
        let done = db.execute_raw(composed(only)).await;
        return done.map(drop).map_err(|error| Trouble::of(error, 0));
    }
    let lane = db.lane().await.map_err(|error| Trouble::of(error, 0))?;
    let mut lane = lane.ok_or_else(|| Trouble::of(DbErr::Custom("no lanes".into()), 0))?;
    db.heard(Heard::Begins);
    lane.begin().await.map_err(|error| Trouble::of(error, 0))?;
    for (at, steps) in statements.iter().enumerate() {
        let statement = composed(steps);
        db.heard(Heard::Writes(&statement));
        if let Err(error) = lane.execute(&statement).await {
            if let Err(error) = lane.roll_back().await {
                tracing::warn!(?error, "a transaction could not be rolled back");
            }
            return Err(Trouble::of(error, at));
        }
    }
    db.heard(Heard::Commits);
    lane.commit().await.map_err(|error| Trouble::of(error, statements.len()))
}

/// All steps as one statement: each a data-modifying CTE that waits for the one before it, and does nothing after one
/// that must touch a row and did not, so that no constraint speaks before the real reason. When one that must touch
/// a row does not, casting its number to an integer aborts the whole; any engine that speaks PostgreSQL does so.
fn composed(steps: &[Step]) -> Statement {
    let mut sql = String::with_capacity(4096);
    let mut values: Vec<Value> = Vec::with_capacity(64);
    let (mut gate, mut needed) = ("true".to_owned(), String::new());
    for (number, step) in steps.iter().enumerate() {
        let name = step.name.map_or_else(|| format!("s{number}"), str::to_owned);
        sql.push_str(if number == 0 { "with " } else { ", " });
        let _ = write!(sql, "{name} as (");
        push_step(&mut sql, step, &gate, values.len());
        let _ = write!(sql, " returning {})", step.returning);
        values.extend(step.values.iter().cloned());
        let touched = format!("(select count(*) from {name})");
        if step.refusal.as_ref().is_some_and(must) {
            gate = format!("{needed}{touched} > 0");
            needed = format!("{gate} and ");
        } else {
            gate = format!("{needed}{touched} >= 0");
        }
    }
    push_verdict(&mut sql, steps);
    Statement::from_sql_and_values(Engine::Postgres.backend(), sql, values)
}

/// Whether nothing after a step makes sense when it is refused.
pub fn must(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::AlreadyDone
        | Refusal::Exists
        | Refusal::Stale
        | Refusal::PostingEnded(_)
        | Refusal::Taken(_) => true,
        Refusal::OutOfStock(_) | Refusal::InsufficientFunds(_) => false,
    }
}

/// Writes a step's SQL with its parameters numbered from `before + 1`.
fn push_step(sql: &mut String, step: &Step, gate: &str, before: usize) {
    let text = step.sql.replace("{gate}", gate).replace("{json}", Engine::Postgres.json());
    let mut parts = text.split('$');
    sql.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        let number = number.parse::<usize>().unwrap_or_default().saturating_add(before);
        let _ = write!(sql, "${number}{rest}");
    }
}

fn push_verdict(sql: &mut String, steps: &[Step]) {
    let must = steps.iter().enumerate().filter(|(_, step)| step.refusal.is_some());
    let idle: Vec<_> = must
        .map(|(number, step)| {
            let name = step.name.map_or_else(|| format!("s{number}"), str::to_owned);
            format!("select '{number}' as n where not exists (select from {name})")
        })
        .collect();
    if idle.is_empty() {
        sql.push_str(" select 1");
        return;
    }
    let _ = write!(
        sql,
        " select cast('{REFUSED}' || string_agg(n, ',') as integer) from ({}) idle having count(*) > 0",
        idle.join(" union all ")
    );
}

fn named(steps: &[Step], numbers: &[usize]) -> Vec<Refusal> {
    let steps = numbers.iter().filter_map(|&number| steps.get(number));
    steps.filter_map(|step| step.refusal.clone()).collect()
}

/// Several steps may have refused; what is told is what the caller can act on best.
fn refused(refusals: Vec<Refusal>) -> CommitError {
    // What comes after a step that must touch a row and did not had no chance to.
    match refusals.iter().find(|refusal| must(refusal)) {
        Some(Refusal::AlreadyDone) => return CommitError::AlreadyDone,
        Some(Refusal::Exists) => return CommitError::Exists,
        Some(Refusal::Stale) => return CommitError::Stale,
        Some(Refusal::PostingEnded(posting)) => return CommitError::PostingEnded(*posting),
        Some(Refusal::Taken(name)) => return CommitError::Taken((*name).to_owned()),
        Some(Refusal::OutOfStock(_) | Refusal::InsufficientFunds(_)) | None => {}
    }
    let mut gone = Vec::new();
    let mut poor = None;
    for refusal in refusals {
        match refusal {
            Refusal::OutOfStock(resource) => gone.push(resource),
            Refusal::InsufficientFunds(account) => poor = poor.or(Some(account)),
            Refusal::AlreadyDone
            | Refusal::Exists
            | Refusal::Stale
            | Refusal::PostingEnded(_)
            | Refusal::Taken(_) => {}
        }
    }
    match poor {
        Some(account) if gone.is_empty() => CommitError::InsufficientFunds(account),
        _ => CommitError::OutOfStock(gone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_one_statement_whose_steps_wait_for_each_other() {
        let steps = [
            Step::new("update a set x = $1 where id = $2 and {gate}", [1.into(), 2.into()])
                .or(Refusal::Stale),
            Step::new("insert into b (y) select $1 where {gate}", [3.into()]),
        ];

        let statement = composed(&steps);

        assert_eq!(
            statement.sql,
            "with s0 as (update a set x = $1 where id = $2 and true returning 1 as one), \
             s1 as (insert into b (y) select $3 where (select count(*) from s0) > 0 \
             returning 1 as one) \
             select cast('refused:' || string_agg(n, ',') as integer) from \
             (select '0' as n where not exists (select from s0)) idle having count(*) > 0"
        );
        assert_eq!(statement.values.unwrap().0.len(), 3);
    }

    #[test]
    fn all_that_is_short_is_told_together() {
        let short = |n| Refusal::OutOfStock(uuid::Uuid::from_u128(n).into());

        assert!(matches!(
            refused(vec![short(1), short(2)]),
            CommitError::OutOfStock(gone) if gone.len() == 2
        ));
        assert!(matches!(refused(vec![short(1), Refusal::Stale]), CommitError::Stale));
    }
}
