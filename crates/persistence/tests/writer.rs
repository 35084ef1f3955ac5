//! SQLite's one writer: commits that wait for it share a transaction, and do not notice one another.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use commerce::{Change, CommitError, Order, Repository, Write, order::Policy};
use futures_util::future::join_all;
use persistence::{Db, Heard, Settings, testing::TestDb};
use support::{carry, env_of, line, payment_for, plain_order, raise, stock, user};
use tokio::{sync::Notify, task::JoinHandle};

/// How often the store flushed what it wrote.
#[derive(Default)]
struct Ear {
    begun: Notify,
    commits: AtomicUsize,
}

impl Ear {
    fn at(db: &Db) -> Arc<Self> {
        let ear = Arc::new(Self::default());
        let hears = ear.clone();
        db.overhear(Arc::new(move |heard| match heard {
            Heard::Begins => hears.begun.notify_one(),
            Heard::Commits => drop(hears.commits.fetch_add(1, Ordering::Relaxed)),
            Heard::Reads(_) | Heard::Writes(_) => {}
        }));
        ear
    }

    fn commits(&self) -> usize {
        self.commits.load(Ordering::Relaxed)
    }
}

/// Lets all tasks begin while nobody can write, and gathers what comes of them.
async fn at_once<T: 'static>(db: &Db, tasks: impl FnOnce() -> Vec<JoinHandle<T>>) -> Vec<T> {
    let busy = db.begin().await.unwrap();
    let tasks = tasks();
    tokio::task::yield_now().await;
    busy.rollback().await.unwrap();
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

fn commit(db: &Db, change: Change<Order>) -> JoinHandle<Result<(), CommitError>> {
    let db = db.clone();
    tokio::spawn(async move { db.commit(change).await })
}

#[tokio::test]
async fn commits_that_wait_share_a_flush_and_each_is_refused_for_itself() {
    let test = TestDb::sqlite().await;
    let env = env_of(&test.db);
    let mug = stock(&test.db, &env, 10).await;
    let ear = Ear::at(&test.db);

    let outcomes = at_once(&test.db, || {
        let buyer = |_| {
            let (db, env) = (test.db.clone(), env_of(&test.db));
            tokio::spawn(async move {
                let lines = vec![line(&env, Some(Policy::Hold), mug, 1)];
                let (_, effects) = raise(&env, user(&env), lines);
                carry(&db, &env, effects).await
            })
        };
        (0..32).map(buyer).collect()
    })
    .await;

    let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert_eq!(refused.len(), 22);
    assert!(refused.iter().all(|e| matches!(e, CommitError::OutOfStock(_))));
    assert!(ear.commits() <= 2, "{} flushes for 32 commits", ear.commits());
    let held = test.number("select sum(held) from commerce_stock").await;
    assert_eq!((held, test.number("select count(*) from commerce_claims").await), (10, 10));
    test.finish().await;
}

/// A payment may be written before its order, in one commit; so whether the order is there is seen at the end of the whole.
#[tokio::test]
async fn one_that_would_break_the_whole_is_refused_and_its_neighbours_are_written() {
    let test = TestDb::sqlite().await;
    let env = env_of(&test.db);
    let orders: Vec<_> = (0..8).map(|_| plain_order(&env)).collect();
    let nobodys = payment_for(&env, &plain_order(&env));

    let outcomes = at_once(&test.db, || {
        let (before, after) = orders.split_at(4);
        let order = |order: &Order| commit(&test.db, Write::new(order.clone()).alone());
        let db = test.db.clone();
        let payment = nobodys.clone();
        let broken = tokio::spawn(async move { db.commit(Write::new(payment).alone()).await });
        before.iter().map(order).chain([broken]).chain(after.iter().map(order)).collect()
    })
    .await;

    let written: Vec<_> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(written, [true, true, true, true, false, true, true, true, true]);
    assert_eq!(test.number("select count(*) from commerce_orders").await, 8);
    assert_eq!(test.number("select count(*) from commerce_payments").await, 0);
    test.finish().await;
}

#[tokio::test]
async fn whoever_stops_waiting_before_his_turn_has_written_nothing() {
    let test = TestDb::sqlite().await;
    let env = env_of(&test.db);
    let impatient = Settings {
        acquire_timeout: Duration::from_millis(20),
        lock_timeout: Duration::from_secs(60),
        ..Settings::new(&test.url)
    };
    let db = Db::connect(&impatient).await.unwrap();
    let ear = Ear::at(&db);
    let (first, second) = (plain_order(&env), plain_order(&env));

    // Another process writes.
    let busy = test.db.begin().await.unwrap();
    let begun = commit(&db, Write::new(first.clone()).alone());
    ear.begun.notified().await;
    let late = commit(&db, Write::new(second.clone()).alone()).await.unwrap();
    busy.rollback().await.unwrap();

    assert!(matches!(late, Err(CommitError::Store(_))), "{late:?}");
    assert!(begun.await.unwrap().is_ok());
    assert!(Repository::<Order>::find(&db, first.id).await.unwrap().is_some());
    assert!(Repository::<Order>::find(&db, second.id).await.unwrap().is_none());
    db.close().await.unwrap();
    test.finish().await;
}
