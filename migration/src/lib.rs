//! The schema and its history, reversible on both engines.

pub mod dialect;

mod m20260901_000001_commerce;
mod m20260901_000002_identity;
mod m20260901_000003_buy;

use std::time::Duration;

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend},
};

#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20260901_000001_commerce::Migration),
            Box::new(m20260901_000002_identity::Migration),
            Box::new(m20260901_000003_buy::Migration),
        ]
    }
}

/// One migration and whether it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub name: String,
    pub applied: bool,
}

/// Applies every pending migration.
pub async fn up(url: &str) -> Result<(), DbErr> {
    let db = connect(url).await?;
    let done = up_on(&db).await;
    db.close().await?;
    done
}

/// Applies every pending migration over a connection the caller keeps, such as a database in memory.
pub async fn up_on(db: &DatabaseConnection) -> Result<(), DbErr> {
    // Instances that start together migrate one after the other; the lock ends with the connection.
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared("select pg_advisory_lock(7305816)").await?;
    }
    let done = Migrator::up(db, None).await;
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared("select pg_advisory_unlock(7305816)").await?;
    }
    done
}

/// Takes the last `steps` migrations back, with the data in their tables; all of them when absent.
pub async fn down(url: &str, steps: Option<u32>) -> Result<(), DbErr> {
    let db = connect(url).await?;
    let done = Migrator::down(&db, steps).await;
    db.close().await?;
    done
}

/// Drops every table and builds the schema anew.
pub async fn fresh(url: &str) -> Result<(), DbErr> {
    let db = connect(url).await?;
    let done = rebuild(&db).await;
    db.close().await?;
    done
}

async fn rebuild(db: &DatabaseConnection) -> Result<(), DbErr> {
    Migrator::down(db, None).await?;
    Migrator::up(db, None).await
}

/// Every migration in order; writes nothing.
pub async fn status(url: &str) -> Result<Vec<State>, DbErr> {
    let db = connect(url).await?;
    let states = status_on(&db).await;
    db.close().await?;
    states
}

/// As [`status`], over a connection the caller keeps.
pub async fn status_on(db: &DatabaseConnection) -> Result<Vec<State>, DbErr> {
    let all = Migrator::get_migration_with_status_read_only(db).await?;
    let state = |one: &sea_orm_migration::Migration| State {
        name: one.name().to_owned(),
        applied: one.status() == sea_orm_migration::MigrationStatus::Applied,
    };
    Ok(all.iter().map(state).collect())
}

/// A single connection: the migrator switches `PRAGMA foreign_keys` off and on, and with more of them one would stay off.
async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite.create_if_missing(true).busy_timeout(Duration::from_secs(30)).foreign_keys(true)
        });
    Database::connect(options).await
}
