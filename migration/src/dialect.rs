//! One text for both engines where they agree, and a text for each where they do not.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

/// What the words in braces stand for on PostgreSQL and on SQLite.
const WORDS: [(&str, &str, &str); 7] = [
    ("{uuid}", "uuid", "blob"),
    ("{bytes}", "bytea", "blob"),
    ("{json}", "json", "text"),
    ("{bool}", "boolean", "integer"),
    // Text in byte order, as SQLite sorts it anyway.
    ("{key}", "text collate \"C\"", "text"),
    (
        "{now}",
        "(cast(extract(epoch from clock_timestamp()) * 1000000 as bigint))",
        "(cast(unixepoch('subsec') * 1000000 as integer))",
    ),
    ("{strict}", "", "strict"),
];

/// Runs statements that differ in the words in braces only; `bigint` is `integer` on SQLite.
pub async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let on_sqlite = manager.get_database_backend() == DbBackend::Sqlite;
    let mut text = sql.to_owned();
    for (word, postgres, sqlite) in WORDS {
        text = text.replace(word, if on_sqlite { sqlite } else { postgres });
    }
    if on_sqlite {
        text = text.replace("bigint", "integer");
    }
    manager.get_connection().execute_unprepared(&text).await.map(drop)
}

/// Runs statements only one engine understands.
pub async fn run_on(
    manager: &SchemaManager<'_>,
    postgres: &str,
    sqlite: &str,
) -> Result<(), DbErr> {
    let on_sqlite = manager.get_database_backend() == DbBackend::Sqlite;
    let sql = if on_sqlite { sqlite } else { postgres };
    if sql.is_empty() {
        return Ok(());
    }
    manager.get_connection().execute_unprepared(sql).await.map(drop)
}

/// Makes a table refuse to change or lose a row; PostgreSQL needs the function of the commerce migration.
pub async fn append_only(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let postgres = format!(
        "create trigger {table}_append_only before update or delete on {table}
           for each row execute function commerce_append_only();
         create trigger {table}_no_truncate before truncate on {table}
           for each statement execute function commerce_append_only();"
    );
    let sqlite = format!(
        "create trigger {table}_no_update before update on {table} begin
           select raise(abort, '{table} is append-only'); end;
         create trigger {table}_no_delete before delete on {table} begin
           select raise(abort, '{table} is append-only'); end;"
    );
    run_on(manager, &postgres, &sqlite).await
}
