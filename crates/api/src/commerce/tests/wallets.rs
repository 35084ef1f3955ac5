//! Wallets over HTTP: who sees them, and what is told when there is too little in one.

use actix_web::http::StatusCode;
use commerce::payment::IntentState;
use serde_json::{Value, json};

use super::house::{House, Reply};

fn dollars(minor: i64) -> Value {
    json!({"amount": minor, "currency": "USD"})
}

async fn top_up(house: &House, key: &str, minor: i64) -> Reply {
    let body = json!({"amount": dollars(minor), "provider": "model"});
    house.post_keyed("buyer", "/v1/me/wallet/top-ups", key, &body).await
}

async fn pay(house: &House, order: &str, key: &str) -> Reply {
    let body = json!({"order": order, "provider": "wallet"});
    house.post_keyed("buyer", "/v1/payments", key, &body).await
}

#[actix_web::test]
async fn a_buyer_tops_up_and_pays() {
    let house = House::new();
    let begun = top_up(&house, "t1", 20_00).await;
    assert_eq!((begun.status, begun.text("state")), (StatusCode::CREATED, "pending".into()));
    assert_eq!(begun.header("location"), Some(format!("/v1/payments/{}", begun.text("id"))));
    house.provider_moves(IntentState::Captured).await;
    let order = house.order().await;

    let paid = pay(&house, &order, "p1").await;
    let again = pay(&house, &order, "p1").await;

    assert_eq!((paid.status, paid.text("state")), (StatusCode::CREATED, "captured".into()));
    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &paid.body));
    assert_eq!(again.header("idempotent-replayed").as_deref(), Some("true"));
    let wallet = house.get("buyer", "/v1/me/wallet").await;
    assert_eq!(wallet.body["balances"][0]["available"], dollars(8_10));
    let entries = house.get("buyer", "/v1/me/wallet/entries").await;
    let first = &entries.body["data"][0];
    assert_eq!((&first["kind"], &first["amount"]), (&json!("wallet_paid"), &dollars(-11_90)));
    assert_eq!(first["about"], json!(order));
}

#[actix_web::test]
async fn too_little_money_is_a_conflict_that_tells_what_is_missing() {
    let house = House::new();
    let order = house.order().await;

    let short = pay(&house, &order, "p1").await;
    top_up(&house, "t1", 11_90).await;
    house.provider_moves(IntentState::Captured).await;
    let paid = pay(&house, &order, "p1").await;

    assert_eq!((short.status, short.code()), (StatusCode::CONFLICT, "insufficient_funds".into()));
    assert_eq!(short.body["missing"], dollars(11_90));
    assert_eq!(paid.status, StatusCode::CREATED, "the key was not used up: {}", paid.body);
}

#[actix_web::test]
async fn what_cannot_be_paid_in_is_told_by_field() {
    let house = House::new();
    let euros = json!({"amount": {"amount": 10_00, "currency": "EUR"}, "provider": "model"});
    let itself = json!({"amount": dollars(10_00), "provider": "wallet"});
    let path = "/v1/me/wallet/top-ups";

    for (refused, pointer, code) in [
        (top_up(&house, "1", 99).await, "#/amount", "top_up_too_small"),
        (top_up(&house, "2", 200_01).await, "#/amount", "top_up_too_large"),
        (
            house.post_keyed("buyer", path, "3", &euros).await,
            "#/amount/currency",
            "currency_not_taken",
        ),
        (house.post_keyed("buyer", path, "4", &itself).await, "#/provider", "no_provider"),
    ] {
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        let told = &refused.body["errors"][0];
        assert_eq!((&told["pointer"], &told["code"]), (&json!(pointer), &json!(code)));
    }
}

#[actix_web::test]
async fn a_wallet_is_there_for_its_owner_and_for_operators() {
    let house = House::new();
    let own = house.get("buyer", "/v1/me/wallet").await;
    assert_eq!((own.status, &own.body["balances"]), (StatusCode::OK, &json!([])));
    let customer = own.text("customer");

    for path in
        [format!("/v1/users/{customer}/wallet"), format!("/v1/users/{customer}/wallet/entries")]
    {
        assert_eq!(house.get("buyer", &path).await.status, StatusCode::OK, "{path}");
        assert_eq!(house.get("operator", &path).await.status, StatusCode::OK, "{path}");
        assert_eq!(house.get("", &path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        for stranger in ["stranger", "seller"] {
            let refused = house.get(stranger, &path).await;
            assert_eq!(
                (refused.status, refused.code()),
                (StatusCode::NOT_FOUND, "no_wallet".into())
            );
        }
    }
}
