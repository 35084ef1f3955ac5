//! Delivers events to their subscribers and runs the periodic sweeps; stops when asked, finishing what it holds.

use std::{future::ready, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::{FutureExt, StreamExt, future::join, stream};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::Instant,
};
use tracing::{error, info, warn};

use super::{Backoff, Delivery, Leases, Outbox, Outcome};
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

    /// Does a bounded piece of work; returns how many things it moved. A full batch is followed by another at once.
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

/// A running worker; [`Running::stop`] waits until it has finished what it holds.
pub struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Running {
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
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

    /// Delivers one batch; returns how many deliveries it saw.
    pub async fn deliver_batch(&self) -> Result<usize, crate::StoreError> {
        let (_stop, never) = watch::channel(false);
        self.deliver_batch_until(&never).await
    }

    /// The same; what has not begun when the worker is asked to stop is given back.
    async fn deliver_batch_until(
        &self,
        stopped: &watch::Receiver<bool>,
    ) -> Result<usize, crate::StoreError> {
        let names: Vec<_> = self.subscribers.iter().map(|subscriber| subscriber.name()).collect();
        let settings = &self.settings;
        // The lease begins after this moment, so it lasts longer than we think.
        let begun = Instant::now();
        let batch = self.outbox.lease(&names, settings.batch, settings.lease).await?;
        let seen = batch.len();
        let (done, outcomes) = mpsc::unbounded_channel();
        let handling = stream::iter(batch)
            .map(|delivery| async {
                let left = settings.lease.saturating_sub(begun.elapsed());
                let outcome = if *stopped.borrow() || left.is_zero() {
                    Outcome::Later {
                        at: self.env.now(),
                        error: "given back before its turn".into(),
                    }
                } else {
                    self.attempt(&delivery, left).await
                };
                (delivery, outcome)
            })
            .buffer_unordered(settings.concurrency.max(1))
            .for_each(move |outcome| {
                let _ = done.send(outcome);
                ready(())
            });
        // Handlers go on while outcomes are written: one of them may hold the connection that the writing waits for.
        let ((), settled) = join(handling, self.settle(outcomes, seen)).await;
        settled?;
        Ok(seen)
    }

    /// What is done is written down at once: a slow neighbour must not keep it open.
    async fn settle(
        &self,
        mut outcomes: mpsc::UnboundedReceiver<(Delivery, Outcome)>,
        most: usize,
    ) -> Result<(), crate::StoreError> {
        let mut done = Vec::with_capacity(most);
        while outcomes.recv_many(&mut done, most.max(1)).await > 0 {
            self.outbox.settle(&done).await?;
            done.clear();
        }
        Ok(())
    }

    /// One try. A handler may not outlive its lease, or another worker would run beside it.
    async fn attempt(&self, delivery: &Delivery, lease: Duration) -> Outcome {
        let Some(subscriber) = self.subscribers.iter().find(|s| s.name() == delivery.subscriber)
        else {
            return Outcome::Dead { error: "nobody listens under that name".into() };
        };
        let handled = AssertUnwindSafe(subscriber.handle(delivery)).catch_unwind();
        let handled = match tokio::time::timeout(lease, handled).await {
            Ok(Ok(handled)) => handled,
            Ok(Err(_)) => Err(Trouble::Passing("its handler panicked".into())),
            Err(_) => Err(Trouble::Passing("took longer than its lease".into())),
        };
        match handled {
            Ok(()) => Outcome::Done,
            Err(Trouble::Passing(error)) if delivery.attempts < self.settings.max_attempts => {
                warn!(event = %delivery.name, subscriber = %delivery.subscriber, attempts = delivery.attempts, %error, "a delivery failed and will be tried again");
                Outcome::Later { at: self.next_try(delivery.attempts), error }
            }
            Err(trouble) => {
                error!(event = %delivery.name, subscriber = %delivery.subscriber, attempts = delivery.attempts, error = %trouble, "a delivery was given up");
                Outcome::Dead { error: trouble.to_string() }
            }
        }
    }

    fn next_try(&self, attempts: u32) -> crate::Timestamp {
        let [jitter] = self.env.bytes::<1>();
        let wait = self.settings.backoff.after(attempts, jitter);
        let wait = chrono::TimeDelta::from_std(wait).unwrap_or_default();
        let now = self.env.now();
        now.checked_add_signed(wait).unwrap_or(now)
    }
}

async fn deliver(worker: Arc<Worker>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        match worker.deliver_batch_until(&stopped).await {
            Ok(seen) if seen > 0 => continue,
            Ok(_) => {}
            Err(error) => error!(error = ?error, "the outbox could not be read"),
        }
        tokio::select! {
            () = worker.doorbell.notified() => {}
            () = tokio::time::sleep(worker.settings.poll) => {}
            _ = stopped.changed() => {}
        }
    }
    info!("the worker has stopped delivering");
}

async fn sweep_now_and_then(
    worker: Arc<Worker>,
    sweep: Arc<dyn Sweep>,
    mut stopped: watch::Receiver<bool>,
) {
    let lease = sweep.every().saturating_mul(2).max(Duration::from_secs(10));
    let mut next = Instant::now();
    while !*stopped.borrow() {
        tokio::select! {
            () = tokio::time::sleep_until(next) => {}
            _ = stopped.changed() => continue,
        }
        next = Instant::now().checked_add(sweep.every()).unwrap_or_else(Instant::now);
        match worker.leases.acquire(sweep.name(), &worker.settings.holder, lease).await {
            Ok(Some(_)) => sweep_until_idle(&*sweep, &stopped).await,
            Ok(None) => {}
            Err(error) => {
                error!(sweep = sweep.name(), error = ?error, "a lease could not be taken");
            }
        }
    }
    if let Err(error) = worker.leases.release(sweep.name(), &worker.settings.holder).await {
        warn!(sweep = sweep.name(), error = ?error, "a lease could not be given back");
    }
}

async fn sweep_until_idle(sweep: &dyn Sweep, stopped: &watch::Receiver<bool>) {
    while !*stopped.borrow() {
        match AssertUnwindSafe(sweep.run()).catch_unwind().await {
            Ok(Ok(0)) => return,
            Ok(Ok(moved)) => info!(sweep = sweep.name(), moved, "swept"),
            Err(_) => {
                error!(sweep = sweep.name(), "a sweep panicked");
                return;
            }
            Ok(Err(trouble)) => {
                error!(sweep = sweep.name(), error = %trouble, "a sweep failed");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
