//! A database of its own for each shop, on either engine.

use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

/// Where a shop keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

/// An empty database, named by its URL.
#[derive(Debug)]
pub struct Database {
    pub engine: Engine,
    pub url: String,
}

impl Database {
    pub async fn make(engine: Engine, folder: &TempDir) -> Self {
        let url = match engine {
            Engine::Sqlite => format!("sqlite://{}", folder.path().join("souk.db").display()),
            Engine::Postgres => {
                let name = format!("souk_story_{}", uuid::Uuid::new_v4().simple());
                on_server(&format!("create database {name}")).await;
                server_url(&name)
            }
        };
        Self { engine, url }
    }

    /// The first column of the first row, which must be a whole number.
    pub async fn number(&self, sql: &str) -> i64 {
        match self.engine {
            Engine::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                    .fetch_one(&mut connection)
                    .await
                    .unwrap()
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                    .fetch_one(&mut connection)
                    .await
                    .unwrap()
            }
        }
    }

    /// Runs one statement.
    pub async fn execute(&self, sql: &str) {
        match self.engine {
            Engine::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
            }
        }
    }

    pub async fn drop(self) {
        if self.engine == Engine::Postgres
            && let Some(name) = self.url.rsplit('/').next()
            && self.url == server_url(name)
        {
            on_server(&format!("drop database if exists {name} with (force)")).await;
        }
    }
}

fn server() -> String {
    std::env::var("SOUK_TEST_POSTGRES")
        .unwrap_or_else(|_| panic!("SOUK_TEST_POSTGRES names no PostgreSQL; run `make test`"))
}

fn server_url(database: &str) -> String {
    let server = server();
    let (host, _) = server.rsplit_once('/').unwrap();
    format!("{host}/{database}")
}

async fn on_server(sql: &str) {
    let mut connection = PgConnection::connect(&server()).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
}
