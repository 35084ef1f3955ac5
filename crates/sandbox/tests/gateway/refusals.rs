//! What the gateway refuses, and how it says so.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{GOOD, KEY, Merchant, body, expect, path, refused, text};

#[actix_web::test]
async fn every_route_of_the_merchant_wants_the_secret_key() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "").await;
    let id = text(&intent["id"]);
    let routes = [
        (Method::POST, "/v1/intents".to_owned()),
        (Method::GET, "/v1/intents".to_owned()),
        (Method::GET, format!("/v1/intents/{id}")),
        (Method::POST, format!("/v1/intents/{id}/capture")),
        (Method::POST, format!("/v1/intents/{id}/cancel")),
        (Method::POST, "/v1/refunds".to_owned()),
        (Method::GET, "/v1/refunds/re_1".to_owned()),
        (Method::GET, "/v1/events".to_owned()),
        (Method::GET, "/v1/events/evt_1".to_owned()),
        (Method::POST, "/v1/events/evt_1/resend".to_owned()),
        (Method::GET, "/v1/statement".to_owned()),
        (Method::GET, "/test/faults".to_owned()),
        (Method::PUT, "/test/faults".to_owned()),
        (Method::PUT, "/test/webhook".to_owned()),
        (Method::POST, "/test/advance".to_owned()),
        (Method::GET, "/test/books".to_owned()),
    ];

    for (method, route) in routes {
        let bare = merchant.request(method.clone(), &route);
        let wrong = merchant.request(method, &route).bearer_auth("sk_sandbox_wrong");
        for request in [bare, wrong] {
            assert_eq!(refused(request).await, (401, "unauthorized".into()), "{route}");
        }
    }
}

#[actix_web::test]
async fn a_wrong_client_secret_opens_nothing() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "").await;
    let other = merchant.create(1999, "").await;
    let mixed = json!({"id": intent["id"], "client_secret": other["client_secret"]});
    let unknown = json!({"id": "pi_unknown", "client_secret": "x"});

    assert_eq!(
        refused(merchant.confirmation(&mixed, GOOD)).await,
        (401, "client_secret_invalid".into())
    );
    assert_eq!(refused(merchant.confirmation(&unknown, GOOD)).await, (404, "not_found".into()));
}

#[actix_web::test]
async fn a_request_that_cannot_be_meant_is_refused_at_its_field() {
    let merchant = Merchant::open().await;
    let good = json!({"amount": 1999, "currency": "USD", "reference": "pay_1"});
    let cases = [
        ("amount", json!(0)),
        ("amount", json!(100_000_000_000_i64)),
        ("currency", json!("usd")),
        ("reference", json!("")),
        ("description", json!("x".repeat(501))),
        ("metadata", json!({"k": "x".repeat(501)})),
        ("surprise", json!(1)),
    ];

    for (field, value) in cases {
        let mut order = good.clone();
        order[field] = value;
        let answer = merchant.post("/v1/intents", &order).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        let error: Value = body(answer).await["error"].take();
        assert_eq!((&error["code"], &error["param"]), (&json!("invalid_request"), &json!(field)));
    }
    let typed = json!({"amount": "19.99", "currency": "USD", "reference": "pay_1"});
    assert_eq!(
        refused(merchant.post("/v1/intents", &typed)).await,
        (422, "invalid_request".into())
    );
}

#[actix_web::test]
async fn what_cannot_be_read_is_400() {
    let merchant = Merchant::open().await;
    let post =
        |body: String| merchant.request(Method::POST, "/v1/intents").bearer_auth(KEY).body(body);

    assert_eq!(refused(post("{".into())).await, (400, "invalid_json".into()));
    assert_eq!(refused(post(" ".repeat(70_000))).await, (413, "too_large".into()));
    assert_eq!(refused(merchant.get("/v1/intents?limit=0")).await, (400, "invalid_query".into()));
    assert_eq!(
        refused(merchant.get("/v1/intents?surprise=1")).await,
        (400, "invalid_query".into())
    );
    assert_eq!(
        refused(merchant.get("/v1/intents?after=pi_1")).await,
        (400, "invalid_query".into())
    );
    assert_eq!(
        refused(merchant.get("/v1/events?after=evt_1")).await,
        (400, "invalid_query".into())
    );
    assert_eq!(refused(merchant.get("/nowhere")).await, (404, "not_found".into()));
    assert_eq!(refused(merchant.get("/v1/refunds")).await, (405, "method_not_allowed".into()));
}

#[actix_web::test]
async fn an_unknown_fault_is_refused() {
    let merchant = Merchant::open().await;
    let order = json!({"amount": 1999, "currency": "USD", "reference": "pay_1"});
    let create = merchant.post("/v1/intents", &order).header("Sandbox-Fault", "decilne");
    let plan = merchant
        .request(Method::PUT, "/test/faults")
        .bearer_auth(KEY)
        .json(&json!({"always": "decilne"}));

    assert_eq!(refused(create).await, (422, "invalid_fault".into()));
    assert_eq!(refused(plan).await, (422, "invalid_request".into()));
}

#[actix_web::test]
async fn a_state_forbids_what_does_not_fit_it() {
    let merchant = Merchant::open().await;
    let paid = merchant.paid(1999, "").await;
    let fresh = merchant.create(1999, "").await;
    let at =
        |intent: &Value, verb: &str| merchant.post(&format!("{}/{verb}", path(intent)), &json!({}));

    let refusals = [
        refused(merchant.confirmation(&paid, GOOD)).await,
        refused(at(&paid, "cancel")).await,
        refused(at(&paid, "capture")).await,
        refused(at(&fresh, "capture")).await,
        refused(merchant.refunding(&fresh, 1)).await,
    ];

    assert!(
        refusals.iter().all(|refusal| *refusal == (409, "intent_state".into())),
        "{refusals:?}"
    );
}

#[actix_web::test]
async fn an_impossible_card_leaves_the_intent_as_it_was() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "").await;

    let refusal = refused(merchant.confirmation(&intent, "4242424242424241")).await;

    assert_eq!(refusal, (422, "invalid_card".into()));
    assert_eq!(merchant.fetch(&intent).await, intent);
}

#[actix_web::test]
async fn more_than_was_authorised_cannot_be_captured() {
    let merchant = Merchant::open().await;
    let order =
        json!({"amount": 500, "currency": "USD", "reference": "pay_1", "capture": "manual"});
    let intent = expect(StatusCode::CREATED, merchant.post("/v1/intents", &order)).await;
    merchant.confirm(&intent, GOOD).await;

    let capture = merchant.post(&format!("{}/capture", path(&intent)), &json!({"amount": 501}));

    assert_eq!(refused(capture).await, (422, "amount_exceeds_authorized".into()));
}

#[actix_web::test]
async fn a_taken_address_is_an_error_that_names_it() {
    let merchant = Merchant::open().await;
    let bind = merchant.sandbox.url().replace("http://", "");

    let outcome =
        sandbox::start(sandbox::Config { bind: bind.clone(), ..crate::support::config() }).await;

    assert_eq!(outcome.err().unwrap().to_string(), format!("cannot listen on {bind}"));
}
