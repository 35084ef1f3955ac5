//! Sweeps that panic, hang, or lose their lease.

use std::collections::VecDeque;

use super::*;

/// Has so much to do, and panics when there is nothing left the first time.
struct Chore {
    left: AtomicUsize,
    runs: AtomicUsize,
    done: tokio::sync::Notify,
}

#[async_trait]
impl Sweep for Chore {
    fn name(&self) -> &'static str {
        "chore"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(5)
    }

    async fn run(&self) -> Result<usize, Trouble> {
        assert!(self.runs.fetch_add(1, Ordering::Relaxed) > 0, "the first time");
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(1), Ordering::Relaxed);
        if left == 0 {
            self.done.notify_one();
        }
        Ok(left.min(1))
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_goes_on_until_idle_survives_a_panic_and_leaves_its_lease() {
    let shelf = Arc::new(deliveries(&[]));
    let chore = Arc::new(Chore {
        left: AtomicUsize::new(3),
        runs: AtomicUsize::new(0),
        done: tokio::sync::Notify::new(),
    });
    let running = worker(&shelf, &Arc::default(), vec![chore.clone()]).start();

    chore.done.notified().await;
    assert_eq!(shelf.holder.lock().unwrap().as_deref(), Some("one"));
    running.stop(GRACE).await;

    assert_eq!(chore.left.load(Ordering::Relaxed), 0);
    assert_eq!(chore.runs.load(Ordering::Relaxed), 5);
    assert_eq!(*shelf.holder.lock().unwrap(), None);
}

/// What a run of [`Scripted`] does.
#[derive(Clone, Copy)]
enum Act {
    Move,
    /// Moves something while another process takes the lease.
    LoseLease,
    Hang,
}

/// Does what it was told, one act a run; has nothing to do from then on.
struct Scripted {
    shelf: Arc<Shelf>,
    acts: Mutex<VecDeque<Act>>,
    at_most: Duration,
    runs: AtomicUsize,
    idle: tokio::sync::Notify,
    hangs: tokio::sync::Notify,
    dropped: tokio::sync::Notify,
}

impl Scripted {
    fn new(shelf: &Arc<Shelf>, at_most: Duration, acts: &[Act]) -> Arc<Self> {
        Arc::new(Self {
            shelf: shelf.clone(),
            acts: Mutex::new(acts.iter().copied().collect()),
            at_most,
            runs: AtomicUsize::new(0),
            idle: tokio::sync::Notify::new(),
            hangs: tokio::sync::Notify::new(),
            dropped: tokio::sync::Notify::new(),
        })
    }
}

/// Tells when a run that hangs is dropped.
struct Dropped<'a>(&'a tokio::sync::Notify);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[async_trait]
impl Sweep for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn at_most(&self) -> Duration {
        self.at_most
    }

    async fn run(&self) -> Result<usize, Trouble> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let act = self.acts.lock().unwrap().pop_front();
        match act {
            None => {
                self.idle.notify_one();
                Ok(0)
            }
            Some(Act::Move) => Ok(1),
            Some(Act::LoseLease) => {
                *self.shelf.holder.lock().unwrap() = Some("two".into());
                Ok(1)
            }
            Some(Act::Hang) => {
                let _dropped = Dropped(&self.dropped);
                self.hangs.notify_one();
                std::future::pending().await
            }
        }
    }
}

/// Fails instead of waiting for ever; time is paused, so it passes at once.
async fn soon(told: &tokio::sync::Notify) {
    tokio::time::timeout(Duration::from_mins(30), told.notified()).await.unwrap();
}

fn sweeping(shelf: &Arc<Shelf>, sweep: &Arc<Scripted>) -> Running {
    worker(shelf, &Arc::default(), vec![sweep.clone()]).start()
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_lost_its_lease_leaves_the_rest_to_who_has_it() {
    let shelf = Arc::new(deliveries(&[]));
    let acts = [Act::Move, Act::LoseLease, Act::Move, Act::Hang];
    let sweep = Scripted::new(&shelf, Duration::from_mins(5), &acts);

    let running = sweeping(&shelf, &sweep);
    // It is asked to stop only when it waits for something.
    tokio::task::yield_now().await;
    running.stop(GRACE).await;

    assert_eq!(sweep.runs.load(Ordering::Relaxed), 2);
    assert_eq!(shelf.holder.lock().unwrap().as_deref(), Some("two"));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_hangs_is_given_up_and_the_sweep_goes_on() {
    let shelf = Arc::new(deliveries(&[]));
    let sweep = Scripted::new(&shelf, Duration::from_mins(5), &[Act::Hang]);

    let running = sweeping(&shelf, &sweep);
    soon(&sweep.dropped).await;
    soon(&sweep.idle).await;
    running.stop(GRACE).await;

    assert_eq!(sweep.runs.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_long_run_ends_when_another_has_its_lease() {
    let shelf = Arc::new(deliveries(&[]));
    let sweep = Scripted::new(&shelf, Duration::from_hours(6), &[Act::Hang]);

    let running = sweeping(&shelf, &sweep);
    soon(&sweep.hangs).await;
    *shelf.holder.lock().unwrap() = Some("two".into());
    soon(&sweep.dropped).await;
    running.stop(GRACE).await;

    assert_eq!(sweep.runs.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn stopping_does_not_wait_for_a_sweep_that_hangs() {
    let shelf = Arc::new(deliveries(&[]));
    let sweep = Scripted::new(&shelf, Duration::from_hours(6), &[Act::Hang]);

    let running = sweeping(&shelf, &sweep);
    soon(&sweep.hangs).await;
    running.stop(GRACE).await;

    soon(&sweep.dropped).await;
    assert_eq!(
        shelf.holder.lock().unwrap().as_deref(),
        Some("one"),
        "the lease runs out by itself"
    );
}
