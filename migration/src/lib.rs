//! The schema and its history, reversible on both engines.

pub mod dialect;

mod m20260901_000001_commerce;
mod m20260901_000002_identity;
mod m20260901_000003_buy;
mod m20261101_000004_time_claims;
mod m20261101_000005_rent;
mod m20261101_000006_media;
mod m20261101_000008_search_buckets;
mod m20261121_000010_hung_pictures;
mod m20261121_000011_ledger;
mod m20261121_000012_market;
mod m20261121_000013_coupons;
mod m20261121_000014_reconciliation;
mod m20261121_000015_rentals_of_sellers;
mod m20261122_000016_ranked_listings;
mod m20261122_000017_newest_words_first;

use std::{collections::HashSet, time::Duration};

use sea_orm_migration::{
    prelude::*,
    sea_orm::{
        ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, EntityTrait,
    },
    seaql_migrations,
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
            Box::new(m20261101_000004_time_claims::Migration),
            Box::new(m20261101_000005_rent::Migration),
            Box::new(m20261101_000006_media::Migration),
            Box::new(m20261101_000008_search_buckets::Migration),
            Box::new(m20261121_000010_hung_pictures::Migration),
            Box::new(m20261121_000011_ledger::Migration),
            Box::new(m20261121_000012_market::Migration),
            Box::new(m20261121_000013_coupons::Migration),
            Box::new(m20261121_000014_reconciliation::Migration),
            Box::new(m20261121_000015_rentals_of_sellers::Migration),
            Box::new(m20261122_000016_ranked_listings::Migration),
            Box::new(m20261122_000017_newest_words_first::Migration),
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
    lock(db).await?;
    let done = apply_pending(db).await;
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared("select pg_advisory_unlock(7305816)").await?;
    }
    done
}

/// Whoever migrates at the same time does so one after the other; the lock ends with the connection.
async fn lock(db: &DatabaseConnection) -> Result<(), DbErr> {
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared("select pg_advisory_lock(7305816)").await?;
    }
    Ok(())
}

/// A newer release may have been here: while the releases change places, the older one goes on with what it finds.
async fn apply_pending(db: &DatabaseConnection) -> Result<(), DbErr> {
    if is_current(db).await? { Ok(()) } else { Migrator::up(db, None).await }
}

/// Whether every migration this release knows was applied; later ones are no concern of its own.
pub async fn is_current(db: &DatabaseConnection) -> Result<bool, DbErr> {
    Ok(status_on(db).await?.iter().all(|migration| migration.applied))
}

/// Takes the last `steps` migrations back, with the data in their tables; all of them when absent.
pub async fn down(url: &str, steps: Option<u32>) -> Result<(), DbErr> {
    let db = connect(url).await?;
    let done = take_back(&db, steps).await;
    db.close().await?;
    done
}

async fn take_back(db: &DatabaseConnection, steps: Option<u32>) -> Result<(), DbErr> {
    lock(db).await?;
    Migrator::down(db, steps).await
}

/// Takes every migration back, with all data, and applies all of them anew.
pub async fn fresh(url: &str) -> Result<(), DbErr> {
    let db = connect(url).await?;
    let done = rebuild(&db).await;
    db.close().await?;
    done
}

/// Keeps the lock over both ways.
async fn rebuild(db: &DatabaseConnection) -> Result<(), DbErr> {
    take_back(db, None).await?;
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
    let applied = applied(db).await?;
    let state = |name: &str| State { name: name.to_owned(), applied: applied.contains(name) };
    Ok(Migrator::migrations().iter().map(|one| state(one.name())).collect())
}

/// The names in the database's own list, which a newer release may have written as well.
async fn applied(db: &DatabaseConnection) -> Result<HashSet<String>, DbErr> {
    if !SchemaManager::new(db).has_table("seaql_migrations").await? {
        return Ok(HashSet::new());
    }
    let rows = seaql_migrations::Entity::find().all(db).await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
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
