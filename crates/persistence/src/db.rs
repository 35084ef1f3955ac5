//! The store itself: where its connections are kept, and the only ways to read and to write.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock, PoisonError, RwLock, atomic::AtomicI64},
    time::Duration,
};

use async_trait::async_trait;
use commerce::StoreError;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, ExecResult, QueryResult, Statement, TransactionTrait, Value,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use tokio::sync::Notify;

use crate::{
    DbClock, Ear, Engine, Settings, Stats, Subscriptions,
    ear::Heard,
    failure,
    lanes::{Lane, Lanes},
    writer::{self, Writer},
};

/// A connection that was idle for this long is tried before it is used.
const PING_AFTER: Duration = Duration::from_secs(30);

/// Connections beside the lanes, for what is asked seldom: health, the clock, gauges.
const SPARE: u32 = 2;

/// Prepared statements a connection keeps; every shape of a commit is one.
const STATEMENTS_KEPT: usize = 400;

/// The store; clones share everything.
#[derive(Clone)]
pub struct Db {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// For reading; on PostgreSQL for writing too. A database in memory has one connection for everything.
    lanes: Option<Lanes>,
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    settings: Settings,
    clock: DbClock,
    /// Where commits are written on SQLite.
    sqlite_writer: Option<Writer>,
    subscriptions: OnceLock<Subscriptions>,
    doorbell: Arc<Notify>,
    stats: Stats,
    /// Accounts without a floor that are known to be in the books.
    accounts: RwLock<HashSet<String>>,
    /// When postings without a link were last looked for among all.
    looked_everywhere_at: AtomicI64,
    ear: OnceLock<Ear>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("engine", &self.shared.engine).finish_non_exhaustive()
    }
}

impl Db {
    pub async fn connect(settings: &Settings) -> Result<Self, StoreError> {
        let engine = Engine::of_url(&settings.url).ok_or_else(|| {
            StoreError::new("a database URL begins with `sqlite:` or `postgres:`")
        })?;
        let (reader, writer) = match engine {
            Engine::Postgres => {
                let pool = open(postgres(settings)).await?;
                (pool.clone(), pool)
            }
            Engine::Sqlite => sqlite_pools(settings).await?,
        };
        let shared = Shared {
            engine,
            settings: settings.clone(),
            clock: DbClock::of(&reader, engine).await?,
            sqlite_writer: (engine == Engine::Sqlite)
                .then(|| Writer::over(writer.clone(), settings.acquire_timeout)),
            subscriptions: OnceLock::new(),
            doorbell: Arc::default(),
            stats: Stats::default(),
            accounts: RwLock::default(),
            looked_everywhere_at: AtomicI64::new(0),
            ear: OnceLock::new(),
        };
        let lanes = lanes(&reader, settings);
        Ok(Self { reader, writer, lanes, shared: Arc::new(shared) })
    }

    /// The same store over connections of its own, so that a backlog cannot starve requests. SQLite has one writer for all.
    pub async fn background(&self, connections: u32) -> Result<Self, StoreError> {
        let settings =
            Settings { max_connections: connections.max(1), ..self.shared.settings.clone() };
        match self.shared.engine {
            Engine::Sqlite => Ok(self.clone()),
            Engine::Postgres => {
                let pool = open(postgres(&settings)).await?;
                let (lanes, shared) = (lanes(&pool, &settings), self.shared.clone());
                Ok(Self { reader: pool.clone(), writer: pool, lanes, shared })
            }
        }
    }

    /// Says who hears of which event; before the first commit, once. Every clone knows it then.
    pub fn subscribe(&self, subscriptions: Subscriptions) {
        if self.shared.subscriptions.set(subscriptions).is_err() {
            tracing::warn!("subscriptions were told twice; the first ones stay");
        }
    }

    pub(crate) fn subscribers(&self, event: &str) -> &[String] {
        self.shared.subscriptions.get().map_or(&[], |all| all.to(event))
    }

    /// Lets someone hear every statement before it is carried out; once. For measuring, never for production.
    pub fn overhear(&self, ear: Ear) {
        if self.shared.ear.set(ear).is_err() {
            tracing::warn!("somebody listens already");
        }
    }

    pub(crate) fn heard(&self, heard: Heard<'_>) {
        if let Some(ear) = self.shared.ear.get() {
            ear(heard);
        }
    }

    pub(crate) fn ear(&self) -> Option<Ear> {
        self.shared.ear.get().cloned()
    }

    pub fn engine(&self) -> Engine {
        self.shared.engine
    }

    /// The database's time.
    pub fn clock(&self) -> DbClock {
        self.shared.clock.clone()
    }

    /// Rings after a commit that wrote deliveries.
    pub fn doorbell(&self) -> Arc<Notify> {
        self.shared.doorbell.clone()
    }

    pub(crate) fn ring(&self) {
        self.shared.doorbell.notify_one();
    }

    pub fn stats(&self) -> &Stats {
        &self.shared.stats
    }

    /// For reading; on SQLite these connections cannot write.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    #[cfg(feature = "testing")]
    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// SQLite writes over its one writer only.
    fn writing_lanes(&self) -> Option<&Lanes> {
        self.lanes.as_ref().filter(|_| self.shared.engine == Engine::Postgres)
    }

    /// PostgreSQL: a connection for one transaction; `None` where there are no lanes to write on.
    pub(crate) async fn lane(&self) -> Result<Option<Lane>, DbErr> {
        match self.writing_lanes() {
            Some(lanes) => lanes.take().await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn sqlite_writer(&self) -> Option<&Writer> {
        self.shared.sqlite_writer.as_ref()
    }

    /// Starts a write transaction that is no commit of a change. On SQLite it takes the write lock at once, behind a fair queue.
    pub async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let tx = match self.shared.engine {
            Engine::Postgres => self.writer.begin().await,
            Engine::Sqlite => writer::begin(&self.writer).await,
        };
        tx.map_err(failure::read)
    }

    /// Rows of a query with `$1`, `$2`, … for its values.
    pub async fn rows(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, StoreError> {
        self.query_all_raw(self.statement(sql, values)).await.map_err(failure::read)
    }

    pub async fn row(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Option<QueryResult>, StoreError> {
        self.query_one_raw(self.statement(sql, values)).await.map_err(failure::read)
    }

    /// One statement that writes outside any change; returns how many rows it touched.
    pub async fn execute(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, StoreError> {
        let done = self.execute_raw(self.statement(sql, values)).await;
        Ok(done.map_err(failure::read)?.rows_affected())
    }

    /// One statement that writes and returns rows.
    pub async fn write_rows(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, StoreError> {
        let statement = self.statement(sql, values);
        self.heard(Heard::Writes(&statement));
        let rows = match self.writing_lanes() {
            Some(lanes) => lanes.query_all_raw(statement).await,
            None => self.writer.query_all_raw(statement).await,
        };
        rows.map_err(failure::read)
    }

    pub fn statement(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
        Statement::from_sql_and_values(self.shared.engine.backend(), sql, values)
    }

    /// Whether the database answers. Who stops waiting for it leaves nothing behind: a lane whose use was broken off is
    /// thrown away, where a pool would go on asking it whether it lives.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answer = match &self.lanes {
            Some(lanes) => lanes.execute_unprepared("select 1").await,
            None => self.reader.execute_unprepared("select 1").await,
        };
        answer.map(drop).map_err(failure::read)
    }

    pub async fn close(self) -> Result<(), StoreError> {
        if let Some(lanes) = &self.lanes {
            lanes.close();
        }
        self.reader.close_by_ref().await.map_err(failure::read)?;
        self.writer.close_by_ref().await.map_err(failure::read)
    }

    pub(crate) fn looked_everywhere_at(&self) -> &AtomicI64 {
        &self.shared.looked_everywhere_at
    }

    pub(crate) fn knows_account(&self, key: &str) -> bool {
        self.shared.accounts.read().unwrap_or_else(PoisonError::into_inner).contains(key)
    }

    pub(crate) fn learn_accounts(&self, keys: Vec<String>) {
        if !keys.is_empty() {
            self.shared.accounts.write().unwrap_or_else(PoisonError::into_inner).extend(keys);
        }
    }
}

/// As SeaORM's own queries see the store.
#[async_trait]
impl ConnectionTrait for Db {
    fn get_database_backend(&self) -> DbBackend {
        self.shared.engine.backend()
    }

    /// A statement that writes outside any transaction.
    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.heard(Heard::Writes(&statement));
        match self.writing_lanes() {
            Some(lanes) => lanes.execute_raw(statement).await,
            None => self.writer.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.writer.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.heard(Heard::Reads(&statement));
        match &self.lanes {
            Some(lanes) => lanes.query_one_raw(statement).await,
            None => self.reader.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.heard(Heard::Reads(&statement));
        match &self.lanes {
            Some(lanes) => lanes.query_all_raw(statement).await,
            None => self.reader.query_all_raw(statement).await,
        }
    }
}

fn lanes(db: &DatabaseConnection, settings: &Settings) -> Option<Lanes> {
    let in_memory = settings.url.contains(":memory:");
    let patience = settings.acquire_timeout;
    (!in_memory).then(|| Lanes::over(db, settings.max_connections.max(1), patience))
}

async fn open(options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    Database::connect(options).await.map_err(failure::read)
}

fn common(settings: &Settings, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(&settings.url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire_if_idle_for(PING_AFTER)
        .sqlx_logging(false);
    options
}

/// Time-outs are options of the connection, so that no statement has to set them.
fn postgres(settings: &Settings) -> ConnectOptions {
    let lock_ms = settings.lock_timeout.as_millis().to_string();
    let mut options = common(settings, SPARE);
    options
        .set_application_name("souk")
        .statement_timeout(settings.statement_timeout)
        .map_sqlx_postgres_opts(move |opts| {
            opts.statement_cache_capacity(STATEMENTS_KEPT).options([
                ("lock_timeout", lock_ms.as_str()),
                ("idle_in_transaction_session_timeout", "10000"),
                // Our statements are short; compiling one would cost more than running it.
                ("jit", "off"),
            ])
        });
    options
}

/// Readers beside one writer; a database in memory is one connection that does both.
async fn sqlite_pools(
    settings: &Settings,
) -> Result<(DatabaseConnection, DatabaseConnection), StoreError> {
    let writer = open(sqlite(settings, 1, false)).await?;
    if settings.url.contains(":memory:") {
        return Ok((writer.clone(), writer));
    }
    let reader = open(sqlite(settings, SPARE, true)).await?;
    Ok((reader, writer))
}

/// What a connection may keep of the file, negative as KiB, where the file is not mapped: with SQLite's own 2 MB, what a
/// search in a large shop looks up is read anew each time.
const SQLITE_CACHE_KIB: &str = "-8192";

/// What readers see of the file as memory that they share, instead of a copy in the cache of each: as much as SQLite can
/// (ADR 14).
const SQLITE_MAPPED_BYTES: &str = "2147418112";

fn sqlite(settings: &Settings, connections: u32, read_only: bool) -> ConnectOptions {
    let busy = settings.lock_timeout;
    let mut options = common(settings, connections);
    if !read_only {
        // The one writer is never given up: a new one would only pay for opening the file again.
        options.idle_timeout(None).max_lifetime(None);
    }
    options.map_sqlx_sqlite_opts(move |opts| {
        let opts = opts
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(busy)
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENTS_KEPT)
            .pragma("cache_size", SQLITE_CACHE_KIB)
            .pragma("journal_size_limit", "67108864");
        if !read_only {
            return opts;
        }
        opts.pragma("query_only", "on").pragma("mmap_size", SQLITE_MAPPED_BYTES)
    });
    options
}
