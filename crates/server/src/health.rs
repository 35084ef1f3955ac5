//! Whether this process should get requests.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use api::{Check, Health};
use async_trait::async_trait;
use persistence::Db;

const PATIENCE: Duration = Duration::from_millis(500);

/// Ready while the database answers, once its schema is as new as this release.
pub struct StoreHealth {
    db: Db,
    /// Seen once: a schema does not grow older beneath a running shop.
    current: AtomicBool,
}

impl StoreHealth {
    pub fn new(db: Db) -> Self {
        Self { db, current: AtomicBool::new(false) }
    }

    async fn database(&self) -> Check {
        match self.db.ping().await {
            Ok(()) => Check::passed("database"),
            Err(_) => Check::failed("database", "the database does not answer"),
        }
    }

    async fn migrations(&self) -> Check {
        if self.current.load(Relaxed) {
            return Check::passed("migrations");
        }
        let Ok(known) = migration::status_on(self.db.reader()).await else {
            return Check::failed("migrations", "the schema cannot be read");
        };
        let pending = known.iter().filter(|migration| !migration.applied).count();
        if pending > 0 {
            let pending = format!("{pending} migrations are pending: souk migrate up");
            return Check::failed("migrations", pending);
        }
        self.current.store(true, Relaxed);
        Check::passed("migrations")
    }
}

#[async_trait]
impl Health for StoreHealth {
    async fn check(&self) -> Vec<Check> {
        let looked = tokio::time::timeout(PATIENCE, async {
            vec![self.database().await, self.migrations().await]
        });
        let too_slow = || vec![Check::failed("database", "the database answers too slowly")];
        looked.await.unwrap_or_else(|_| too_slow())
    }
}
