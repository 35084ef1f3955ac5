//! Leases deliveries, a batch at a time, and hands them to their subscribers.

use std::{future::ready, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, future::join, stream};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tracing::{error, info, warn};

use super::{Delivery, Trouble, Worker};
use crate::{StoreError, Timestamp, event::Outcome};

/// Leases and handles until it is asked to stop, and finishes what it holds.
pub(super) async fn deliver(worker: Arc<Worker>, mut stopped: watch::Receiver<bool>) {
    let slots = worker.slots();
    let mut batches = JoinSet::new();
    while !*stopped.borrow() {
        tokio::select! {
            _ = slots.acquire() => {}
            _ = stopped.changed() => continue,
        }
        let batch = worker.lease().await.unwrap_or_else(|error| {
            error!(error = ?error, "the outbox could not be read");
            Batch::empty()
        });
        let look_again = sleep(worker.settings.poll);
        if batch.deliveries.is_empty() {
            tokio::select! {
                () = worker.doorbell.notified() => {}
                () = look_again => {}
                _ = stopped.changed() => {}
            }
            continue;
        }
        let (worker, slots, until) = (worker.clone(), slots.clone(), stopped.clone());
        batches.spawn(async move { worker.handle(batch, &slots, &until).await });
        // The next is leased when this one is done, so that it is a large one again; but a delivery that hangs holds
        // up nobody for longer than until the next look.
        tokio::select! {
            () = all_of(&mut batches) => {}
            () = look_again => {}
            _ = stopped.changed() => {}
        }
    }
    all_of(&mut batches).await;
    info!("the worker has stopped delivering");
}

async fn all_of(batches: &mut JoinSet<Result<(), StoreError>>) {
    while let Some(handled) = batches.join_next().await {
        match handled {
            Ok(Ok(())) => {}
            Ok(Err(error)) => error!(?error, "what was delivered could not be written down"),
            Err(error) => error!(%error, "a batch of deliveries was broken off"),
        }
    }
}

/// What was leased together.
struct Batch {
    deliveries: Vec<Delivery>,
    leased: Instant,
}

impl Batch {
    fn empty() -> Self {
        Self { deliveries: Vec::new(), leased: Instant::now() }
    }
}

impl Worker {
    /// As many deliveries are handled at once.
    fn slots(&self) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(self.settings.concurrency.max(1)))
    }

    async fn lease(&self) -> Result<Batch, StoreError> {
        let names: Vec<_> = self.subscribers.iter().map(|subscriber| subscriber.name()).collect();
        // The lease begins after this moment, so it lasts longer than we think.
        let leased = Instant::now();
        let (batch, lease) = (self.settings.batch, self.settings.lease);
        Ok(Batch { deliveries: self.outbox.lease(&names, batch, lease).await?, leased })
    }

    /// Delivers one batch; returns how many deliveries it saw.
    pub async fn deliver_batch(&self) -> Result<usize, StoreError> {
        let (_stop, never) = watch::channel(false);
        let batch = self.lease().await?;
        let seen = batch.deliveries.len();
        self.handle(batch, &self.slots(), &never).await?;
        Ok(seen)
    }

    /// What has not begun when the worker is asked to stop is given back.
    async fn handle(
        &self,
        batch: Batch,
        slots: &Semaphore,
        stopped: &watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        let Batch { deliveries, leased } = batch;
        let most = deliveries.len();
        let (done, outcomes) = mpsc::unbounded_channel();
        let handling = stream::iter(deliveries)
            .map(|delivery| async {
                let _slot = slots.acquire().await;
                let left = self.settings.lease.saturating_sub(leased.elapsed());
                let outcome = match *stopped.borrow() || left.is_zero() {
                    true => Outcome::GivenBack,
                    false => self.attempt(&delivery, left).await,
                };
                (delivery, outcome)
            })
            .buffer_unordered(self.settings.concurrency.max(1))
            .for_each(move |outcome| {
                let _ = done.send(outcome);
                ready(())
            });
        // Handlers go on while outcomes are written: one of them may hold the connection that the writing waits for.
        let ((), settled) = join(handling, self.settle(outcomes, most)).await;
        settled
    }

    /// What is done is written down at once: a slow neighbour must not keep it open.
    async fn settle(
        &self,
        mut outcomes: mpsc::UnboundedReceiver<(Delivery, Outcome)>,
        most: usize,
    ) -> Result<(), StoreError> {
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
        let most = self.settings.max_attempts;
        if delivery.attempts > most {
            error!(event = %delivery.name, subscriber = %delivery.subscriber, "a delivery was given up: no worker outlived it");
            return Outcome::Dead { error: format!("no worker outlived {most} tries") };
        }
        let handled = AssertUnwindSafe(subscriber.handle(delivery)).catch_unwind();
        let handled = match timeout(lease, handled).await {
            Ok(Ok(handled)) => handled,
            Ok(Err(_)) => Err(Trouble::Passing("its handler panicked".into())),
            Err(_) => Err(Trouble::Passing("took longer than its lease".into())),
        };
        match handled {
            Ok(()) => Outcome::Done,
            Err(Trouble::Passing(error)) if delivery.attempts < most => {
                warn!(event = %delivery.name, subscriber = %delivery.subscriber, attempts = delivery.attempts, %error, "a delivery failed and will be tried again");
                Outcome::Later { at: self.next_try(delivery.attempts), error }
            }
            Err(trouble) => {
                error!(event = %delivery.name, subscriber = %delivery.subscriber, attempts = delivery.attempts, error = %trouble, "a delivery was given up");
                Outcome::Dead { error: trouble.to_string() }
            }
        }
    }

    fn next_try(&self, attempts: u32) -> Timestamp {
        let [jitter] = self.env.bytes::<1>();
        let wait = self.settings.backoff.after(attempts, jitter);
        let wait = chrono::TimeDelta::from_std(wait).unwrap_or_default();
        let now = self.env.now();
        now.checked_add_signed(wait).unwrap_or(now)
    }
}
