//! Connections that stay with the runtime that opened them, lent without a question in between.
//!
//! A pool of sqlx asks the database "are you there?" each time a connection comes back to it: a round trip for every
//! statement. And a connection is woken by the runtime it was opened on (each HTTP thread has its own), so one that
//! wanders costs two threads a wake-up for every answer, and is dead when that runtime ends before the others. Here each
//! runtime opens its own and takes its own first, one that wanders is asked whether it lives, and one whose use was
//! broken off is thrown away.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult,
    RuntimeErr, SqlxError, Statement, Values,
    sqlx::{
        AssertSqlSafe, Connection, Database, Executor, IntoArguments, PgConnection,
        SqliteConnection, postgres::PgConnectOptions, query::Query, query_with,
        sqlite::SqliteConnectOptions,
    },
};
use sea_query_sqlx::SqlxValues;
use tokio::{
    runtime::{Handle, Id},
    sync::{Semaphore, SemaphorePermit},
};

/// A connection that was idle for this long is tried before it is used.
const PING_AFTER: Duration = Duration::from_secs(30);
/// One that is older is not kept.
const OLDEST: Duration = Duration::from_secs(1_800);

enum Wire {
    Postgres(Box<PgConnection>),
    Sqlite(Box<SqliteConnection>),
}

/// The runtime that a connection is woken by.
type Home = Option<Id>;

fn here() -> Home {
    Handle::try_current().ok().map(|runtime| runtime.id())
}

struct Kept {
    wire: Wire,
    home: Home,
    opened: Instant,
    used: Instant,
}

impl Kept {
    /// Whether it is surely alive, and woken by the one who asks.
    fn is_fresh(&self, here: Home) -> bool {
        self.home == here && self.used.elapsed() < PING_AFTER
    }
}

/// How a connection is opened.
enum Door {
    Postgres(Box<PgConnectOptions>),
    Sqlite(Box<SqliteConnectOptions>),
}

/// So many connections, kept; clones share them.
#[derive(Clone)]
pub struct Lanes(Arc<Shared>);

struct Shared {
    door: Door,
    backend: DbBackend,
    /// As many as may be lent at once.
    permits: Semaphore,
    idle: Mutex<HashMap<Home, Vec<Kept>>>,
    patience: Duration,
}

impl Lanes {
    /// So many connections, opened as those of this pool are and beside them.
    pub fn over(db: &DatabaseConnection, count: u32, patience: Duration) -> Self {
        let backend = db.get_database_backend();
        let door = match backend {
            DbBackend::Postgres => {
                let options = db.get_postgres_connection_pool().connect_options();
                Door::Postgres(Box::new(options.as_ref().clone()))
            }
            _ => {
                let options = db.get_sqlite_connection_pool().connect_options();
                Door::Sqlite(Box::new(options.as_ref().clone()))
            }
        };
        let permits = Semaphore::new(usize::try_from(count).unwrap_or(1).max(1));
        Self(Arc::new(Shared { door, backend, permits, idle: Mutex::default(), patience }))
    }

    /// A connection to use alone for a while.
    pub async fn take(&self) -> Result<Lane<'_>, DbErr> {
        if let Some(lane) = self.at_once() {
            return Ok(lane);
        }
        let lane = tokio::time::timeout(self.0.patience, self.lane()).await;
        lane.unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
    }

    /// One of this runtime's that was used a moment ago: nothing is waited for, so no timer is set.
    fn at_once(&self) -> Option<Lane<'_>> {
        let permit = self.0.permits.try_acquire().ok()?;
        let kept = self.0.pop_fresh(here())?;
        Some(self.lend(kept, permit))
    }

    fn lend<'a>(&'a self, kept: Kept, permit: SemaphorePermit<'a>) -> Lane<'a> {
        let (kept, lanes) = (Some(kept), &*self.0);
        Lane { kept, sound: true, in_transaction: false, lanes, _permit: permit }
    }

    async fn lane(&self) -> Result<Lane<'_>, DbErr> {
        let closed = |_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed);
        let permit = self.0.permits.acquire().await.map_err(closed)?;
        let kept = match self.idle().await {
            Some(kept) => kept,
            None => self.open().await?,
        };
        Ok(self.lend(kept, permit))
    }

    /// One of this runtime's, else of another's when the pool has no more to give.
    async fn idle(&self) -> Option<Kept> {
        let here = here();
        while let Some(mut kept) = self.0.pop(here) {
            if kept.is_fresh(here) || kept.wire.answers().await {
                return Some(kept);
            }
        }
        None
    }

    async fn open(&self) -> Result<Kept, DbErr> {
        let wire = match &self.0.door {
            Door::Postgres(options) => {
                PgConnection::connect_with(options).await.map(Box::new).map(Wire::Postgres)
            }
            Door::Sqlite(options) => {
                SqliteConnection::connect_with(options).await.map(Box::new).map(Wire::Sqlite)
            }
        };
        let wire = wire.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?;
        let now = Instant::now();
        Ok(Kept { wire, home: here(), opened: now, used: now })
    }

    /// Nobody is lent a connection any more.
    pub fn close(&self) {
        self.0.permits.close();
        self.0.forget();
    }
}

impl Shared {
    fn pop(&self, here: Home) -> Option<Kept> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = idle.get_mut(&here).and_then(Vec::pop) {
            return Some(kept);
        }
        // Those that are lent and this one are as many as there may be only when none is idle elsewhere.
        let kept: usize = idle.values().map(Vec::len).sum();
        let room = self.permits.available_permits() >= kept;
        if room { None } else { idle.values_mut().find_map(Vec::pop) }
    }

    fn pop_fresh(&self, here: Home) -> Option<Kept> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.get_mut(&here)?.pop_if(|kept| kept.is_fresh(here))
    }

    fn push(&self, kept: Kept) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.entry(kept.home).or_default().push(kept);
    }

    fn forget(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Wire {
    async fn answers(&mut self) -> bool {
        match self {
            Self::Postgres(connection) => connection.ping().await.is_ok(),
            Self::Sqlite(connection) => connection.ping().await.is_ok(),
        }
    }
}

/// A connection, lent. It comes back when it is dropped, unless its use was broken off.
pub struct Lane<'a> {
    kept: Option<Kept>,
    /// Whether nothing is under way on it.
    sound: bool,
    in_transaction: bool,
    lanes: &'a Shared,
    _permit: SemaphorePermit<'a>,
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        let Some(kept) = self.kept.take() else { return };
        let keeps = self.sound && !self.in_transaction && kept.opened.elapsed() < OLDEST;
        if keeps {
            self.lanes.push(Kept { used: Instant::now(), ..kept });
        }
    }
}

fn bound<DB: Database>(statement: &Statement) -> Query<'_, DB, SqlxValues>
where
    SqlxValues: IntoArguments<DB>,
{
    let values = statement.values.clone().unwrap_or(Values(Vec::new()));
    query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}

impl Lane<'_> {
    pub async fn execute(&mut self, statement: &Statement) -> Result<ExecResult, DbErr> {
        let done = match self.begin_use()? {
            Wire::Postgres(db) => bound(statement).execute(&mut **db).await.map(Into::into),
            Wire::Sqlite(db) => bound(statement).execute(&mut **db).await.map(Into::into),
        };
        self.end_use(done).map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(error.into())))
    }

    pub async fn execute_unprepared(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        let done = match self.begin_use()? {
            Wire::Postgres(db) => db.execute(AssertSqlSafe(sql)).await.map(Into::into),
            Wire::Sqlite(db) => db.execute(AssertSqlSafe(sql)).await.map(Into::into),
        };
        self.end_use(done).map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(error.into())))
    }

    pub async fn rows(&mut self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        let rows = match self.begin_use()? {
            Wire::Postgres(db) => {
                let rows = bound(statement).fetch_all(&mut **db).await;
                rows.map(|rows| rows.into_iter().map(Into::into).collect())
            }
            Wire::Sqlite(db) => {
                let rows = bound(statement).fetch_all(&mut **db).await;
                rows.map(|rows| rows.into_iter().map(Into::into).collect())
            }
        };
        self.end_use(rows).map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())))
    }

    /// From here on it must not be kept, until what is begun has ended well.
    fn begin_use(&mut self) -> Result<&mut Wire, DbErr> {
        self.sound = false;
        let gone = DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed);
        self.kept.as_mut().map(|kept| &mut kept.wire).ok_or(gone)
    }

    /// What the database refused leaves the connection sound. One that broke is seldom alone.
    fn end_use<T>(&mut self, done: Result<T, SqlxError>) -> Result<T, SqlxError> {
        self.sound = done.as_ref().err().is_none_or(is_a_refusal);
        if !self.sound {
            self.lanes.forget();
        }
        done
    }

    /// A lane is not kept before its transaction has ended: to break off is to roll back.
    pub async fn begin(&mut self) -> Result<(), DbErr> {
        self.in_transaction = true;
        self.execute_unprepared("begin").await.map(drop)
    }

    pub async fn commit(&mut self) -> Result<(), DbErr> {
        self.end("commit").await
    }

    pub async fn roll_back(&mut self) -> Result<(), DbErr> {
        self.end("rollback").await
    }

    async fn end(&mut self, how: &str) -> Result<(), DbErr> {
        self.execute_unprepared(how).await?;
        self.in_transaction = false;
        Ok(())
    }
}

/// The database understood, and said no; unless it said goodbye (class 57P).
fn is_a_refusal(error: &SqlxError) -> bool {
    match error {
        SqlxError::Database(refusal) => !refusal.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

/// Statements one by one, each on whichever connection is free.
#[async_trait]
impl ConnectionTrait for Lanes {
    fn get_database_backend(&self) -> DbBackend {
        self.0.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.take().await?.execute(&statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.take().await?.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.take().await?.rows(&statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.take().await?.rows(&statement).await
    }
}
