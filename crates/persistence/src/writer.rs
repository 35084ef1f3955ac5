//! SQLite's one writer: commits that wait for it share the next transaction, so that one flush of the file serves all.
//!
//! Each has a savepoint of its own: one that is refused leaves nothing behind, and its neighbours do not notice. Nobody
//! is told anything before all of it is on the disk. What cannot be written together is written one by one
//! (docs/adr/0009-sqlite-group-commit.md).

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use commerce::StoreError;
use futures_util::FutureExt;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Ear, Engine, Heard, Step,
    commit::{Trouble, must},
    failure::Meaning,
};

/// So many commits share a transaction at most: the first waits for the last.
const MOST: usize = 64;

/// What became of a commit.
type Outcome = Result<(), Trouble>;

/// A commit that waits for the writer.
struct Job {
    statements: Arc<[Vec<Step>]>,
    ear: Option<Ear>,
    taken: Turn,
    told: oneshot::Sender<Outcome>,
}

impl Job {
    fn tell(self, outcome: Outcome) {
        let _ = self.told.send(outcome);
    }
}

/// Belongs to whoever comes first: the writer who begins, or the one who waited too long.
#[derive(Clone, Default)]
struct Turn(Arc<AtomicBool>);

impl Turn {
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// The way to the writer; clones lead to the same.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::UnboundedSender<Job>,
    patience: Duration,
}

impl Writer {
    /// Writes on the runtime that calls this, until nobody is left who could ask.
    pub fn over(connection: DatabaseConnection, patience: Duration) -> Self {
        let (jobs, waiting) = mpsc::unbounded_channel();
        tokio::spawn(write_all(connection, waiting));
        Self { jobs, patience }
    }

    /// Writes all of it or nothing. Whoever stops waiting before his turn has written nothing.
    pub async fn write(&self, statements: Arc<[Vec<Step>]>, ear: Option<Ear>) -> Outcome {
        let (told, mut outcome) = oneshot::channel();
        let taken = Turn::default();
        let job = Job { statements, ear, taken: taken.clone(), told };
        self.jobs.send(job).map_err(|_| gone())?;
        if let Ok(outcome) = tokio::time::timeout(self.patience, &mut outcome).await {
            return outcome.unwrap_or_else(|_| Err(gone()));
        }
        if taken.take() {
            return Err(Trouble::of(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout), 0));
        }
        outcome.await.unwrap_or_else(|_| Err(gone()))
    }
}

fn gone() -> Trouble {
    Trouble::of(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed), 0)
}

async fn write_all(connection: DatabaseConnection, mut waiting: mpsc::UnboundedReceiver<Job>) {
    let mut jobs = Vec::with_capacity(MOST);
    while waiting.recv_many(&mut jobs, MOST).await > 0 {
        let wanted = jobs.drain(..).filter(|job| !job.told.is_closed() && job.taken.take());
        let written = AssertUnwindSafe(write(&connection, wanted.collect())).catch_unwind().await;
        if written.is_err() {
            tracing::error!("the writer panicked; what it was writing is rolled back");
        }
    }
}

async fn write(connection: &DatabaseConnection, jobs: Vec<Job>) {
    let Some(first) = jobs.first() else { return };
    hear(first.ear.as_ref(), Heard::Begins);
    let tx = match begin(connection).await {
        Ok(tx) => tx,
        Err(error) => return jobs.into_iter().for_each(|job| job.tell(Err(not_begun(&error)))),
    };
    let outcomes = match jobs.as_slice() {
        [only] => Ok(vec![alone(tx, only).await]),
        many => together(tx, many).await,
    };
    match outcomes {
        Ok(outcomes) => {
            jobs.into_iter().zip(outcomes).for_each(|(job, outcome)| job.tell(outcome));
        }
        Err(error) => {
            let commits = jobs.len();
            tracing::warn!(
                ?error,
                commits,
                "what could not be written together is written one by one"
            );
            for job in jobs {
                Box::pin(write(connection, vec![job])).await;
            }
        }
    }
}

fn not_begun(error: &DbErr) -> Trouble {
    Trouble { meaning: Meaning::Unknown(StoreError::new(error.to_string())), at: 0 }
}

/// What became of each; an error when none of it was written.
async fn together(tx: DatabaseTransaction, jobs: &[Job]) -> Result<Vec<Outcome>, DbErr> {
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs {
        outcomes.push(apart(&tx, job).await?);
    }
    hear(jobs.first().and_then(|job| job.ear.as_ref()), Heard::Commits);
    tx.commit().await?;
    Ok(outcomes)
}

/// One among others.
async fn apart(tx: &DatabaseTransaction, job: &Job) -> Result<Outcome, DbErr> {
    control(tx, "savepoint apart").await?;
    let outcome = run(tx, job).await;
    if outcome.is_err() {
        control(tx, "rollback to apart").await?;
    }
    control(tx, "release apart").await?;
    Ok(outcome)
}

async fn alone(tx: DatabaseTransaction, job: &Job) -> Outcome {
    if let Err(trouble) = run(&tx, job).await {
        roll_back(tx).await;
        return Err(trouble);
    }
    hear(job.ear.as_ref(), Heard::Commits);
    tx.commit().await.map_err(|error| Trouble::of(error, job.statements.len()))
}

/// Takes SQLite's write lock at once.
pub async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    connection.begin_with_options(options).await
}

/// The connection rolls back by itself when it is dropped; this only makes it do so now.
async fn roll_back(tx: DatabaseTransaction) {
    if let Err(error) = tx.rollback().await {
        tracing::warn!(?error, "a transaction could not be rolled back");
    }
}

async fn control(tx: &DatabaseTransaction, sql: &str) -> Result<(), DbErr> {
    tx.execute_raw(Statement::from_string(Engine::Sqlite.backend(), sql)).await.map(drop)
}

async fn run(tx: &DatabaseTransaction, job: &Job) -> Outcome {
    for (at, steps) in job.statements.iter().enumerate() {
        run_all(tx, job.ear.as_ref(), steps, at).await?;
    }
    Ok(())
}

async fn run_all(
    tx: &DatabaseTransaction,
    ear: Option<&Ear>,
    steps: &[Step],
    at: usize,
) -> Outcome {
    let mut idle = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let sql = step.sql.replace("{gate}", "true").replace("{json}", Engine::Sqlite.json());
        let statement =
            Statement::from_sql_and_values(Engine::Sqlite.backend(), sql, step.values.clone());
        hear(ear, Heard::Writes(&statement));
        let done = tx.execute_raw(statement).await.map_err(|error| Trouble::of(error, at))?;
        let Some(refusal) = step.refusal.as_ref().filter(|_| done.rows_affected() == 0) else {
            continue;
        };
        idle.push(number);
        // What comes after would only trip over what is not there.
        if must(refusal) {
            break;
        }
    }
    if idle.is_empty() { Ok(()) } else { Err(Trouble { meaning: Meaning::Refused(idle), at }) }
}

fn hear(ear: Option<&Ear>, heard: Heard<'_>) {
    if let Some(ear) = ear {
        ear(heard);
    }
}
