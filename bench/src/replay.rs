//! The floor of SQLite: the very statements of a request in a bare loop over sqlx, one writer beside many readers.

use std::{collections::HashSet, rc::Rc, sync::Arc, time::Duration};

use sqlx::{
    AssertSqlSafe, Sqlite, SqliteConnection, SqlitePool,
    pool::PoolConnection,
    query::Query,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions,
        SqliteSynchronous,
    },
};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use crate::{
    Result,
    figures::Rate,
    load::{Journey, drive},
    statement::{Asked, Bound, Piece, Sql, pieces},
    trouble,
};

/// What the shop's own settings are, so that both do the same work.
const READERS: u32 = 16;

/// Rounds of statements that can be repeated.
pub struct Replay {
    rounds: Rc<[Vec<Step>]>,
    readers: SqlitePool,
    writer: Rc<Mutex<SqliteConnection>>,
}

enum Step {
    Reads(Arc<str>, Vec<Filled>),
    Writes(Arc<str>, Vec<Filled>),
    Begins,
    Commits,
}

/// A parameter, taken apart where it is drawn anew.
enum Filled {
    Same(Bound),
    Text(Vec<Piece>),
    Uuid(Vec<Piece>),
    Bytes(Vec<Piece>),
}

impl Replay {
    pub async fn open(url: &str, rounds: &[Vec<Asked>], kept: &HashSet<String>) -> Result<Self> {
        let options: SqliteConnectOptions = url.parse()?;
        let options = options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("cache_size", "-8192")
            .statement_cache_capacity(400);
        let writer = sqlx::ConnectOptions::connect(&options).await?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false);
        let readers = readers.connect_with(options.pragma("mmap_size", "2147418112")).await?;
        let rounds =
            rounds.iter().map(|round| round.iter().map(|asked| step(asked, kept)).collect());
        Ok(Self { rounds: rounds.collect(), readers, writer: Rc::new(Mutex::new(writer)) })
    }

    pub async fn run(&self, clients: usize, lasts: Duration) -> Result<Rate> {
        let client = |turn| Client {
            rounds: self.rounds.clone(),
            readers: self.readers.clone(),
            writer: self.writer.clone(),
            turn,
        };
        let figures = drive((0..clients).map(client).collect(), lasts).await;
        if figures.errors > 0 {
            return Err(trouble("statements failed when they were repeated on SQLite"));
        }
        Ok(figures.rate)
    }
}

fn step(asked: &Asked, kept: &HashSet<String>) -> Step {
    let fill = |sql: &Sql| sql.values.iter().map(|value| filled(value, kept)).collect();
    match asked {
        Asked::Reads(sql) => Step::Reads(sql.text.as_str().into(), fill(sql)),
        Asked::Writes(sql) => Step::Writes(sql.text.as_str().into(), fill(sql)),
        Asked::Begins => Step::Begins,
        Asked::Commits => Step::Commits,
    }
}

fn filled(value: &Bound, kept: &HashSet<String>) -> Filled {
    let pieces = pieces(&value.text().unwrap_or_default(), kept);
    match value {
        _ if !pieces.contains(&Piece::Four) => Filled::Same(value.clone()),
        Bound::Text(_) => Filled::Text(pieces),
        Bound::Uuid(_) => Filled::Uuid(pieces),
        Bound::Bytes(_) => Filled::Bytes(pieces),
        Bound::Null | Bound::Bool(_) | Bound::Int(_) => Filled::Same(value.clone()),
    }
}

/// Repeats rounds, one after the other.
struct Client {
    rounds: Rc<[Vec<Step>]>,
    readers: SqlitePool,
    writer: Rc<Mutex<SqliteConnection>>,
    turn: usize,
}

impl Journey for Client {
    async fn once(&mut self) -> Result<()> {
        let at = self.turn % self.rounds.len().max(1);
        self.turn += 1;
        let rounds = self.rounds.clone();
        let draw = Draw::new();
        let mut transaction: Option<MutexGuard<'_, SqliteConnection>> = None;
        for step in rounds.get(at).into_iter().flatten() {
            match step {
                Step::Reads(sql, values) => {
                    let mut reader: PoolConnection<Sqlite> = self.readers.acquire().await?;
                    let rows = bind(sql, values, &draw).fetch_all(&mut *reader).await;
                    rows.map_err(|error| failed(sql, &error))?;
                }
                Step::Writes(sql, values) => {
                    let query = bind(sql, values, &draw);
                    let rows = match &mut transaction {
                        Some(writer) => query.fetch_all(&mut **writer).await,
                        None => query.fetch_all(&mut *self.writer.lock().await).await,
                    };
                    rows.map_err(|error| failed(sql, &error))?;
                }
                Step::Begins => {
                    let mut writer = self.writer.lock().await;
                    sqlx::query("begin immediate").execute(&mut *writer).await?;
                    transaction = Some(writer);
                }
                Step::Commits => {
                    if let Some(mut writer) = transaction.take() {
                        sqlx::query("commit").execute(&mut *writer).await?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn failed(sql: &str, error: &sqlx::Error) -> crate::Error {
    trouble(&format!("{error}: {sql}"))
}

fn bind<'q>(sql: &Arc<str>, values: &[Filled], draw: &Draw) -> Query<'q, Sqlite, SqliteArguments> {
    let query = sqlx::query(AssertSqlSafe(sql.clone()));
    values.iter().fold(query, |query, value| match value {
        Filled::Same(Bound::Null) => query.bind(None::<String>),
        Filled::Same(Bound::Bool(it)) => query.bind(*it),
        Filled::Same(Bound::Int(it)) => query.bind(*it),
        Filled::Same(Bound::Text(it)) => query.bind(it.clone()),
        Filled::Same(Bound::Uuid(it)) => query.bind(*it),
        Filled::Same(Bound::Bytes(it)) => query.bind(it.clone()),
        Filled::Text(pieces) => query.bind(draw.text(pieces)),
        Filled::Uuid(pieces) => query.bind(Uuid::try_parse(&draw.text(pieces)).unwrap_or_default()),
        Filled::Bytes(pieces) => query.bind(bytes(&draw.text(pieces))),
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks_exact(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

/// Sixteen digits that nobody has drawn yet.
struct Draw {
    four: String,
    twelve: String,
}

impl Draw {
    fn new() -> Self {
        let random = Uuid::new_v4().as_u128();
        let four = format!("{:04}", random % 9_000 + 1_000);
        Self { four, twelve: format!("{:012}", (random >> 64) % 1_000_000_000_000) }
    }

    fn text(&self, pieces: &[Piece]) -> String {
        let each = pieces.iter().map(|piece| match piece {
            Piece::Same(text) => text.as_str(),
            Piece::Four => &self.four,
            Piece::Twelve => &self.twelve,
        });
        each.collect()
    }
}
