//! Whether this process should get requests.

use std::time::Duration;

use api::Health;
use async_trait::async_trait;
use persistence::Db;

const PATIENCE: Duration = Duration::from_millis(500);

/// Ready while the database answers.
pub struct StoreHealth(pub Db);

#[async_trait]
impl Health for StoreHealth {
    async fn check(&self) -> Result<(), String> {
        match tokio::time::timeout(PATIENCE, self.0.ping()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err("the database does not answer".into()),
            Err(_) => Err("the database answers too slowly".into()),
        }
    }
}
