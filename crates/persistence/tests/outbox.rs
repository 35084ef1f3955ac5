//! Deliveries, leases and feeds, on both engines.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use commerce::{
    Effects, Event, PageRequest,
    event::{
        Backlog, Backoff, Delivery, Leases, Outbox, Outcome, Subscriber, Trouble, Worker,
        WorkerSettings,
    },
};
use persistence::{Db, Subscriptions, testing::TestDb};
use serde_json::json;
use support::{carry, env_of};
use tokio::sync::Notify;

const MINUTE: Duration = Duration::from_secs(60);
const NOW: Duration = Duration::ZERO;
const MAIL: &[&str] = &["mail"];

async fn tell(db: &Db, times: usize) {
    let env = env_of(db);
    for n in 0..times {
        let event = Event::new(&env, "order_paid", env.uuid(), json!({ "n": n }));
        carry(db, &env, Effects::none().tell(event)).await.unwrap();
    }
}

fn first_page() -> PageRequest {
    PageRequest { limit: 10, cursor: None }
}

#[tokio::test]
async fn every_subscriber_of_an_event_gets_a_delivery_and_nobody_else() {
    for test in TestDb::each_engine().await {
        let wishes = Subscriptions::none().and("order_paid", "mail").and("order_paid", "push");
        test.db.subscribe(wishes.and("order_cancelled", "mail"));

        tell(&test.db, 2).await;

        let mail = test.db.lease(MAIL, 10, MINUTE).await.unwrap();
        assert_eq!(mail.len(), 2);
        assert_eq!((mail[0].name.as_str(), &mail[0].body), ("order_paid", &json!({ "n": 0 })));
        assert_eq!(mail[0].attempts, 1);
        assert_eq!(test.db.lease(&["push", "mail"], 10, MINUTE).await.unwrap().len(), 2);
        assert!(test.db.lease(&["nobody"], 10, MINUTE).await.unwrap().is_empty());
        test.finish().await;
    }
}

#[tokio::test]
async fn a_commit_with_deliveries_rings_the_bell() {
    for test in TestDb::each_engine().await {
        test.db.subscribe(Subscriptions::none().and("order_paid", "mail"));
        let bell = test.db.doorbell();

        tell(&test.db, 1).await;

        tokio::time::timeout(MINUTE, bell.notified()).await.unwrap();
        test.finish().await;
    }
}

#[tokio::test]
async fn a_lost_lease_is_handed_out_again_and_its_first_holder_changes_nothing() {
    for test in TestDb::each_engine().await {
        test.db.subscribe(Subscriptions::none().and("order_paid", "mail"));
        tell(&test.db, 1).await;

        let slow = test.db.lease(MAIL, 10, NOW).await.unwrap().remove(0);
        let quick = test.db.lease(MAIL, 10, MINUTE).await.unwrap().remove(0);
        assert_eq!((quick.id, quick.attempts), (slow.id, 2));
        test.db.settle(&[(slow, Outcome::Done)]).await.unwrap();
        assert_eq!(test.db.backlog().await.unwrap().waiting, 1, "its lease was lost");
        test.db.settle(&[(quick, Outcome::Done)]).await.unwrap();
        assert_eq!(test.db.backlog().await.unwrap(), Backlog::default());

        test.finish().await;
    }
}

#[tokio::test]
async fn what_is_given_back_was_not_tried() {
    for test in TestDb::each_engine().await {
        test.db.subscribe(Subscriptions::none().and("order_paid", "mail"));
        tell(&test.db, 1).await;

        for _ in 0..3 {
            let leased = test.db.lease(MAIL, 10, MINUTE).await.unwrap().remove(0);
            assert_eq!(leased.attempts, 1);
            test.db.settle(&[(leased, Outcome::GivenBack)]).await.unwrap();
        }

        assert_eq!(test.db.lease(MAIL, 10, MINUTE).await.unwrap().len(), 1);
        test.finish().await;
    }
}

#[tokio::test]
async fn a_failed_delivery_waits_dies_and_is_replayed() {
    for test in TestDb::each_engine().await {
        test.db.subscribe(Subscriptions::none().and("order_paid", "mail"));
        let env = env_of(&test.db);
        tell(&test.db, 3).await;
        let leased = test.db.lease(MAIL, 10, MINUTE).await.unwrap();
        let later = Outcome::Later {
            at: env.now() + chrono::TimeDelta::hours(1),
            error: "the mail server sleeps".into(),
        };
        let dead = Outcome::Dead { error: "no such address".into() };
        let outcomes = [later, dead.clone(), dead];

        test.db.settle(&leased.iter().cloned().zip(outcomes).collect::<Vec<_>>()).await.unwrap();

        assert!(test.db.lease(MAIL, 10, MINUTE).await.unwrap().is_empty());
        assert_eq!(test.db.backlog().await.unwrap(), Backlog { waiting: 1, dead: 2, oldest: None });
        let letters = test.db.dead_letters(first_page()).await.unwrap();
        assert_eq!(letters.data.len(), 2);
        assert_eq!(letters.data[0].error, "no such address");
        let first = test.db.dead_letters(PageRequest { limit: 1, cursor: None }).await.unwrap();
        let rest = PageRequest { limit: 5, cursor: first.next_cursor };
        assert_eq!(test.db.dead_letters(rest).await.unwrap().data, letters.data[1..]);

        let id = letters.data[0].delivery.id;
        assert!(test.db.replay(id).await.unwrap());
        assert!(!test.db.replay(id).await.unwrap(), "it is not dead any more");
        let again = test.db.lease(MAIL, 10, MINUTE).await.unwrap();
        assert_eq!((again.len(), again[0].id, again[0].attempts), (1, id, 1));
        test.finish().await;
    }
}

/// Counts who was told what.
struct Counting(Arc<Mutex<HashMap<uuid::Uuid, usize>>>);

#[async_trait]
impl Subscriber for Counting {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn events(&self) -> &'static [&'static str] {
        &["order_paid"]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        *self.0.lock().unwrap().entry(delivery.event).or_default() += 1;
        tokio::task::yield_now().await;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_workers_deliver_each_event_once() {
    for test in TestDb::each_engine().await {
        let told = Arc::new(Mutex::new(HashMap::new()));
        let subscriber: Arc<dyn Subscriber> = Arc::new(Counting(told.clone()));
        test.db.subscribe(Subscriptions::of(std::slice::from_ref(&subscriber)));
        tell(&test.db, 120).await;

        let workers = (0..4).map(|n| {
            let worker = Worker {
                outbox: Arc::new(test.db.clone()),
                leases: Arc::new(test.db.clone()),
                subscribers: vec![subscriber.clone()],
                sweeps: Vec::new(),
                env: env_of(&test.db),
                settings: WorkerSettings {
                    holder: format!("worker {n}"),
                    concurrency: 4,
                    batch: 7,
                    lease: MINUTE,
                    poll: Duration::from_millis(5),
                    max_attempts: 3,
                    backoff: Backoff { first: MINUTE, most: MINUTE },
                },
                doorbell: Arc::new(Notify::new()),
            };
            tokio::spawn(async move { while worker.deliver_batch().await.unwrap() > 0 {} })
        });
        futures_util::future::join_all(workers).await.into_iter().for_each(Result::unwrap);

        let told = told.lock().unwrap().clone();
        assert_eq!(told.len(), 120);
        assert!(told.values().all(|&times| times == 1), "{told:?}");
        assert_eq!(test.number("select count(*) from commerce_deliveries").await, 0);
        test.finish().await;
    }
}

#[tokio::test]
async fn a_lease_has_one_holder_and_each_holder_an_epoch_of_its_own() {
    for test in TestDb::each_engine().await {
        let db = &test.db;

        assert_eq!(db.acquire("sweep", "a", MINUTE).await.unwrap(), Some(1));
        assert_eq!(db.acquire("sweep", "a", MINUTE).await.unwrap(), Some(1), "renewed");
        assert_eq!(db.acquire("sweep", "b", MINUTE).await.unwrap(), None);
        db.release("sweep", "b").await.unwrap();
        assert_eq!(
            db.acquire("sweep", "b", MINUTE).await.unwrap(),
            None,
            "only a may give it back"
        );
        db.release("sweep", "a").await.unwrap();
        assert_eq!(db.acquire("sweep", "b", MINUTE).await.unwrap(), Some(2));

        test.finish().await;
    }
}
