//! Delivers events to their subscribers and runs the periodic sweeps; stops when asked, finishing what it holds.

mod delivering;
mod sweeping;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::{sync::watch, task::JoinSet};
use tracing::warn;

use self::{delivering::deliver, sweeping::sweep_now_and_then};
use super::{Backoff, Delivery, Leases, Outbox};
use crate::Env;

/// Someone who acts on events; must be harmless when told twice.
#[async_trait]
pub trait Subscriber: Send + Sync {
    fn name(&self) -> &'static str;

    /// The events it wants to hear of.
    fn events(&self) -> &'static [&'static str];

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble>;
}

/// Why a delivery or a sweep did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// May go better later.
    #[error("{0}")]
    Passing(String),
    /// Will never go better.
    #[error("{0}")]
    Lasting(String),
}

/// Something looked after from time to time, by one process at a time.
#[async_trait]
pub trait Sweep: Send + Sync {
    fn name(&self) -> &'static str;
    fn every(&self) -> Duration;

    /// How long one run may take; then it is given up, so that a call that hangs does not end the sweep for good.
    fn at_most(&self) -> Duration {
        Duration::from_mins(5)
    }

    /// Does a bounded piece of work; returns how many things it moved. As long as something moved, it is run again
    /// at once, so what failed does not count. May be dropped in the middle.
    async fn run(&self) -> Result<usize, Trouble>;
}

#[derive(Debug, Clone)]
pub struct WorkerSettings {
    pub holder: String,
    pub concurrency: usize,
    pub batch: u32,
    pub lease: Duration,
    pub poll: Duration,
    pub max_attempts: u32,
    pub backoff: Backoff,
}

/// The worker, ready to run.
pub struct Worker {
    pub outbox: Arc<dyn Outbox>,
    pub leases: Arc<dyn Leases>,
    pub subscribers: Vec<Arc<dyn Subscriber>>,
    pub sweeps: Vec<Arc<dyn Sweep>>,
    pub env: Env,
    pub settings: WorkerSettings,
    /// Rings when this process has committed events, so that they need not wait for the next poll.
    pub doorbell: Arc<tokio::sync::Notify>,
}

/// A running worker; [`Running::stop`] lets it finish what it holds.
pub struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Running {
    /// Waits at most `grace`; what has not finished by then is dropped in the middle. Its lease runs out, and
    /// another worker does it again.
    pub async fn stop(mut self, grace: Duration) {
        let _ = self.stop.send(true);
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, finished).await.is_err() {
            warn!(left = self.tasks.len(), ?grace, "the worker was stopped before it had finished");
        }
    }
}

impl Worker {
    pub fn start(self) -> Running {
        let (stop, stopped) = watch::channel(false);
        let worker = Arc::new(self);
        let mut tasks = JoinSet::new();
        tasks.spawn(deliver(worker.clone(), stopped.clone()));
        for sweep in worker.sweeps.clone() {
            tasks.spawn(sweep_now_and_then(worker.clone(), sweep, stopped.clone()));
        }
        Running { stop, tasks }
    }
}

#[cfg(test)]
mod tests;
