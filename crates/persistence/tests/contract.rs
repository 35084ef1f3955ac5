//! What every store promises, on both engines.
mod support;

use chrono::TimeDelta;
use commerce::{
    Answer, CommitError, Effects, Event, Order, PageRequest, Payment, Receipt, Receipts,
    Repository, RequestKey, Write,
    order::{OrderFilter, Orders},
    payment::{ClientAction, Inbox, Notice, PaymentFilter, PaymentState, Payments, Reception},
    testing::{assert_claims, assert_repository},
};
use persistence::testing::TestDb;
use serde_json::json;
use support::{env_of, line, payment_for, plain_order, raise, still_env, user};

#[tokio::test]
async fn orders_are_kept() {
    for test in TestDb::each_engine().await {
        let env = still_env();
        let first = plain_order(&env);
        let next = Order {
            cancellation_request: Some(commerce::order::CancellationRequest {
                at: env.now(),
                reason: "changed my mind".into(),
            }),
            ..first.clone()
        };

        assert_repository(&test.db, first, next).await;

        test.finish().await;
    }
}

#[tokio::test]
async fn payments_are_kept() {
    for test in TestDb::each_engine().await {
        let env = still_env();
        let order = plain_order(&env);
        test.db.commit(Write::new(order.clone()).alone()).await.unwrap();
        let first = payment_for(&env, &order);
        let next = Payment {
            state: PaymentState::RequiresAction,
            provider_ref: Some("pi_1".into()),
            action: Some(ClientAction {
                kind: "confirm".into(),
                client_secret: Some("s".into()),
                order_id: Some("order_1".into()),
                ..ClientAction::default()
            }),
            check_at: Some(env.now() + TimeDelta::microseconds(1_234_567)),
            checks: 3,
            ..first.clone()
        };

        assert_repository(&test.db, first, next).await;

        test.finish().await;
    }
}

#[tokio::test]
async fn units_are_never_oversold() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);

        assert_claims(&test.db, &env, || plain_order(&env)).await;

        test.finish().await;
    }
}

#[tokio::test]
async fn a_refused_change_leaves_nothing_behind() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let gone = commerce::ResourceId::new(&env);
        let (order, effects) =
            raise(&env, user(&env), vec![line(&env, Some(commerce::order::Policy::Hold), gone, 1)]);
        let told = Event::new(&env, "order_placed", order.id, json!({})).to_user(order.buyer);

        let refused = support::carry(&test.db, &env, effects.tell(told)).await;

        assert!(matches!(refused, Err(CommitError::OutOfStock(of)) if of == [gone]));
        for table in ["commerce_orders", "commerce_claims", "commerce_events", "commerce_streams"] {
            assert_eq!(test.number(&format!("select count(*) from {table}")).await, 0, "{table}");
        }
        test.finish().await;
    }
}

#[tokio::test]
async fn everything_short_is_told_at_once() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let mut short =
            vec![support::stock(&test.db, &env, 1).await, support::stock(&test.db, &env, 1).await];
        let plenty = support::stock(&test.db, &env, 9).await;
        let hold = Some(commerce::order::Policy::Hold);
        let lines = [short[0], plenty, short[1]].map(|resource| line(&env, hold, resource, 2));
        let (_, effects) = raise(&env, user(&env), lines.to_vec());

        let refused = support::carry(&test.db, &env, effects).await;

        short.sort();
        assert!(matches!(refused, Err(CommitError::OutOfStock(of)) if of == short));
        test.finish().await;
    }
}

#[tokio::test]
async fn an_order_has_one_settled_payment() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let order = plain_order(&env);
        test.db.commit(Write::new(order.clone()).alone()).await.unwrap();
        let settle = async || {
            let (paid, booked) = support::captured(&env, &payment_for(&env, &order), true);
            test.db.commit(Write::new(paid).with(booked)).await
        };

        settle().await.unwrap();
        let second = settle().await;

        assert!(
            matches!(&second, Err(CommitError::Taken(name)) if name == "commerce_payments_order_id_key"),
            "{second:?}"
        );
        test.discard().await;
    }
}

#[tokio::test]
async fn a_provider_reference_belongs_to_one_payment() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let order = plain_order(&env);
        test.db.commit(Write::new(order.clone()).alone()).await.unwrap();
        let payment = || Payment { provider_ref: Some("pi_1".into()), ..payment_for(&env, &order) };

        test.db.commit(Write::new(payment()).alone()).await.unwrap();
        let second = test.db.commit(Write::new(payment()).alone()).await;

        let name = "commerce_payments_provider_provider_ref_key";
        assert!(matches!(&second, Err(CommitError::Taken(taken)) if taken == name), "{second:?}");
        let found = test.db.by_provider_ref("sandbox", "pi_1").await.unwrap();
        assert!(found.is_some());
        test.finish().await;
    }
}

#[tokio::test]
async fn a_payment_without_an_order_is_refused() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);

        let orphan = payment_for(&env, &plain_order(&env));
        let refused = test.db.commit(Write::new(orphan).alone()).await;

        assert!(matches!(refused, Err(CommitError::Store(_))), "{refused:?}");
        test.finish().await;
    }
}

#[tokio::test]
async fn a_request_is_carried_out_once_and_its_answer_kept() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let request = RequestKey { scope: "u1 POST /x".into(), key: "k".into(), hash: "h".into() };
        let subject = env.uuid();
        let answer = Answer {
            status: 201,
            headers: vec![("location".into(), "/x/1".into())],
            body: r#"{"a":"\u00e9"}"#.into(),
        };
        let begun = Receipt { request: request.clone(), subject, answer: None };
        let done = Receipt { answer: Some(answer), ..begun.clone() };
        let commit = async |receipt: &Receipt| {
            support::carry(&test.db, &env, Effects::none().receipt(receipt.clone())).await
        };

        commit(&begun).await.unwrap();
        assert_eq!(test.db.find_receipt(&request.scope, "k").await.unwrap(), Some(begun.clone()));
        commit(&done).await.unwrap();
        assert_eq!(test.db.find_receipt(&request.scope, "k").await.unwrap(), Some(done.clone()));
        let again = commit(&done).await;
        assert!(matches!(again, Err(CommitError::AlreadyDone)), "{again:?}");

        assert_eq!(test.db.find_receipt("another", "k").await.unwrap(), None);
        let later = env.now() + TimeDelta::seconds(60);
        assert_eq!(test.db.forget_receipts(later).await.unwrap(), 1);
        assert_eq!(test.db.find_receipt(&request.scope, "k").await.unwrap(), None);
        test.finish().await;
    }
}

#[tokio::test]
async fn a_notice_is_received_once_and_another_body_is_set_aside() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let notice = Notice {
            provider: "sandbox".into(),
            event_id: "evt_1".into(),
            digest: "d1".into(),
            kind: "intent.captured".into(),
            provider_ref: None,
            dispute: None,
            payload: json!({ "id": "evt_1" }),
            received_at: env.now(),
        };
        let event = || Event::new(&env, "notice_received", env.uuid(), json!({}));
        let receive = async |notice: &Notice| test.db.receive(notice, event()).await.unwrap();

        assert_eq!(receive(&notice).await, Reception::First);
        assert_eq!(receive(&notice).await, Reception::Duplicate);
        let forged = Notice { digest: "d2".into(), ..notice.clone() };
        assert_eq!(receive(&forged).await, Reception::Quarantined);
        test.db.quarantine("sandbox", "evt_1", "the amount is not ours").await.unwrap();

        assert_eq!(test.number("select count(*) from commerce_events").await, 1);
        assert_eq!(test.number("select count(*) from commerce_quarantine").await, 2);
        test.finish().await;
    }
}

#[tokio::test]
async fn orders_are_listed_newest_first_a_page_at_a_time() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let buyer = user(&env);
        let mut ids = Vec::new();
        for _ in 0..7 {
            let (order, effects) = raise(&env, buyer, vec![line(&env, None, env.uuid().into(), 1)]);
            ids.push(order.id);
            support::carry(&test.db, &env, effects).await.unwrap();
        }
        ids.sort();
        ids.reverse();
        let filter = OrderFilter { buyer: Some(buyer), ..OrderFilter::default() };

        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let request = PageRequest { limit: 3, cursor };
            let page = test.db.list_orders(filter.clone(), request).await.unwrap();
            seen.extend(page.data.into_iter().map(|stored| stored.state.id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }

        assert_eq!(seen, ids);
        assert_eq!(test.db.open_orders(buyer).await.unwrap(), 7);
        let paid = OrderFilter { state: Some("paid".into()), ..filter };
        let none = test.db.list_orders(paid, PageRequest { limit: 3, cursor: None }).await.unwrap();
        assert!(none.data.is_empty());
        let later = env.now() + TimeDelta::hours(1);
        assert_eq!(test.db.expired_orders(later, 5).await.unwrap().len(), 5);
        assert!(test.db.expired_orders(env.now(), 5).await.unwrap().is_empty());
        let strange = PageRequest { limit: 3, cursor: Some("not ours".into()) };
        assert!(test.db.list_orders(OrderFilter::default(), strange).await.is_err());
        test.finish().await;
    }
}

#[tokio::test]
async fn payments_are_found_by_order_buyer_and_time() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let order = plain_order(&env);
        test.db.commit(Write::new(order.clone()).alone()).await.unwrap();
        let due = Payment { check_at: Some(env.now()), ..payment_for(&env, &order) };
        let calm = payment_for(&env, &order);
        for payment in [&due, &calm] {
            test.db.commit(Write::new(payment.clone()).alone()).await.unwrap();
        }

        let later = env.now() + TimeDelta::seconds(1);
        assert_eq!(test.db.due_payments(later, 10).await.unwrap(), [due.id]);
        let mut all: Vec<_> = [due.id, calm.id].into();
        all.sort();
        let of_order = test.db.of_order(order.id).await.unwrap();
        assert_eq!(of_order.iter().map(|stored| stored.state.id).collect::<Vec<_>>(), all);
        let filter = PaymentFilter { buyer: Some(order.buyer), order: None };
        let first = PageRequest { limit: 1, cursor: None };
        let page = test.db.list_payments(filter.clone(), first).await.unwrap();
        assert_eq!(page.data[0].state.id, all[1]);
        let second = PageRequest { limit: 1, cursor: page.next_cursor };
        let page = test.db.list_payments(filter, second).await.unwrap();
        assert_eq!((page.data[0].state.id, page.next_cursor), (all[0], None));
        test.finish().await;
    }
}
