//! Streams as clients read and resume them.

use async_trait::async_trait;
use commerce::{
    StoreError,
    event::{Feed, FeedEvent},
};
use sea_orm::QueryResult;

use crate::{
    Db,
    sql::{self, get},
};

#[async_trait]
impl Feed for Db {
    async fn read_feed(
        &self,
        stream: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<FeedEvent>, StoreError> {
        let rows = self
            .rows(
                "select seq, id, name, subject, body, at from commerce_events
                 where stream = $1 and seq > $2 order by seq limit $3",
                [stream.into(), after.into(), i64::from(limit).into()],
            )
            .await?;
        rows.iter().map(feed_event).collect()
    }
}

fn feed_event(row: &QueryResult) -> Result<FeedEvent, StoreError> {
    Ok(FeedEvent {
        seq: get(row, "seq")?,
        id: get(row, "id")?,
        name: get(row, "name")?,
        subject: get(row, "subject")?,
        body: get(row, "body")?,
        at: sql::time(row, "at")?,
    })
}
