//! What the store, the outbox and the providers' money look like at this moment.

use api::{Gauge, Gauges};
use async_trait::async_trait;
use commerce::{
    Clock, Timestamp,
    event::Outbox,
    reconciliation::{Reconciliations, Standing},
};
use persistence::Db;

pub struct StoreGauges(pub Db);

#[async_trait]
impl Gauges for StoreGauges {
    async fn read(&self) -> Vec<Gauge> {
        let mut gauges = self.commits();
        gauges.extend(self.outbox().await);
        gauges.extend(self.reconciliation().await);
        gauges
    }
}

impl StoreGauges {
    fn commits(&self) -> Vec<Gauge> {
        let counts = self.0.stats().counts();
        let refused = "Changes refused: taken, out of stock, done before.";
        let failed = "Commits whose outcome the database did not tell.";
        [
            ("souk_commits", "Changes that were written.", counts.commits),
            ("souk_commits_refused", refused, counts.refusals),
            ("souk_commits_stale", "Changes decided on an older version.", counts.stale),
            ("souk_deadlocks", "Deadlocks; zero is the bar.", counts.deadlocks),
            ("souk_commit_retries", "Commits tried again inside the store.", counts.retries),
            ("souk_commit_failures", failed, counts.failures),
        ]
        .map(|(name, help, count)| Gauge::new(name, help, whole(count)))
        .into()
    }

    async fn outbox(&self) -> Vec<Gauge> {
        let Ok(backlog) = self.0.backlog().await else { return Vec::new() };
        let age = backlog.oldest.map_or(0, |oldest| seconds_since(oldest, self.now()));
        let late = "Age of the oldest delivery that is due.";
        vec![
            Gauge::new("souk_outbox_waiting", "Deliveries that wait.", whole(backlog.waiting)),
            Gauge::new("souk_outbox_dead", "Deliveries given up.", whole(backlog.dead)),
            Gauge::new("souk_outbox_oldest_seconds", late, age),
        ]
    }

    async fn reconciliation(&self) -> Vec<Gauge> {
        let Ok(standings) = self.0.standings().await else { return Vec::new() };
        let now = self.now();
        standings.iter().flat_map(|standing| of_provider(standing, now)).collect()
    }

    fn now(&self) -> Timestamp {
        self.0.clock().now()
    }
}

fn of_provider(standing: &Standing, now: Timestamp) -> Vec<Gauge> {
    let gauge = |name, help, value| {
        Gauge::new(name, help, value).label("provider", standing.run.provider.clone())
    };
    let oldest = standing.oldest.map_or(0, |(_, at)| seconds_since(at, now));
    let mut all = vec![
        gauge(
            "souk_reconciliation_age_seconds",
            "Since when the provider was not reconciled.",
            seconds_since(standing.run.ran_at, now),
        ),
        gauge(
            "souk_reconciliation_unexplained",
            "Movements of money that one side tells of and the other does not, or not so.",
            whole(standing.unexplained()),
        ),
        gauge(
            "souk_reconciliation_oldest_unexplained_seconds",
            "Age of the oldest of them.",
            oldest,
        ),
    ];
    all.extend(standing.shares().into_iter().map(|share| {
        let help = "Money explained, of ten thousand parts of all that moved.";
        gauge("souk_reconciliation_explained_basis_points", help, share.basis_points)
            .label("currency", share.currency.code())
    }));
    all.extend(standing.clearing.iter().map(|held| {
        let help = "What the provider held for us by our books at the last reconciliation.";
        gauge("souk_clearing_balance_minor", help, held.minor)
            .label("currency", held.currency.code())
    }));
    all
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn seconds_since(at: Timestamp, now: Timestamp) -> i64 {
    now.signed_duration_since(at).num_seconds().max(0)
}
