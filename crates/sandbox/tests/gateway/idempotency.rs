//! The same request under the same key happens once.

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{GOOD, Merchant, body, expect, path, refused};

#[actix_web::test]
async fn a_repeated_create_is_given_the_first_answer() {
    let merchant = Merchant::open().await;
    let order = json!({"amount": 1999, "currency": "USD", "reference": "pay_1"});
    let create = || merchant.post("/v1/intents", &order).header("Idempotency-Key", "pay_1");

    let first = create().send().await.unwrap();
    let fresh = first.headers().get("idempotent-replayed").is_none();
    let first = body(first).await;
    merchant.confirm(&first, GOOD).await;
    let second = create().send().await.unwrap();

    assert!(fresh);
    assert_eq!(second.status(), StatusCode::CREATED);
    assert_eq!(second.headers()["idempotent-replayed"], "true");
    assert_eq!(body(second).await, first);
    assert_eq!(merchant.sandbox.books().intents.len(), 1);
}

#[actix_web::test]
async fn a_key_is_bound_to_its_request() {
    let merchant = Merchant::open().await;
    let create = |amount: i64| {
        let order = json!({"amount": amount, "currency": "USD", "reference": "pay_1"});
        merchant.post("/v1/intents", &order).header("Idempotency-Key", "pay_1")
    };
    expect(StatusCode::CREATED, create(1999)).await;

    assert_eq!(refused(create(2000)).await, (422, "idempotency_key_reused".into()));
}

#[actix_web::test]
async fn a_key_is_bound_to_its_route() {
    let merchant = Merchant::open().await;
    let one = merchant.create(1999, "").await;
    let other = merchant.create(1999, "").await;
    for intent in [one, other] {
        let cancel = merchant.post(&format!("{}/cancel", path(&intent)), &json!({}));

        let cancelled = expect(StatusCode::OK, cancel.header("Idempotency-Key", "same")).await;

        assert_eq!(cancelled["id"], intent["id"]);
    }
}

#[actix_web::test]
async fn parallel_refunds_under_one_key_are_one_refund() {
    let merchant = Merchant::open().await;
    let intent = merchant.paid(1999, "").await;
    let refund = || {
        expect(
            StatusCode::CREATED,
            merchant.refunding(&intent, 700).header("Idempotency-Key", "ref_1"),
        )
    };

    let answers = join_all((0..32).map(|_| refund())).await;

    assert!(answers.iter().all(|answer| answer == &answers[0]));
    assert_eq!(merchant.sandbox.books().refunds.len(), 1);
    assert_eq!(merchant.sandbox.books().totals["USD"].refunded, 700);
}

#[actix_web::test]
async fn a_refusal_is_not_kept() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "").await;
    let refund = || merchant.refunding(&intent, 700).header("Idempotency-Key", "ref_1");

    let early = refused(refund()).await;
    merchant.confirm(&intent, GOOD).await;

    assert_eq!(early, (409, "intent_state".into()));
    expect(StatusCode::CREATED, refund()).await;
}
