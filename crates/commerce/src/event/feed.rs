//! Streams that clients read and resume.

use async_trait::async_trait;
use serde_json::Value;
use uuid::Uuid;

use crate::{StoreError, Timestamp, UserId};

/// The stream of what concerns a user.
pub fn user_stream(user: UserId) -> String {
    format!("user:{}", user.uuid().simple())
}

/// An event as its stream numbered it, from one upwards without gaps.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedEvent {
    pub seq: i64,
    pub id: Uuid,
    pub name: String,
    pub subject: Uuid,
    pub body: Value,
    pub at: Timestamp,
}

#[async_trait]
pub trait Feed: Send + Sync {
    /// At most `limit` events of a stream after number `after`, oldest first.
    async fn read_feed(
        &self,
        stream: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<FeedEvent>, StoreError>;
}
