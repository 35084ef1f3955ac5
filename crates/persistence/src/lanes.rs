//! Connections that stay with the runtime that opened them, lent without a question in between.
//!
//! A pool of sqlx asks the database "are you there?" each time a connection comes back to it: a round trip for every
//! statement. And a connection is woken by the runtime it was opened on (each HTTP thread has its own), so one that
//! wanders costs two threads a wake-up for every answer, and is dead when that runtime ends before the others. Here each
//! runtime opens its own and takes its own first (`berths.rs`), one that wanders is asked whether it lives, one that its
//! own runtime leaves alone is closed for another to open its own, and one whose use was broken off is thrown away.

use std::{
    sync::Arc,
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
use tokio::runtime::{Handle, Id, RuntimeFlavor};

use crate::berths::{Asked, Berthed, Berths, Place};

/// A connection that was idle for this long is tried before it is used.
const PING_AFTER: Duration = Duration::from_secs(30);
/// One that its own runtime left alone for this long gives way to one of the runtime that has need of it.
const AWAY_AFTER: Duration = Duration::from_secs(1);
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

/// An HTTP thread is a runtime of its own; the one they all came from asks seldom.
fn is_http_thread() -> bool {
    Handle::try_current()
        .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread)
}

struct Kept {
    wire: Wire,
    home: Home,
    opened: Instant,
    used: Instant,
    /// When its own runtime last used it.
    at_home: Instant,
}

impl Berthed<Home> for Kept {
    fn home(&self) -> Home {
        self.home
    }

    fn is_left_alone(&self) -> bool {
        self.at_home.elapsed() > AWAY_AFTER
    }
}

impl Kept {
    /// Whether it is surely alive, and woken by the one who asks.
    fn is_fresh(&self, here: Home) -> bool {
        self.home == here && self.used.elapsed() < PING_AFTER
    }

    /// To an HTTP thread, which opens its own; whoever asks seldom only borrows it.
    fn gives_way(&self, here: Home) -> bool {
        self.home != here && self.is_left_alone() && is_http_thread()
    }

    /// Itself, unless it is dead or gives way.
    async fn of_use(mut self, here: Home) -> Option<Self> {
        if self.gives_way(here) {
            self.wire.close().await;
            return None;
        }
        (self.is_fresh(here) || self.wire.answers().await).then_some(self)
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
    berths: Arc<Berths<Home, Kept>>,
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
        let berths = Berths::new(usize::try_from(count).unwrap_or(1));
        Self(Arc::new(Shared { door, backend, berths, patience }))
    }

    /// A connection to use alone for a while.
    pub async fn take(&self) -> Result<Lane, DbErr> {
        let here = here();
        let asked = self.0.berths.ask(here, is_http_thread());
        // One that was used here a moment ago: nothing is waited for, so no timer is set.
        let asked = match asked {
            Asked::Now(place) if place.kept.as_ref().is_some_and(|kept| kept.is_fresh(here)) => {
                return Ok(Lane::on(place, self.clone()));
            }
            asked => asked,
        };
        let lane = tokio::time::timeout(self.0.patience, self.wait(asked, here)).await;
        lane.unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
    }

    async fn wait(&self, asked: Asked<Home, Kept>, here: Home) -> Result<Lane, DbErr> {
        let closed = DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed);
        let mut place = match asked {
            Asked::Now(place) => place,
            Asked::Later(place) => place.await.map_err(|_| closed)?,
            Asked::Closed => return Err(closed),
        };
        place.kept = match place.kept.take() {
            Some(kept) => kept.of_use(here).await,
            None => None,
        };
        if place.kept.is_none() {
            place.kept = Some(self.open().await?);
        }
        Ok(Lane::on(place, self.clone()))
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
        Ok(Kept { wire, home: here(), opened: now, used: now, at_home: now })
    }

    /// Nobody is lent a connection any more.
    pub fn close(&self) {
        self.0.berths.close();
    }
}

impl Wire {
    async fn answers(&mut self) -> bool {
        match self {
            Self::Postgres(connection) => connection.ping().await.is_ok(),
            Self::Sqlite(connection) => connection.ping().await.is_ok(),
        }
    }

    /// Says goodbye; one that is dead does not hear it.
    async fn close(self) {
        let _ = match self {
            Self::Postgres(connection) => connection.close().await,
            Self::Sqlite(connection) => connection.close().await,
        };
    }
}

/// A connection, lent. It comes back when it is dropped, unless its use was broken off.
pub struct Lane {
    place: Place<Home, Kept>,
    /// Whether nothing is under way on it.
    sound: bool,
    in_transaction: bool,
    lanes: Lanes,
}

impl Drop for Lane {
    fn drop(&mut self) {
        let Some(kept) = self.place.kept.take() else { return };
        if self.sound && !self.in_transaction && kept.opened.elapsed() < OLDEST {
            let used = Instant::now();
            let at_home = if kept.home == here() { used } else { kept.at_home };
            self.place.kept = Some(Kept { used, at_home, ..kept });
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

impl Lane {
    fn on(place: Place<Home, Kept>, lanes: Lanes) -> Self {
        Self { place, sound: true, in_transaction: false, lanes }
    }

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
        self.place.kept.as_mut().map(|kept| &mut kept.wire).ok_or(gone)
    }

    /// What the database refused leaves the connection sound. One that broke is seldom alone.
    fn end_use<T>(&mut self, done: Result<T, SqlxError>) -> Result<T, SqlxError> {
        self.sound = done.as_ref().err().is_none_or(is_a_refusal);
        if !self.sound {
            self.lanes.0.berths.forget();
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
