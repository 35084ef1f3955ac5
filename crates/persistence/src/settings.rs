//! How to reach the database, and how long to wait for it.

use std::time::Duration;

#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// `sqlite://PATH`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST:PORT/NAME`.
    pub url: String,
    /// On SQLite these are readers, beside the one writer.
    pub max_connections: u32,
    /// How long a caller waits for a free connection.
    pub acquire_timeout: Duration,
    /// PostgreSQL ends a longer statement.
    pub statement_timeout: Duration,
    /// How long a statement waits for a row, or for SQLite's writer.
    pub lock_timeout: Duration,
}

impl Settings {
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 8,
            acquire_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(2),
        }
    }
}

/// The URL may carry a password, so it is left out.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}
