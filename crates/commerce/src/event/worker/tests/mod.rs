//! The worker against an outbox of its own that remembers what it was told.

mod sweeps;

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use uuid::Uuid;

use super::*;
use crate::{
    Page, PageRequest, StoreError,
    event::{Backlog, DeadLetter, Outcome},
    testing::TestEnv,
};

const GRACE: Duration = Duration::from_secs(20);

/// Hands out what it was filled with, and keeps the outcomes in the order they came.
#[derive(Default)]
struct Shelf {
    waiting: Mutex<Vec<Delivery>>,
    settled: Mutex<Vec<Vec<(String, Outcome)>>>,
    holder: Mutex<Option<String>>,
}

impl Shelf {
    fn outcome_of(&self, name: &str) -> Outcome {
        let settled = self.settled.lock().unwrap();
        settled.iter().flatten().find(|(event, _)| event == name).unwrap().1.clone()
    }
}

#[async_trait]
impl Outbox for Shelf {
    async fn lease(
        &self,
        subscribers: &[&str],
        limit: u32,
        _: Duration,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut waiting = self.waiting.lock().unwrap();
        let wanted = waiting.iter().filter(|d| subscribers.contains(&d.subscriber.as_str()));
        let wanted = wanted.count().min(usize::try_from(limit).unwrap());
        Ok(waiting.drain(..wanted).collect())
    }

    async fn settle(&self, outcomes: &[(Delivery, Outcome)]) -> Result<(), StoreError> {
        let outcomes = outcomes.iter().map(|(d, outcome)| (d.name.clone(), outcome.clone()));
        self.settled.lock().unwrap().push(outcomes.collect());
        Ok(())
    }

    async fn dead_letters(&self, _: PageRequest) -> Result<Page<DeadLetter>, StoreError> {
        Ok(Page { data: Vec::new(), next_cursor: None })
    }

    async fn replay(&self, _: Uuid) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        Ok(Backlog::default())
    }
}

#[async_trait]
impl Leases for Shelf {
    async fn acquire(&self, _: &str, by: &str, _: Duration) -> Result<Option<i64>, StoreError> {
        let mut holder = self.holder.lock().unwrap();
        let free = holder.as_deref().is_none_or(|holder| holder == by);
        Ok(free.then(|| {
            *holder = Some(by.to_owned());
            1
        }))
    }

    async fn release(&self, _: &str, by: &str) -> Result<(), StoreError> {
        let mut holder = self.holder.lock().unwrap();
        if holder.as_deref() == Some(by) {
            *holder = None;
        }
        Ok(())
    }
}

/// Does what the event's name says.
#[derive(Default)]
struct Obedient {
    handled: AtomicUsize,
    asked: tokio::sync::Notify,
    go: tokio::sync::Notify,
}

#[async_trait]
impl Subscriber for Obedient {
    fn name(&self) -> &'static str {
        "obedient"
    }

    fn events(&self) -> &'static [&'static str] {
        &[]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        self.handled.fetch_add(1, Ordering::Relaxed);
        match delivery.name.as_str() {
            "fail" => Err(Trouble::Passing("not now".into())),
            "refuse" => Err(Trouble::Lasting("never".into())),
            "panic" => panic!("as told"),
            "hang" => {
                self.asked.notify_one();
                std::future::pending().await
            }
            "wait" => {
                self.asked.notify_one();
                self.go.notified().await;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn deliveries(names: &[(&str, u32)]) -> Shelf {
    let at = TestEnv::new().env().now();
    let waiting = names.iter().map(|(name, attempts)| Delivery {
        id: Uuid::from_u128(1),
        event: Uuid::from_u128(2),
        subscriber: "obedient".into(),
        name: (*name).to_owned(),
        subject: Uuid::from_u128(3),
        body: serde_json::Value::Null,
        at,
        attempts: *attempts,
    });
    Shelf { waiting: Mutex::new(waiting.collect()), ..Shelf::default() }
}

fn worker(shelf: &Arc<Shelf>, subscriber: &Arc<Obedient>, sweeps: Vec<Arc<dyn Sweep>>) -> Worker {
    Worker {
        outbox: shelf.clone(),
        leases: shelf.clone(),
        subscribers: vec![subscriber.clone()],
        sweeps,
        env: TestEnv::new().env(),
        settings: WorkerSettings {
            holder: "one".into(),
            concurrency: 2,
            batch: 10,
            lease: Duration::from_secs(60),
            poll: Duration::from_millis(10),
            max_attempts: 3,
            backoff: Backoff { first: Duration::from_secs(1), most: Duration::from_secs(60) },
        },
        doorbell: Arc::new(tokio::sync::Notify::new()),
    }
}

#[tokio::test]
async fn what_fails_comes_again_until_it_is_given_up() {
    let shelf = Arc::new(deliveries(&[("ok", 1), ("fail", 1)]));
    let last = Arc::new(deliveries(&[("fail", 3), ("refuse", 1)]));

    assert_eq!(worker(&shelf, &Arc::default(), vec![]).deliver_batch().await.unwrap(), 2);
    assert_eq!(worker(&last, &Arc::default(), vec![]).deliver_batch().await.unwrap(), 2);

    assert_eq!(shelf.outcome_of("ok"), Outcome::Done);
    let now = TestEnv::new().env().now();
    let Outcome::Later { at, error } = shelf.outcome_of("fail") else { panic!("not later") };
    assert!(at > now && error == "not now");
    assert_eq!(last.outcome_of("fail"), Outcome::Dead { error: "not now".into() });
    assert_eq!(last.outcome_of("refuse"), Outcome::Dead { error: "never".into() });
}

#[tokio::test]
async fn a_panic_fails_one_delivery_and_no_other() {
    let shelf = Arc::new(deliveries(&[("panic", 1), ("ok", 1)]));

    worker(&shelf, &Arc::default(), vec![]).deliver_batch().await.unwrap();

    assert!(matches!(shelf.outcome_of("panic"), Outcome::Later { .. }));
    assert_eq!(shelf.outcome_of("ok"), Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn a_handler_does_not_outlive_its_lease_and_holds_no_neighbour_back() {
    let shelf = Arc::new(deliveries(&[("hang", 1), ("ok", 1)]));

    worker(&shelf, &Arc::default(), vec![]).deliver_batch().await.unwrap();

    assert!(matches!(shelf.outcome_of("hang"), Outcome::Later { .. }));
    let first = shelf.settled.lock().unwrap()[0].clone();
    assert_eq!(first, [("ok".to_owned(), Outcome::Done)]);
}

#[tokio::test]
async fn stopping_finishes_what_runs_and_gives_the_rest_back() {
    let names = [("wait", 1), ("wait", 1), ("ok", 1), ("ok", 1)];
    let shelf = Arc::new(deliveries(&names));
    let subscriber = Arc::<Obedient>::default();
    let running = worker(&shelf, &subscriber, vec![]).start();
    subscriber.asked.notified().await;

    let stopping = tokio::spawn(running.stop(GRACE));
    tokio::task::yield_now().await;
    // Both that run may end now, in whatever order they got here.
    while !stopping.is_finished() {
        subscriber.go.notify_waiters();
        tokio::task::yield_now().await;
    }
    stopping.await.unwrap();

    assert_eq!(shelf.outcome_of("wait"), Outcome::Done);
    assert_eq!(shelf.outcome_of("ok"), Outcome::GivenBack);
    assert_eq!(subscriber.handled.load(Ordering::Relaxed), 2);
    assert!(shelf.waiting.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn stopping_takes_no_longer_than_its_grace() {
    let shelf = Arc::new(deliveries(&[("hang", 1)]));
    let subscriber = Arc::<Obedient>::default();
    let running = worker(&shelf, &subscriber, vec![]).start();
    subscriber.asked.notified().await;

    running.stop(GRACE).await;

    assert_eq!(shelf.settled.lock().unwrap().len(), 0, "it was left to its lease");
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_hangs_does_not_hold_up_what_comes_after_its_batch() {
    let shelf = Arc::new(deliveries(&[("hang", 1)]));
    let subscriber = Arc::<Obedient>::default();
    let running = worker(&shelf, &subscriber, vec![]).start();
    subscriber.asked.notified().await;

    let later = deliveries(&[("wait", 1)]).waiting.into_inner().unwrap();
    shelf.waiting.lock().unwrap().extend(later);

    // Long before the lease of the first one ends.
    tokio::time::timeout(Duration::from_secs(1), subscriber.asked.notified()).await.unwrap();
    running.stop(Duration::ZERO).await;
}

#[tokio::test]
async fn what_no_worker_outlived_is_not_tried_again() {
    let shelf = Arc::new(deliveries(&[("ok", 4)]));
    let subscriber = Arc::<Obedient>::default();

    worker(&shelf, &subscriber, vec![]).deliver_batch().await.unwrap();

    assert_eq!(subscriber.handled.load(Ordering::Relaxed), 0);
    let error = "no worker outlived 3 tries".to_owned();
    assert_eq!(shelf.outcome_of("ok"), Outcome::Dead { error });
}
