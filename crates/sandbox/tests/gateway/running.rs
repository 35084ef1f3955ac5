//! How the gateway is started, given its surroundings, and ended.

use std::{
    net::TcpListener,
    process::{Command, id},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use reqwest::Client;
use sandbox::{Clock, Config, Ids};
use serde_json::json;

use crate::support::{GOOD, Merchant, config, refused};

/// 15 November 2023.
struct Stopped;

impl Clock for Stopped {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000
    }
}

#[derive(Default)]
struct Counted(AtomicU64);

impl Ids for Counted {
    fn id(&self) -> String {
        (self.0.fetch_add(1, Ordering::Relaxed) + 1).to_string()
    }

    fn secret(&self) -> String {
        "known".into()
    }
}

#[actix_web::test]
async fn a_test_sets_the_time_and_the_ids() {
    let (clock, ids) = (Arc::new(Stopped), Arc::new(Counted::default()));
    let merchant = Merchant::with(Config { clock, ids, ..config() }).await;

    let intent = merchant.create(1999, "").await;
    merchant.confirm(&intent, GOOD).await;

    assert_eq!((&intent["id"], &intent["created"]), (&json!("pi_1"), &json!(1_700_000_000)));
    assert_eq!(intent["client_secret"], "pi_1_secret_known");
    let webhook = merchant.webhook("intent.captured").await;
    assert_eq!((&webhook.body["id"], webhook.signatures().0), (&json!("evt_2"), 1_700_000_000));
}

#[actix_web::test]
async fn an_answer_that_is_held_back_does_not_hold_up_the_stop() {
    let merchant = Merchant::open().await;
    let order = json!({"amount": 1999, "currency": "USD", "reference": "pay_1"});
    let create = merchant
        .post("/v1/intents", &order)
        .header("Sandbox-Fault", "charge-then-timeout=600000@create");
    let held = actix_web::rt::spawn(create.send());
    crate::support::until(|| (merchant.sandbox.books().intents.len() == 1).then_some(())).await;

    merchant.sandbox.stop().await;

    let answer = held.await.unwrap();
    assert!(answer.is_err() || answer.unwrap().status() == 504);
}

#[actix_web::test]
async fn served_it_runs_until_it_is_told_to_end() {
    let bind = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let served = actix_web::rt::spawn(sandbox::serve(Config { bind: bind.clone(), ..config() }));
    let client = Client::builder().no_proxy().build().unwrap();
    let health = || client.get(format!("http://{bind}/healthz")).send();
    while health().await.is_err() {}

    let kill = Command::new("sh").args(["-c", &format!("kill -TERM {}", id())]).status().unwrap();

    assert!(kill.success());
    served.await.unwrap().unwrap();
    assert!(health().await.is_err());
}

#[actix_web::test]
async fn a_gateway_without_a_key_opens_to_nobody() {
    let merchant = Merchant::with(Config { api_key: String::new(), ..config() }).await;

    let nobody =
        merchant.request(reqwest::Method::GET, "/test/books").header("authorization", "Bearer ");

    assert_eq!(refused(nobody).await, (401, "unauthorized".into()));
}
