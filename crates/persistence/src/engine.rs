//! The two engines, and the few places where their SQL differs.

use sea_orm::DbBackend;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    Postgres,
    Sqlite,
}

impl Engine {
    /// The engine a database URL speaks of; `None` for one we do not know.
    pub fn of_url(url: &str) -> Option<Self> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => Some(Self::Postgres),
            Some("sqlite") => Some(Self::Sqlite),
            _ => None,
        }
    }

    pub fn pick<T>(self, postgres: T, sqlite: T) -> T {
        match self {
            Self::Postgres => postgres,
            Self::Sqlite => sqlite,
        }
    }

    pub fn backend(self) -> DbBackend {
        self.pick(DbBackend::Postgres, DbBackend::Sqlite)
    }

    /// The database's own clock, in microseconds since 1970.
    pub fn now(self) -> &'static str {
        self.pick(
            "cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)",
            "cast(unixepoch('subsec') * 1000000 as integer)",
        )
    }

    /// The type a JSON text is cast to.
    pub fn json(self) -> &'static str {
        self.pick("json", "text")
    }
}
