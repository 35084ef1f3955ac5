//! Every constraint, raced by tasks that really run side by side, on both engines.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::{future::Future, sync::Arc};

use commerce::{
    Account, Change, ClaimMove, CommitError, Effects, Event, OrderId, Payment, Receipt, Repository,
    RequestKey, Stored, Write,
    event::{Feed, user_stream},
    order::Policy,
    update,
};
use futures_util::future::join_all;
use persistence::{Db, testing::TestDb};
use serde_json::json;
use support::{
    captured, carry, env_of, line, payment_for, plain_order, raise, settlement, stock, transfer,
    user,
};

/// Starts one task for each number below `count` and gathers what they return.
async fn race<T, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(task(n))).collect();
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

fn won(outcomes: &[Result<(), CommitError>]) -> usize {
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

fn all_lost_by(outcomes: &[Result<(), CommitError>], reason: fn(&CommitError) -> bool) -> bool {
    outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(reason)
}

async fn placed(db: &Db, policy: Policy, resource: commerce::ResourceId) -> (OrderId, Payment) {
    let env = env_of(db);
    let (order, effects) = raise(&env, user(&env), vec![line(&env, Some(policy), resource, 1)]);
    carry(db, &env, effects).await.unwrap();
    let payment = payment_for(&env, &order);
    db.commit(Write::new(payment.clone()).alone()).await.unwrap();
    (order.id, payment)
}

async fn settle_change(db: &Db, order: OrderId, payment: &Payment) -> Change<Payment> {
    let env = env_of(db);
    let order: Stored<commerce::Order> = db.find(order).await.unwrap().unwrap();
    let payment: Stored<Payment> = db.find(payment.id).await.unwrap().unwrap();
    settlement(&env, &payment, &order)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_buyers_10_hold_the_last_10_units() {
    for test in TestDb::each_engine().await {
        let resource = stock(&test.db, &env_of(&test.db), 10).await;

        let outcomes = race(64, |_| {
            let db = test.db.clone();
            async move {
                let env = env_of(&db);
                let lines = vec![line(&env, Some(Policy::Hold), resource, 1)];
                let (_, effects) = raise(&env, user(&env), lines);
                carry(&db, &env, effects).await
            }
        })
        .await;

        assert_eq!(won(&outcomes), 10);
        assert!(all_lost_by(&outcomes, |e| matches!(e, CommitError::OutOfStock(_))));
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_payers_10_get_the_last_10_units() {
    for test in TestDb::each_engine().await {
        let resource = stock(&test.db, &env_of(&test.db), 10).await;
        let mut changes = Vec::new();
        for _ in 0..64 {
            let (order, payment) = placed(&test.db, Policy::OnPayment, resource).await;
            changes.push(settle_change(&test.db, order, &payment).await);
        }
        let changes = Arc::new(changes);

        let outcomes = race(64, |n| {
            let (db, changes) = (test.db.clone(), changes.clone());
            async move { db.commit(changes[n].clone()).await }
        })
        .await;

        assert_eq!(won(&outcomes), 10);
        assert!(all_lost_by(&outcomes, |e| matches!(e, CommitError::OutOfStock(_))));
        assert_eq!(test.number("select on_hand from commerce_stock").await, 0);
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_held_is_there_for_all_who_pay() {
    for test in TestDb::each_engine().await {
        let resource = stock(&test.db, &env_of(&test.db), 20).await;
        let mut changes = Vec::new();
        for _ in 0..20 {
            let (order, payment) = placed(&test.db, Policy::Hold, resource).await;
            changes.push(settle_change(&test.db, order, &payment).await);
        }
        let changes = Arc::new(changes);

        let outcomes = race(20, |n| {
            let (db, changes) = (test.db.clone(), changes.clone());
            async move { db.commit(changes[n].clone()).await }
        })
        .await;

        assert_eq!(won(&outcomes), 20, "{outcomes:?}");
        assert_eq!(test.number("select on_hand + held from commerce_stock").await, 0);
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_line_orders_in_opposite_orders_do_not_deadlock() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let mut shelf = Vec::new();
        for _ in 0..12 {
            shelf.push(stock(&test.db, &env, 1_000).await);
        }
        let shelf = Arc::new(shelf);

        let outcomes = race(16, |n| {
            let (db, shelf) = (test.db.clone(), shelf.clone());
            async move {
                let env = env_of(&db);
                let mut failed = Vec::new();
                for round in 0..20 {
                    let mut lines: Vec<_> = (0..6)
                        .map(|k| shelf[(n * 7 + round * 5 + k * 5) % shelf.len()])
                        .map(|resource| line(&env, Some(Policy::Hold), resource, 1))
                        .collect();
                    if (n + round) % 2 == 0 {
                        lines.reverse();
                    }
                    let (_, effects) = raise(&env, user(&env), lines);
                    failed.extend(carry(&db, &env, effects).await.err());
                }
                failed
            }
        })
        .await;

        assert!(outcomes.iter().all(Vec::is_empty), "{outcomes:?}");
        assert_eq!(
            test.number("select cast(sum(held) as bigint) from commerce_stock").await,
            16 * 20 * 6
        );
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_40_racers_with_one_key_one_is_carried_out() {
    for test in TestDb::each_engine().await {
        let outcomes = race(40, |_| {
            let db = test.db.clone();
            async move {
                let env = env_of(&db);
                let request = RequestKey { scope: "s".into(), key: "k".into(), hash: "h".into() };
                let receipt = Receipt { request, subject: env.uuid(), answer: None };
                carry(&db, &env, Effects::none().receipt(receipt)).await
            }
        })
        .await;

        assert_eq!(won(&outcomes), 1);
        assert!(all_lost_by(&outcomes, |e| matches!(e, CommitError::AlreadyDone)));
        assert_eq!(test.number("select count(*) from commerce_orders").await, 1);
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_notice_applied_by_many_settles_once() {
    for test in TestDb::each_engine().await {
        let resource = stock(&test.db, &env_of(&test.db), 5).await;
        let (order, payment) = placed(&test.db, Policy::Hold, resource).await;

        let outcomes = race(32, |_| {
            let (db, payment) = (test.db.clone(), payment.clone());
            async move {
                let env = env_of(&db);
                let stored: Stored<commerce::Order> = db.find(order).await.unwrap().unwrap();
                let paying: Stored<Payment> = db.find(payment.id).await.unwrap().unwrap();
                if stored.state.clone().pay(payment.id, env.now()).is_err() {
                    return Err(CommitError::Stale);
                }
                db.commit(settlement(&env, &paying, &stored)).await
            }
        })
        .await;

        assert_eq!(won(&outcomes), 1);
        assert!(all_lost_by(&outcomes, |e| matches!(e, CommitError::Stale)), "{outcomes:?}");
        assert_eq!(test.number("select on_hand from commerce_stock").await, 4);
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_payments_of_one_order_one_settles_it() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let order = plain_order(&env);
        test.db.commit(Write::new(order.clone()).alone()).await.unwrap();
        let order = Arc::new(order);

        // Each believes that it alone pays: only the constraint can tell.
        let outcomes = race(8, |_| {
            let (db, order) = (test.db.clone(), order.clone());
            async move {
                let env = env_of(&db);
                let (paid, booked) = captured(&env, &payment_for(&env, &order), true);
                db.commit(Write::new(paid).with(booked)).await
            }
        })
        .await;

        assert_eq!(won(&outcomes), 1);
        assert!(all_lost_by(&outcomes, |e| matches!(e, CommitError::Taken(_))));
        test.discard().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_is_numbered_without_gaps_under_16_writers() {
    for test in TestDb::each_engine().await {
        let reader = user(&env_of(&test.db));

        let outcomes = race(16, |_| {
            let db = test.db.clone();
            async move {
                let env = env_of(&db);
                for _ in 0..10 {
                    let tell = |name| Event::new(&env, name, env.uuid(), json!({})).to_user(reader);
                    let effects = Effects::none().tell(tell("one")).tell(tell("two"));
                    carry(&db, &env, effects).await?;
                }
                Ok(())
            }
        })
        .await;

        assert_eq!(won(&outcomes), 16, "{outcomes:?}");
        let feed = test.db.read_feed(&user_stream(reader), 0, 1_000).await.unwrap();
        let numbers: Vec<_> = feed.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (1..=320).collect::<Vec<_>>());
        let pairs = feed.chunks(2).all(|pair| pair[0].name == "one" && pair[1].name == "two");
        assert!(pairs, "events of one commit keep their order");
        let resumed = test.db.read_feed(&user_stream(reader), 318, 1_000).await.unwrap();
        assert_eq!(resumed.len(), 2);
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_spenders_10_spend_what_there_is() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let purse = Account::escrow(OrderId::new(&env));
        let filled = transfer(&env, Account::bank(), purse.clone(), 100);
        carry(&test.db, &env, Effects::none().post(filled)).await.unwrap();

        let outcomes = race(64, |_| {
            let (db, purse) = (test.db.clone(), purse.clone());
            async move {
                let env = env_of(&db);
                let spent = transfer(&env, purse, Account::sales(), 10);
                carry(&db, &env, Effects::none().post(spent)).await
            }
        })
        .await;

        assert_eq!(won(&outcomes), 10);
        let poor = all_lost_by(&outcomes, |e| matches!(e, CommitError::InsufficientFunds(_)));
        assert!(poor, "{outcomes:?}");
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transfers_in_opposite_directions_do_not_deadlock() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let purses: Vec<_> = (0..6).map(|_| Account::escrow(OrderId::new(&env))).collect();
        for purse in &purses {
            let filled = transfer(&env, Account::bank(), purse.clone(), 1_000);
            carry(&test.db, &env, Effects::none().post(filled)).await.unwrap();
        }
        let purses = Arc::new(purses);

        let outcomes = race(16, |n| {
            let (db, purses) = (test.db.clone(), purses.clone());
            async move {
                let env = env_of(&db);
                for round in 0..10 {
                    let from = &purses[(n + round) % 6];
                    let to = &purses[(n * 3 + round * 5 + 1) % 6];
                    if from != to {
                        let moved = transfer(&env, from.clone(), to.clone(), 1);
                        carry(&db, &env, Effects::none().post(moved)).await?;
                    }
                }
                Ok(())
            }
        })
        .await;

        assert_eq!(won(&outcomes), 16, "{outcomes:?}");
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn updates_of_one_order_lose_nothing() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let order = plain_order(&env);
        test.db.commit(Write::new(order.clone()).alone()).await.unwrap();

        let outcomes = race(8, |_| {
            let db = test.db.clone();
            async move {
                let done: Result<_, CommitError> =
                    update(&db, order.id, |state: commerce::Order| Ok((state, Effects::none())))
                        .await;
                done.map(drop)
            }
        })
        .await;

        assert_eq!(won(&outcomes), 8, "{outcomes:?}");
        let stored: Stored<commerce::Order> = test.db.find(order.id).await.unwrap().unwrap();
        assert_eq!(stored.version.0, 9);
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_claim_is_given_back_once() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let resource = stock(&test.db, &env, 3).await;
        let until = env.now();
        let held = commerce::Claim::hold(&env, resource, 2, env.uuid(), until);
        carry(&test.db, &env, Effects::none().claim([held.clone()])).await.unwrap();
        let back: ClaimMove = held.claim.release(until).unwrap();

        let outcomes = race(16, |_| {
            let (db, back) = (test.db.clone(), back.clone());
            async move { carry(&db, &env_of(&db), Effects::none().claim([back])).await }
        })
        .await;

        assert_eq!(won(&outcomes), 1);
        assert!(all_lost_by(&outcomes, |e| matches!(e, CommitError::Stale)), "{outcomes:?}");
        test.finish().await;
    }
}

/// A commit larger than one statement may be is still all or nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_large_order_is_all_or_nothing() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let mut lines = Vec::new();
        for _ in 0..60 {
            let resource = stock(&test.db, &env, 1).await;
            lines.push(line(&env, Some(Policy::Hold), resource, 1));
        }
        let scarce = lines[59].reservation.clone().unwrap().resource;
        let (first, effects) = raise(&env, user(&env), lines.clone());
        let told = Event::new(&env, "order_placed", first.id, json!({})).to_user(first.buyer);

        carry(&test.db, &env, effects.tell(told)).await.unwrap();
        let again: Vec<_> = lines
            .iter()
            .map(|l| line(&env, Some(Policy::Hold), l.reservation.clone().unwrap().resource, 1))
            .collect();
        let (_, effects) = raise(&env, user(&env), again);
        let refused = carry(&test.db, &env, effects).await;

        assert!(matches!(&refused, Err(CommitError::OutOfStock(of)) if !of.is_empty()));
        assert_eq!(test.number("select count(*) from commerce_claims").await, 60);
        support::receive(&test.db, &env, scarce, 1).await;
        test.finish().await;
    }
}
