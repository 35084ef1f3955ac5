//! Databases to measure on, and copies of them for the floors.

use std::{fmt, path::Path};

use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::{Result, trouble};

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    Postgres,
    Sqlite,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}

/// A database of ours, gone with [`Store::drop`].
#[derive(Debug)]
pub struct Store {
    pub engine: Engine,
    pub url: String,
}

impl Store {
    pub async fn make(engine: Engine, folder: &Path) -> Result<Self> {
        Self::named(engine, folder, "").await
    }

    /// The same once more. Nobody may be connected.
    pub async fn copy(&self, folder: &Path) -> Result<Self> {
        match self.engine {
            Engine::Postgres => {
                self.run("checkpoint").await?;
                Self::named(self.engine, folder, &format!("template {}", self.name())).await
            }
            Engine::Sqlite => {
                self.run("pragma wal_checkpoint(truncate)").await?;
                let copy = Self::named(self.engine, folder, "").await?;
                std::fs::copy(self.path(), copy.path())?;
                Ok(copy)
            }
        }
    }

    async fn named(engine: Engine, folder: &Path, how: &str) -> Result<Self> {
        let name = format!("souk_bench_{}", Uuid::new_v4().simple());
        let url = match engine {
            Engine::Postgres => {
                on_server(&format!("create database {name} {how}")).await?;
                let server = server()?;
                let (host, _) = server.rsplit_once('/').ok_or_else(|| trouble("a bare URL"))?;
                format!("{host}/{name}")
            }
            Engine::Sqlite => format!("sqlite://{}", folder.join(name).display()),
        };
        Ok(Self { engine, url })
    }

    /// What pgbench calls it.
    pub fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    fn path(&self) -> &Path {
        Path::new(self.url.trim_start_matches("sqlite://"))
    }

    /// Runs one statement.
    pub async fn run(&self, sql: &str) -> Result<()> {
        let sql = sqlx::AssertSqlSafe(sql);
        match self.engine {
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await?;
                connection.execute(sql).await?;
                connection.close().await?;
            }
            Engine::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await?;
                connection.execute(sql).await?;
                connection.close().await?;
            }
        }
        Ok(())
    }

    /// Brings what the planner knows up to date.
    pub async fn analyse(&self) -> Result<()> {
        match self.engine {
            Engine::Postgres => self.run("vacuum analyze").await,
            Engine::Sqlite => self.run("analyze").await,
        }
    }

    pub async fn drop(self) -> Result<()> {
        match self.engine {
            Engine::Postgres => {
                on_server(&format!("drop database if exists {} with (force)", self.name())).await
            }
            Engine::Sqlite => {
                for end in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(format!("{}{end}", self.path().display()));
                }
                Ok(())
            }
        }
    }
}

fn server() -> Result<String> {
    std::env::var("SOUK_TEST_POSTGRES")
        .map_err(|_| trouble("SOUK_TEST_POSTGRES names no PostgreSQL; run `make bench`"))
}

async fn on_server(sql: &str) -> Result<()> {
    let mut connection = PgConnection::connect(&server()?).await?;
    connection.execute(sqlx::AssertSqlSafe(sql)).await?;
    Ok(connection.close().await?)
}
