//! The routes of the core: status, code and shape of each, over memory.

mod house;
mod wallets;

use actix_web::http::StatusCode;
use commerce::{payment::IntentState, testing::ProviderFault};
use serde_json::{Value, json};

use self::house::{House, Reply};

#[actix_web::test]
async fn a_buyer_pays_an_order() {
    let house = House::new();
    let order = house.order().await;

    let started = house.pay(&order, "k1").await;
    assert_eq!(started.status, StatusCode::CREATED);
    assert_eq!(started.body["state"], "pending");
    let payment = started.text("id");
    assert_eq!(started.header("location"), Some(format!("/v1/payments/{payment}")));
    house.provider_moves(IntentState::Captured).await;

    let order = house.get("buyer", &format!("/v1/orders/{order}")).await;
    assert_eq!((order.text("state"), order.text("payment")), ("paid".into(), payment.clone()));
    assert!(order.header("etag").is_some());
    let payment = house.get("buyer", &format!("/v1/payments/{payment}")).await;
    assert_eq!(payment.body["captured"], json!({"amount": 1190, "currency": "USD"}));
    assert_eq!(payment.body["pays_order"], true);
    let events = house.get("buyer", "/v1/events?after=0").await;
    assert_eq!(events.body["data"][0]["name"], "order_paid");
    assert_eq!(events.body["data"][0]["seq"], 1);
}

#[actix_web::test]
async fn the_same_request_is_answered_the_same() {
    let house = House::new();
    let order = house.order().await;

    let first = house.pay(&order, "k1").await;
    let again = house.pay(&order, "k1").await;
    let other = house.pay(&order, "k2").await;

    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &first.body));
    assert_eq!(again.header("idempotent-replayed").as_deref(), Some("true"));
    assert_eq!((other.status, other.code()), (StatusCode::CONFLICT, "payment_in_progress".into()));
    assert_eq!(other.body["payment"], first.body["id"]);
}

#[actix_web::test]
async fn a_key_is_needed_and_stands_for_one_request() {
    let house = House::new();
    let (order, another) = (house.order().await, house.order().await);
    house.pay(&order, "k1").await;

    let reused = house.pay(&another, "k1").await;
    let body = json!({"order": order, "provider": "model"});
    let bare = house.post("buyer", "/v1/payments", &body).await;

    assert_eq!(reused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(reused.code(), "idempotency_key_reused");
    assert_eq!(
        (bare.status, bare.code()),
        (StatusCode::BAD_REQUEST, "idempotency_key_required".into())
    );
}

#[actix_web::test]
async fn a_provider_that_does_not_answer_leaves_the_payment_created_and_the_retry_goes_on() {
    let house = House::new();
    let order = house.order().await;
    house.provider.books().fault = Some(ProviderFault::Down);

    let first = house.pay(&order, "k1").await;
    let again = house.pay(&order, "k1").await;

    assert_eq!((first.status, first.text("state")), (StatusCode::CREATED, "created".into()));
    assert_eq!((again.text("id"), again.text("state")), (first.text("id"), "pending".into()));
}

#[actix_web::test]
async fn strangers_see_nothing_and_may_do_nothing() {
    let house = House::new();
    let order = house.order().await;
    let payment = house.pay(&order, "k1").await.text("id");

    for path in [format!("/v1/orders/{order}"), format!("/v1/payments/{payment}")] {
        assert_eq!(house.get("stranger", &path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(house.get("operator", &path).await.status, StatusCode::OK, "{path}");
        assert_eq!(house.get("", &path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let list = house.get("stranger", "/v1/orders").await;
    assert_eq!(list.body, json!({"data": [], "page": {"next_cursor": null, "has_more": false}}));
    let seen = house.get("operator", &format!("/v1/payments/{payment}")).await;
    assert_eq!(seen.body["action"], Value::Null, "the customer's secret is the customer's");
    let body = json!({"order": order, "provider": "model"});
    let paid = house.post_keyed("stranger", "/v1/payments", "k1", &body).await;
    assert_eq!((paid.status, paid.code()), (StatusCode::NOT_FOUND, "no_order".into()));
}

#[actix_web::test]
async fn only_operators_read_the_books() {
    let house = House::new();
    house.sold().await;
    let paths = [
        "/v1/ledger/accounts",
        "/v1/ledger/accounts/psp:model:clearing/entries",
        "/v1/ledger/trial-balance",
        "/v1/events/dead-letters",
        "/v1/audit",
    ];

    for path in paths {
        assert_eq!(house.get("buyer", path).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(house.get("seller", path).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(house.get("operator", path).await.status, StatusCode::OK, "{path}");
    }
    let accounts = house.get("operator", "/v1/ledger/accounts?prefix=psp:").await;
    assert_eq!(accounts.body["data"][0]["balance"], json!({"amount": 1190, "currency": "USD"}));
    let entries = house.get("operator", paths[1]).await;
    assert_eq!(entries.body["data"][0]["kind"], "payment_captured");
    let unknown = house.get("operator", "/v1/ledger/accounts/psp:mod/entries").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let trial = house.get("operator", "/v1/ledger/trial-balance").await;
    assert_eq!(trial.body["data"][0]["balanced"], true);
}

#[actix_web::test]
async fn an_unpaid_order_is_cancelled_by_asking() {
    let house = House::new();
    let order = house.order().await;
    let path = format!("/v1/orders/{order}/cancellation-requests");
    let body = json!({"reason": "wrong size"});

    let cancelled = house.post("buyer", &path, &body).await;
    let again = house.post("buyer", &path, &body).await;

    assert_eq!(cancelled.status, StatusCode::OK);
    assert_eq!(cancelled.text("state"), "cancelled");
    assert_eq!(cancelled.text("cancel_reason"), "requested");
    assert_eq!(again.body, cancelled.body);
    let paid = house.pay(&order, "k1").await;
    assert_eq!((paid.status, paid.code()), (StatusCode::CONFLICT, "order_cancelled".into()));
}

#[actix_web::test]
async fn an_operator_answers_a_cancellation_request() {
    let house = House::new();
    let (order, payment) = house.sold().await;
    let path = format!("/v1/orders/{order}/cancellation-requests");
    let decision = format!("{path}/decision");
    let approve = json!({"decision": "approve", "reason": "not shipped"});

    let early = house.post("operator", &decision, &approve).await;
    assert_eq!(
        (early.status, early.code()),
        (StatusCode::CONFLICT, "no_cancellation_request".into())
    );
    let asked = house.post("buyer", &path, &json!({"reason": "wrong size"})).await;
    assert_eq!(asked.body["cancellation_request"]["reason"], "wrong size");
    let waiting = house.get("operator", "/v1/orders?cancellation_requested=true").await;
    assert_eq!(waiting.body["data"][0]["id"], json!(order));
    let denied = house.post("buyer", &decision, &approve).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    let approved = house.post("operator", &decision, &approve).await;
    assert_eq!(approved.status, StatusCode::OK);
    house.tell_all().await;

    let order = house.get("buyer", &format!("/v1/orders/{order}")).await;
    assert_eq!(order.text("cancel_reason"), "refunded");
    let payment = house.get("buyer", &format!("/v1/payments/{payment}")).await;
    assert_eq!(payment.body["refunds"][0]["state"], "succeeded");
}

#[actix_web::test]
async fn the_shop_gives_money_back_in_parts() {
    let house = House::new();
    let (_, payment) = house.sold().await;
    let body =
        |minor: i64| json!({"payment": payment, "amount": {"amount": minor, "currency": "USD"}});

    let part = house.post_keyed("seller", "/v1/refunds", "r1", &body(500)).await;
    let again = house.post_keyed("seller", "/v1/refunds", "r1", &body(500)).await;
    let too_much = house.post_keyed("seller", "/v1/refunds", "r2", &body(691)).await;
    let nothing = house.post_keyed("seller", "/v1/refunds", "r3", &body(0)).await;
    let yen = json!({"payment": payment, "amount": {"amount": 1, "currency": "JPY"}});
    let yen = house.post_keyed("seller", "/v1/refunds", "r4", &yen).await;
    let buyer = house.post_keyed("buyer", "/v1/refunds", "r5", &body(1)).await;
    let rest = json!({"payment": payment, "reason": "all of it"});
    let rest = house.post_keyed("operator", "/v1/refunds", "r6", &rest).await;

    assert_eq!((part.status, part.text("state")), (StatusCode::CREATED, "pending".into()));
    assert_eq!((again.status, again.text("id")), (StatusCode::CREATED, part.text("id")));
    assert_eq!(
        (too_much.status, too_much.code()),
        (StatusCode::UNPROCESSABLE_ENTITY, "refund_too_large".into())
    );
    assert_eq!(too_much.body["left"], json!({"amount": 690, "currency": "USD"}));
    assert_eq!(too_much.body["errors"][0]["pointer"], "#/amount");
    assert_eq!(nothing.code(), "nothing_to_refund");
    assert_eq!(yen.code(), "other_currency");
    assert_eq!(buyer.status, StatusCode::FORBIDDEN);
    assert_eq!(rest.body["amount"], json!({"amount": 690, "currency": "USD"}));
    let list = house.get("buyer", &format!("/v1/refunds?payment={payment}")).await;
    assert_eq!(list.body["data"].as_array().map(Vec::len), Some(2));
}

#[actix_web::test]
async fn a_webhook_is_verified_kept_once_and_answered_at_once() {
    let house = House::new();
    let body = br#"{"id":"evt_1","kind":"moved","ref":"pi_0"}"#;

    let first = house.webhook("model", "good", body).await;
    let again = house.webhook("model", "good", body).await;
    let other_body = house.webhook("model", "good", br#"{"id":"evt_1","kind":"x"}"#).await;
    let forged = house.webhook("model", "bad", body).await;
    let nobody = house.webhook("nobody", "good", body).await;
    let large = house.webhook("model", "good", &vec![b' '; 2 * 1_048_576]).await;

    let statuses =
        [&first, &again, &other_body, &forged, &nobody, &large].map(|r| r.status.as_u16());
    assert_eq!(statuses, [200, 200, 200, 401, 404, 413]);
    assert_eq!(forged.code(), "bad_signature");
    assert_eq!(house.memory.read().notices.len(), 1);
    assert_eq!(house.memory.read().quarantined.len(), 1);
}

#[actix_web::test]
async fn dead_letters_are_listed_and_replayed() {
    let house = House::new();
    let letters = house.get("operator", "/v1/events/dead-letters").await;
    let id = letters.body["data"][0]["id"].as_str().unwrap().to_owned();
    let replay = |id: &str| format!("/v1/events/dead-letters/{id}/replay");

    let replayed = house.post("operator", &replay(&id), &json!({})).await;
    let gone = house.post("operator", &replay(&id), &json!({})).await;
    let unknown = house.post("operator", &replay("nonsense"), &json!({})).await;

    assert_eq!(letters.body["data"][0]["subscriber"], "send_refunds");
    assert_eq!(replayed.status, StatusCode::NO_CONTENT);
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn bad_input_is_the_clients_fault() {
    let house = House::new();
    let refused = async |reply: Reply, status: u16| {
        assert_eq!(reply.status.as_u16(), status, "{reply:?}");
        assert!(reply.header("content-type").is_some_and(|t| t == "application/problem+json"));
    };

    refused(house.get("buyer", "/v1/orders?colour=red").await, 400).await;
    refused(house.get("buyer", "/v1/orders?state=lost").await, 400).await;
    refused(house.get("buyer", "/v1/orders?limit=0").await, 422).await;
    refused(house.get("buyer", "/v1/orders/pay_1").await, 404).await;
    refused(house.get("buyer", "/v1/events?after=-1").await, 422).await;
    refused(house.get("buyer", "/v1/refunds").await, 400).await;
    let unknown = json!({"order": "ord_1", "provider": "model"});
    refused(house.post_keyed("buyer", "/v1/payments", "k", &unknown).await, 422).await;
    let order = house.order().await;
    let other = json!({"order": order, "provider": "paper"});
    let other = house.post_keyed("buyer", "/v1/payments", "k", &other).await;
    assert_eq!(other.code(), "no_provider");
    refused(other, 422).await;
}

#[actix_web::test]
async fn every_route_is_in_the_document() {
    let house = House::new();
    let document: Value =
        serde_json::from_str(&crate::document(&[house.mount()]).unwrap()).unwrap();

    let operations = [
        ("/v1/orders", "get"),
        ("/v1/orders/{id}", "get"),
        ("/v1/orders/{id}/cancellation-requests", "post"),
        ("/v1/orders/{id}/cancellation-requests/decision", "post"),
        ("/v1/payments", "post"),
        ("/v1/payments", "get"),
        ("/v1/payments/{id}", "get"),
        ("/v1/payments/{id}/return", "post"),
        ("/v1/refunds", "post"),
        ("/v1/refunds", "get"),
        ("/v1/webhooks/{provider}", "post"),
        ("/v1/events", "get"),
        ("/v1/events/dead-letters", "get"),
        ("/v1/events/dead-letters/{id}/replay", "post"),
        ("/v1/ledger/accounts", "get"),
        ("/v1/ledger/accounts/{code}/entries", "get"),
        ("/v1/ledger/trial-balance", "get"),
        ("/v1/audit", "get"),
    ];
    for (path, method) in operations {
        let operation = &document["paths"][path][method];
        assert!(operation["operationId"].is_string(), "{method} {path}");
    }
}
