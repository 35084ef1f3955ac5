//! What rules need from the store.

use async_trait::async_trait;
use commerce::{Repository, StoreError, Stored};

use super::Rule;

#[async_trait]
pub trait RuleList: Repository<Rule> {
    /// The rules that hold, by position.
    async fn rules(&self) -> Result<Vec<Stored<Rule>>, StoreError>;
}
