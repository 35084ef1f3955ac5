//! Time and ids, which a test can set.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// Tells the time of stamps and signatures. Delays and retries run on their own timers.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> i64;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

/// Gives names to things. The ids must differ; the secrets must be hard to guess.
pub trait Ids: Send + Sync {
    fn id(&self) -> String;
    fn secret(&self) -> String;
}

/// UUIDs: ids sort by time, secrets are random.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn id(&self) -> String {
        Uuid::now_v7().simple().to_string()
    }

    fn secret(&self) -> String {
        Uuid::new_v4().simple().to_string()
    }
}
