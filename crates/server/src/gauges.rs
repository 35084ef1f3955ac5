//! What the store and the outbox look like at this moment.

use api::Gauges;
use async_trait::async_trait;
use commerce::{Clock, event::Outbox};
use persistence::Db;

pub struct StoreGauges(pub Db);

#[async_trait]
impl Gauges for StoreGauges {
    async fn read(&self) -> Vec<(&'static str, &'static str, i64)> {
        let counts = self.0.stats().counts();
        let of = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let mut gauges = vec![
            ("souk_commits", "Changes that were written.", of(counts.commits)),
            (
                "souk_commits_refused",
                "Changes refused: taken, out of stock, done before.",
                of(counts.refusals),
            ),
            ("souk_commits_stale", "Changes decided on an older version.", of(counts.stale)),
            ("souk_deadlocks", "Deadlocks; zero is the bar.", of(counts.deadlocks)),
            ("souk_commit_retries", "Commits tried again inside the store.", of(counts.retries)),
            (
                "souk_commit_failures",
                "Commits whose outcome the database did not tell.",
                of(counts.failures),
            ),
        ];
        if let Ok(backlog) = self.0.backlog().await {
            let now = self.0.clock().now();
            let late = backlog.oldest.map(|oldest| now.signed_duration_since(oldest).num_seconds());
            let age = late.map_or(0, |seconds| seconds.max(0));
            gauges.push(("souk_outbox_waiting", "Deliveries that wait.", of(backlog.waiting)));
            gauges.push(("souk_outbox_dead", "Deliveries given up.", of(backlog.dead)));
            gauges.push((
                "souk_outbox_oldest_seconds",
                "Age of the oldest delivery that is due.",
                age,
            ));
        }
        gauges
    }
}
