//! The gateway after a restart, with its books from the journal.

use std::{io::Write, path::Path};

use reqwest::StatusCode;
use sandbox::{Books, Config, IntentStatus};
use serde_json::json;

use crate::support::{GOOD, Merchant, body, config, text};

async fn at(path: &Path) -> Merchant {
    Merchant::with(Config { data: Some(path.to_owned()), ..config() }).await
}

fn without_attempts(books: Books) -> serde_json::Value {
    let mut books = serde_json::to_value(books).unwrap();
    books["webhooks"].take();
    books
}

#[actix_web::test]
async fn the_books_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/journal");
    let merchant = at(&path).await;
    let order = json!({"amount": 1999, "currency": "USD", "reference": "pay_1"});
    let first =
        merchant.post("/v1/intents", &order).header("Idempotency-Key", "k").send().await.unwrap();
    let first = body(first).await;
    merchant.confirm(&first, GOOD).await;
    merchant.refund(&first, 500).await;
    merchant.paid(700, "decline").await;
    merchant.until_attempts(3).await;
    let before = without_attempts(merchant.sandbox.books());
    merchant.sandbox.stop().await;

    let merchant = at(&path).await;

    assert_eq!(without_attempts(merchant.sandbox.books()), before);
    let replayed =
        merchant.post("/v1/intents", &order).header("Idempotency-Key", "k").send().await.unwrap();
    assert_eq!(
        (replayed.status(), replayed.headers().contains_key("idempotent-replayed")),
        (StatusCode::CREATED, true)
    );
    assert_eq!(body(replayed).await, first);
    assert_eq!(merchant.fetch(&first).await["refunds"][0]["amount"], 500);
    assert_eq!(merchant.inbox.all().len(), 0);
}

#[actix_web::test]
async fn timers_and_webhooks_go_on_where_they_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let merchant = at(&path).await;
    let slow = merchant.paid(1999, "delay=3600000").await;
    merchant.inbox.answer([500]);
    let untold = merchant.paid(700, "").await;
    merchant.until_attempts(1).await;
    merchant.sandbox.stop().await;

    let merchant = at(&path).await;
    let told = merchant.webhook("intent.captured").await;
    merchant.sandbox.advance(3_600_000);

    assert_eq!(told.body["data"]["intent"]["id"], untold["id"]);
    assert_eq!(merchant.fetch(&slow).await["status"], "captured");
    let all = merchant.inbox.count(2).await;
    assert_eq!(all[1].body["data"]["intent"]["id"], slow["id"]);
}

#[actix_web::test]
async fn half_a_line_at_the_end_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let merchant = at(&path).await;
    merchant.paid(1999, "").await;
    merchant.sandbox.stop().await;
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"intent\":{\"id").unwrap();

    let merchant = at(&path).await;
    merchant.paid(700, "").await;
    merchant.sandbox.stop().await;
    let merchant = at(&path).await;

    let books = merchant.sandbox.books();
    assert_eq!(books.totals["USD"].captured, 2699);
    assert!(books.intents.iter().all(|intent| intent.status == IntentStatus::Captured));
}

#[actix_web::test]
async fn a_journal_that_makes_no_sense_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    std::fs::write(&path, "{\"intent\":1}\n").unwrap();

    let outcome = sandbox::start(Config { data: Some(path), ..config() }).await;

    let message = outcome.err().unwrap().to_string();
    assert!(message.starts_with("line 1 of the journal "), "{message}");
}

#[actix_web::test]
async fn the_journal_holds_no_card_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let merchant = at(&path).await;
    let intent = merchant.paid(1999, "").await;
    merchant.sandbox.stop().await;

    let journal = std::fs::read_to_string(path).unwrap();

    assert!(journal.contains(text(&intent["id"])));
    assert!(!journal.contains(GOOD));
}
