//! Each endpoint on its happy path.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{GOOD, Merchant, expect, path, text};

#[actix_web::test]
async fn an_intent_is_opened_confirmed_and_captured() {
    let merchant = Merchant::open().await;
    let order = json!({"amount": 1999, "currency": "USD", "reference": "pay_1", "description": "Two mugs",
                       "metadata": {"order": "ord_1"}});

    let intent = expect(StatusCode::CREATED, merchant.post("/v1/intents", &order)).await;
    let confirmed = merchant.confirm(&intent, GOOD).await;
    let captured = merchant.fetch(&intent).await;

    assert_eq!(intent["status"], "requires_confirmation");
    assert_eq!(intent["next_action"]["type"], "confirm");
    assert!(text(&intent["next_action"]["url"]).starts_with(&merchant.sandbox.url()));
    assert_eq!(intent["metadata"]["order"], "ord_1");
    assert_eq!(confirmed["status"], "processing");
    assert_eq!(captured["status"], "captured");
    assert_eq!((&captured["amount_captured"], &captured["fee"]), (&json!(1999), &json!(87)));
    assert_eq!(captured["card"], json!({"brand": "visa", "last4": "4242"}));
    assert_eq!((&captured["next_action"], &captured["last_error"]), (&json!(null), &json!(null)));
}

#[actix_web::test]
async fn the_shopper_may_look_with_the_client_secret_alone() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "").await;
    let path = format!("{}?client_secret={}", path(&intent), text(&intent["client_secret"]));

    let seen = expect(StatusCode::OK, merchant.request(Method::GET, &path)).await;

    assert_eq!(seen, intent);
}

#[actix_web::test]
async fn a_manual_capture_takes_a_part_and_gives_up_the_rest() {
    let merchant = Merchant::open().await;
    let order =
        json!({"amount": 5000, "currency": "EUR", "reference": "pay_1", "capture": "manual"});
    let intent = expect(StatusCode::CREATED, merchant.post("/v1/intents", &order)).await;
    merchant.confirm(&intent, GOOD).await;
    let authorised = merchant.fetch(&intent).await;

    let path = format!("{}/capture", path(&intent));
    let captured = expect(StatusCode::OK, merchant.post(&path, &json!({"amount": 3000}))).await;

    assert_eq!(authorised["status"], "requires_capture");
    assert_eq!(
        (&captured["status"], &captured["amount_captured"]),
        (&json!("captured"), &json!(3000))
    );
    assert_eq!(merchant.sandbox.books().totals["EUR"].captured, 3000);
}

#[actix_web::test]
async fn an_unpaid_intent_is_cancelled_and_again_is_harmless() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "").await;
    let path = format!("{}/cancel", path(&intent));

    let first = expect(
        StatusCode::OK,
        merchant.request(Method::POST, &path).bearer_auth(crate::support::KEY),
    )
    .await;
    let second = expect(StatusCode::OK, merchant.post(&path, &json!({}))).await;

    assert_eq!(first["status"], "cancelled");
    assert_eq!(first, second);
    merchant.webhook("intent.cancelled").await;
    assert_eq!(merchant.sandbox.books().totals.len(), 0);
}

#[actix_web::test]
async fn intents_are_listed_page_by_page_and_by_reference() {
    let merchant = Merchant::open().await;
    for n in 0..5 {
        let order =
            json!({"amount": 100 + n, "currency": "USD", "reference": format!("pay_{}", n % 2)});
        expect(StatusCode::CREATED, merchant.post("/v1/intents", &order)).await;
    }

    let first = expect(StatusCode::OK, merchant.get("/v1/intents?limit=3")).await;
    let after = text(&first["data"][2]["id"]);
    let rest =
        expect(StatusCode::OK, merchant.get(&format!("/v1/intents?limit=3&after={after}"))).await;
    let odd = expect(
        StatusCode::OK,
        merchant.get("/v1/intents?reference=pay_1&status=requires_confirmation"),
    )
    .await;
    let future = expect(StatusCode::OK, merchant.get("/v1/intents?created_from=99999999999")).await;

    let amounts = |page: &serde_json::Value| -> Vec<i64> {
        page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|intent| intent["amount"].as_i64().unwrap())
            .collect()
    };
    assert_eq!((amounts(&first), &first["has_more"]), (vec![100, 101, 102], &json!(true)));
    assert_eq!((amounts(&rest), &rest["has_more"]), (vec![103, 104], &json!(false)));
    assert_eq!(amounts(&odd), [101, 103]);
    assert_eq!(amounts(&future), Vec::<i64>::new());
}

#[actix_web::test]
async fn the_statement_adds_up_captures_refunds_and_fees() {
    let merchant = Merchant::open().await;
    let intent = merchant.paid(1999, "").await;
    merchant.refund(&intent, 500).await;

    let statement = expect(StatusCode::OK, merchant.get("/v1/statement?limit=1")).await;
    let rest = expect(StatusCode::OK, merchant.get("/v1/statement?after=txn_1")).await;

    let totals = json!([{"currency": "USD", "captured": 1999, "refunded": 500, "fees": 87, "settled": 0, "net": 1412,
                         "captures": 1, "refunds": 1}]);
    assert_eq!((&statement["totals"], &statement["has_more"]), (&totals, &json!(true)));
    assert_eq!(
        (&statement["data"][0]["type"], &statement["data"][0]["fee"]),
        (&json!("capture"), &json!(87))
    );
    assert_eq!(
        (&rest["data"][0]["id"], &rest["data"][0]["type"]),
        (&json!("txn_2"), &json!("refund"))
    );
    assert_eq!(rest["totals"], totals);
}

#[actix_web::test]
async fn events_are_listed_even_when_nobody_was_told() {
    let merchant = Merchant::open().await;
    merchant.sandbox.set_webhook_url(None);
    let intent = merchant.paid(1999, "").await;
    merchant.refund(&intent, 500).await;

    let first = expect(StatusCode::OK, merchant.get("/v1/events?limit=1")).await;
    let after = text(&first["data"][0]["id"]);
    let rest = expect(StatusCode::OK, merchant.get(&format!("/v1/events?after={after}"))).await;

    assert_eq!(first["data"][0]["type"], "intent.captured");
    assert_eq!(first["data"][0]["data"]["intent"]["id"], intent["id"]);
    assert_eq!(first["data"][0]["delivery"], json!({"state": "none", "attempts": 0}));
    assert_eq!(rest["data"][0]["type"], "refund.succeeded");
    assert_eq!(rest["data"][0]["data"]["refund"]["intent"], intent["id"]);
}

#[actix_web::test]
async fn the_books_hold_neither_secrets_nor_card_numbers() {
    let merchant = Merchant::open().await;
    let intent = merchant.paid(1999, "").await;
    merchant.webhook("intent.captured").await;

    let books = expect(StatusCode::OK, merchant.get("/test/books")).await.to_string();
    let events = expect(StatusCode::OK, merchant.get("/v1/events")).await.to_string();

    let webhooks =
        merchant.inbox.all().iter().map(|webhook| webhook.body.to_string()).collect::<String>();
    for told in [books, events, webhooks] {
        assert!(told.contains(text(&intent["id"])));
        assert!(!told.contains(text(&intent["client_secret"])));
        assert!(!told.contains(GOOD));
    }
}

#[actix_web::test]
async fn a_browser_of_any_origin_may_use_the_client_secret() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "").await;
    let path = format!("{}/confirm", path(&intent));

    let preflight = merchant.request(Method::OPTIONS, &path).send().await.unwrap();
    let answer = merchant.confirmation(&intent, GOOD).send().await.unwrap();

    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
    assert_eq!(preflight.headers()["access-control-allow-headers"], "content-type");
    assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
}

#[actix_web::test]
async fn it_says_that_it_is_well() {
    let merchant = Merchant::open().await;

    let health = expect(StatusCode::OK, merchant.request(Method::GET, "/healthz")).await;

    assert_eq!(health, json!({"status": "ok"}));
}
