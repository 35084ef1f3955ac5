//! A database of its own for each test, on either engine; the test ends by checking every invariant.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up its world stops")]

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement, Value};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::{Db, Engine, Settings, check};

/// A migrated database that goes away at [`TestDb::finish`].
#[derive(Debug)]
pub struct TestDb {
    pub db: Db,
    pub url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder { _kept: TempDir },
    Server { name: String },
}

static NEXT: AtomicU32 = AtomicU32::new(0);
static TEMPLATE: OnceCell<String> = OnceCell::const_new();

impl TestDb {
    /// One on each engine, SQLite first.
    pub async fn each_engine() -> [Self; 2] {
        [Self::sqlite().await, Self::postgres().await]
    }

    pub async fn on(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite().await,
            Engine::Postgres => Self::postgres().await,
        }
    }

    pub async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("souk.db").display());
        migration::up(&url).await.unwrap();
        Self::open(url, Place::Folder { _kept: folder }).await
    }

    /// On the server `SOUK_TEST_POSTGRES` names, copied from a template that is migrated once a test binary.
    pub async fn postgres() -> Self {
        let template = TEMPLATE.get_or_init(make_template).await;
        let name = fresh_name("test");
        admin(&format!("create database {name} template {template}")).await;
        let url = server_url(&name);
        Self::open(url, Place::Server { name }).await
    }

    async fn open(url: String, place: Place) -> Self {
        let db = Db::connect(&settings(&url)).await.unwrap();
        Self { db, url, place }
    }

    /// The same database as another process would see it.
    pub async fn connect_again(&self) -> Db {
        Db::connect(&settings(&self.url)).await.unwrap()
    }

    /// Runs statements as they are, such as tampering with rows.
    pub async fn execute(&self, sql: &str) {
        self.db.writer().execute_unprepared(sql).await.unwrap();
    }

    /// The first column of the first row, which must be a number.
    pub async fn number(&self, sql: &str) -> i64 {
        let statement = Statement::from_string(self.db.engine().backend(), sql);
        let row = self.db.writer().query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    pub async fn number_of(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> i64 {
        let row = self.db.row(sql, values).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    /// Nothing that must never be is found, and no commit met a deadlock.
    pub async fn assert_sound(&self) {
        let findings = check::run(&self.db).await.unwrap();
        assert!(findings.is_empty(), "{:?} breaks its promises: {findings:#?}", self.db.engine());
        assert_eq!(self.db.stats().counts().deadlocks, 0, "deadlocks on {:?}", self.db.engine());
    }

    /// Checks every invariant and takes the database away.
    pub async fn finish(self) {
        self.assert_sound().await;
        self.discard().await;
    }

    /// Takes the database away as it is.
    pub async fn discard(self) {
        let Self { db, place, .. } = self;
        db.close().await.unwrap();
        if let Place::Server { name } = place {
            admin(&format!("drop database if exists {name} with (force)")).await;
        }
    }
}

/// The facets of a shop that is larger than what is looked at.
pub async fn facets_within(
    db: &Db,
    filter: &buy::ProductFilter,
    window: u32,
) -> Result<buy::Facets, commerce::StoreError> {
    crate::buy::facets_within(db, filter, window).await
}

/// Patient, for a machine that runs many tests at once.
fn settings(url: &str) -> Settings {
    Settings {
        max_connections: 8,
        acquire_timeout: Duration::from_secs(60),
        statement_timeout: Duration::from_secs(60),
        lock_timeout: Duration::from_secs(60),
        ..Settings::new(url)
    }
}

/// The server the tests may use; they do not run without one.
pub fn postgres_server() -> String {
    std::env::var("SOUK_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!("SOUK_TEST_POSTGRES is not set: `make test` starts a PostgreSQL and sets it")
    })
}

/// A name no other test of this or another process uses.
fn fresh_name(what: &str) -> String {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("souk_{what}_{}_{number}", uuid::Uuid::new_v4().simple())
}

fn server_url(database: &str) -> String {
    let server = postgres_server();
    let (base, query) = server.split_once('?').map_or((server.as_str(), ""), |(b, q)| (b, q));
    let (base, _) = base.rsplit_once('/').unwrap();
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    format!("{base}/{database}{query}")
}

/// One template a test binary, made anew when the binary is; processes of one binary share it.
async fn make_template() -> String {
    let binary = std::env::current_exe().unwrap();
    let name = binary.file_name().unwrap().to_string_lossy().to_lowercase();
    let name = format!("souk_template_{}", name.replace(|c: char| !c.is_alphanumeric(), "_"));
    let name: String = name.chars().take(63).collect();
    let built = std::fs::metadata(&binary).unwrap().modified().unwrap();
    let built = format!("{built:?}");
    let db = admin_connection().await;
    db.execute_unprepared("select pg_advisory_lock(7305817)").await.unwrap();
    if description(&db, &name).await.as_deref() != Some(&built) {
        let run = async |sql: String| db.execute_unprepared(&sql).await.unwrap();
        run(format!("drop database if exists {name} with (force)")).await;
        run(format!("create database {name}")).await;
        migration::up(&server_url(&name)).await.unwrap();
        run(format!("comment on database {name} is '{built}'")).await;
    }
    db.close().await.unwrap();
    name
}

async fn description(db: &DatabaseConnection, database: &str) -> Option<String> {
    let query = format!(
        "select shobj_description(oid, 'pg_database') from pg_database where datname = '{database}'"
    );
    let statement = Statement::from_string(Engine::Postgres.backend(), query);
    let row = db.query_one_raw(statement).await.unwrap()?;
    row.try_get_by_index(0).unwrap()
}

async fn admin(sql: &str) {
    let db = admin_connection().await;
    let done = db.execute_unprepared(sql).await;
    db.close().await.unwrap();
    done.unwrap();
}

async fn admin_connection() -> DatabaseConnection {
    let mut options = ConnectOptions::new(postgres_server());
    options.max_connections(1).acquire_timeout(Duration::from_secs(60)).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}
