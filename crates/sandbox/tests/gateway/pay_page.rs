//! The page where a person pays.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::{Merchant, expect, text};

fn page(merchant: &Merchant, intent: &Value) -> RequestBuilder {
    let (id, secret) = (text(&intent["id"]), text(&intent["client_secret"]));
    merchant.request(Method::GET, &format!("/pay/{id}?client_secret={secret}"))
}

fn press(merchant: &Merchant, intent: &Value, button: &str, number: &str) -> RequestBuilder {
    let form = format!(
        "client_secret={}&button={button}&number={}",
        text(&intent["client_secret"]),
        number.replace(' ', "+")
    );
    merchant
        .request(Method::POST, &format!("/pay/{}", text(&intent["id"])))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
}

async fn html(request: RequestBuilder) -> String {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.text().await.unwrap()
}

#[actix_web::test]
async fn a_person_sees_what_is_paid_and_pays() {
    let merchant = Merchant::open().await;
    let order = json!({"amount": 1999, "currency": "USD", "reference": "pay_1", "description": "Mugs <b>&</b> more"});
    let intent = expect(StatusCode::CREATED, merchant.post("/v1/intents", &order)).await;

    let before = html(page(&merchant, &intent)).await;
    let after = html(press(&merchant, &intent, "pay", "4242 4242 4242 4242")).await;

    assert!(before.contains("19.99 USD") && before.contains(r#"value="pay""#), "{before}");
    assert!(before.contains("Mugs &lt;b&gt;&amp;&lt;/b&gt; more"), "{before}");
    assert!(after.contains("captured") && !after.contains("<form"), "{after}");
    assert_eq!(merchant.fetch(&intent).await["status"], "captured");
}

#[actix_web::test]
async fn a_person_declines() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "").await;

    let after = html(press(&merchant, &intent, "decline", "")).await;

    assert!(after.contains("The bank declined the payment."), "{after}");
}

#[actix_web::test]
async fn a_person_mistypes_and_is_told() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "").await;

    let after = html(press(&merchant, &intent, "pay", "4242 4242 4242 4241")).await;

    assert!(after.contains("the card number cannot be right"), "{after}");
    assert_eq!(merchant.fetch(&intent).await["status"], "requires_confirmation");
}

#[actix_web::test]
async fn a_person_authenticates() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "needs-action").await;

    let asked = html(press(&merchant, &intent, "pay", "4242424242424242")).await;
    let after = html(press(&merchant, &intent, "authenticate", "")).await;

    assert!(asked.contains("Authenticate"), "{asked}");
    assert!(after.contains("captured"), "{after}");
}

#[actix_web::test]
async fn a_stranger_sees_nothing() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "").await;
    let stranger = json!({"id": intent["id"], "client_secret": "guessed"});

    assert_eq!(page(&merchant, &stranger).send().await.unwrap().status(), 401);
    assert_eq!(press(&merchant, &stranger, "pay", "").send().await.unwrap().status(), 401);
}
