//! Papers are numbered without gaps and without repeating, whoever asks at once and whatever is undone in between.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use commerce::{
    CommitError, Effects, Env, Event, OrderId, Repository, StoreError, Write,
    invoice::{Invoices, Issuer, Issuers, Printer, Sheet},
};
use persistence::{Db, testing::TestDb};
use serde_json::json;
use support::{carry, env_of, line, payment_for, raise, settlement, user};
use tokio::task::JoinSet;
use uuid::Uuid;

struct Shop;

#[async_trait]
impl Issuers for Shop {
    async fn issuer(&self, seller: Option<Uuid>) -> Result<Issuer, StoreError> {
        Ok(Issuer { seller, name: "Souk".into(), address: String::new() })
    }
}

impl Printer for Shop {
    fn print(&self, sheet: &Sheet) -> Vec<u8> {
        sheet.title.clone().into_bytes()
    }
}

fn invoices(db: &Db, env: Env) -> Invoices {
    let store = Arc::new(db.clone());
    Invoices {
        orders: store.clone(),
        payments: store.clone(),
        papers: store,
        issuers: Arc::new(Shop),
        printer: Arc::new(Shop),
        env,
    }
}

async fn paid(db: &Db, env: &Env) -> OrderId {
    let nothing = commerce::Id::from_uuid(Uuid::nil());
    let (order, effects) = raise(env, user(env), vec![line(env, None, nothing, 1)]);
    let told = Event::new(env, "order_placed", order.id, json!({})).to_user(order.buyer);
    carry(db, env, effects.tell(told)).await.unwrap();
    let payment = payment_for(env, &order);
    db.commit(Write::new(payment.clone()).alone()).await.unwrap();
    let (payment, stored) =
        (db.find(payment.id).await.unwrap().unwrap(), db.find(order.id).await.unwrap().unwrap());
    db.commit(settlement(env, &payment, &stored)).await.unwrap();
    order.id
}

/// Takes the next number of the series, and fails after it: an event with this id is there already.
async fn undone(db: &Db, env: &Env, known: &Event) -> Result<(), CommitError> {
    let told = Event { stream: Some("invoices:shop".into()), ..known.clone() };
    carry(db, env, Effects::none().tell(told)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn invoices_are_numbered_without_gaps_whoever_asks_at_once() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let known = Event::new(&env, "something_else", env.uuid(), json!({}));
        carry(&test.db, &env, Effects::none().tell(known.clone())).await.unwrap();
        let mut orders = Vec::new();
        for _ in 0..16 {
            orders.push(paid(&test.db, &env).await);
        }

        let mut all = JoinSet::new();
        for at in 0..64 {
            let (db, order, known) = (test.db.clone(), orders[at % orders.len()], known.clone());
            let env = env_of(&test.db);
            all.spawn(async move {
                assert!(undone(&db, &env, &known).await.is_err());
                let issued = invoices(&db, env).issue(order).await.unwrap();
                assert_eq!(issued.len(), 1);
                (order.uuid(), issued.first().unwrap().number)
            });
        }
        let told: BTreeSet<_> = all.join_all().await.into_iter().collect();

        assert_eq!(told.len(), 16, "an order has one invoice, however often it is asked for");
        let numbers: BTreeSet<i64> = told.into_iter().map(|(_, number)| number).collect();
        assert_eq!(numbers, (1..=16).collect());
        test.finish().await;
    }
}
