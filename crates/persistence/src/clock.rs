//! The database's clock, told without asking it each time.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use chrono::{SubsecRound, TimeDelta};
use commerce::{Clock, StoreError, SystemClock, Timestamp};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::{Engine, failure, sql};

/// How often the distance to the database's clock is measured again.
const MEASURE_EVERY: Duration = Duration::from_secs(30);

/// The machine's clock, set right by the database's: every instance then judges a deadline alike.
#[derive(Debug, Clone, Default)]
pub struct DbClock(Arc<AtomicI64>);

impl Clock for DbClock {
    fn now(&self) -> Timestamp {
        let offset = TimeDelta::microseconds(self.0.load(Relaxed));
        let now = SystemClock.now();
        now.checked_add_signed(offset).unwrap_or(now).trunc_subsecs(6)
    }
}

impl DbClock {
    /// Measures the offset and keeps it measured for as long as the clock is used. SQLite's clock is the machine's.
    pub(crate) async fn of(db: &DatabaseConnection, engine: Engine) -> Result<Self, StoreError> {
        let clock = Self::default();
        if engine == Engine::Postgres {
            clock.0.store(measure(db).await?, Relaxed);
            tokio::spawn(keep_measuring(Arc::downgrade(&clock.0), db.clone()));
        }
        Ok(clock)
    }
}

async fn keep_measuring(offset: Weak<AtomicI64>, db: DatabaseConnection) {
    loop {
        tokio::time::sleep(MEASURE_EVERY).await;
        let Some(offset) = offset.upgrade() else { return };
        match measure(&db).await {
            Ok(measured) => offset.store(measured, Relaxed),
            Err(error) => tracing::warn!(?error, "the database's clock could not be read"),
        }
    }
}

/// The database's time less ours at the middle of the question, in microseconds.
async fn measure(db: &DatabaseConnection) -> Result<i64, StoreError> {
    let question = Statement::from_string(
        Engine::Postgres.backend(),
        format!("select {} as now", Engine::Postgres.now()),
    );
    let asked = sql::micros(SystemClock.now());
    let row = db.query_one_raw(question).await.map_err(failure::read)?;
    let answered = sql::micros(SystemClock.now());
    let told: i64 = sql::get(&row.ok_or_else(failure::missing)?, "now")?;
    let middle = asked.saturating_add(answered.saturating_sub(asked) / 2);
    Ok(told.saturating_sub(middle))
}
