//! Runs a sweep from time to time while this process holds its lease.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};
use tracing::{error, info, warn};

use super::{Sweep, Trouble, Worker};

pub(super) async fn sweep_now_and_then(
    worker: Arc<Worker>,
    sweep: Arc<dyn Sweep>,
    mut stopped: watch::Receiver<bool>,
) {
    let turn = Turn { worker: &worker, sweep: &*sweep };
    let mut next = Instant::now();
    while !*stopped.borrow() {
        tokio::select! {
            () = sleep_until(next) => {}
            _ = stopped.changed() => continue,
        }
        next = Instant::now().checked_add(sweep.every()).unwrap_or_else(Instant::now);
        turn.sweep_until_idle(&stopped).await;
    }
    if let Err(error) = worker.leases.release(sweep.name(), &worker.settings.holder).await {
        warn!(sweep = sweep.name(), error = ?error, "a lease could not be given back");
    }
}

/// A sweep of a worker.
#[derive(Clone, Copy)]
struct Turn<'a> {
    worker: &'a Worker,
    sweep: &'a dyn Sweep,
}

impl Turn<'_> {
    /// The lease is renewed before each run: there may be more to do than it lasts.
    async fn sweep_until_idle(self, stopped: &watch::Receiver<bool>) {
        let sweep = self.sweep.name();
        while !*stopped.borrow() && self.is_ours().await {
            match self.run().await {
                Ok(0) => return,
                Ok(moved) => info!(sweep, moved, "swept"),
                Err(trouble) => {
                    error!(sweep, error = %trouble, "a sweep failed");
                    return;
                }
            }
        }
    }

    /// One run, for as long as it may take and the lease is ours.
    async fn run(self) -> Result<usize, Trouble> {
        let run = AssertUnwindSafe(self.sweep.run()).catch_unwind();
        let run = timeout(self.sweep.at_most(), run);
        tokio::select! {
            ran = run => match ran {
                Ok(Ok(moved)) => moved,
                Ok(Err(_)) => Err(Trouble::Passing("it panicked".into())),
                Err(_) => Err(Trouble::Passing("it took too long".into())),
            },
            () = self.lost() => Err(Trouble::Passing("it lost its lease".into())),
        }
    }

    /// Renews the lease in the middle of a long run; ends when it is no longer ours.
    async fn lost(self) {
        let often = self.lease().checked_div(3).unwrap_or_default();
        loop {
            sleep(often).await;
            if !self.is_ours().await {
                return;
            }
        }
    }

    /// Takes or renews the lease. What cannot be asked for is not ours.
    async fn is_ours(self) -> bool {
        let (sweep, holder) = (self.sweep.name(), &self.worker.settings.holder);
        match self.worker.leases.acquire(sweep, holder, self.lease()).await {
            Ok(epoch) => epoch.is_some(),
            Err(error) => {
                error!(sweep, error = ?error, "a lease could not be taken");
                false
            }
        }
    }

    /// Longer than the time to the next turn, so that a sweep stays where it is while its process lives.
    fn lease(self) -> Duration {
        self.sweep.every().saturating_mul(2).max(Duration::from_secs(10))
    }
}
