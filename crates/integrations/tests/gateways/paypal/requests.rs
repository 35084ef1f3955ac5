//! Requests equal to those of PayPal's own library.

use commerce::{
    Currency, Money,
    payment::{GatewayError, PaymentGateway},
};
use serde_json::{Value, json};

use super::World;
use crate::common::{Recording, assert_headers, new_intent, new_refund, recordings};

fn recorded(call: &str) -> Recording {
    recordings("paypal").into_iter().find(|recording| recording.call.starts_with(call)).unwrap()
}

fn parsed(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn an_order_is_made_as_paypals_library_makes_it() {
    let world = World::new().await;
    let new = new_intent(&world.env, Money::usd(23_98));

    let made = world.gateway.create(&new).await.unwrap();

    let token = &world.paypal.heard_at("POST /v1/oauth2/token")[0];
    let recording = recorded("POST /v1/oauth2/token");
    assert_headers(token, &recording, &["authorization", "accept", "content-type"], &[]);
    assert_eq!(token.text(), recording.body);

    let order = &world.paypal.heard_at("POST /v2/checkout/orders")[0];
    let recording = recorded("POST /v2/checkout/orders");
    let keys = ["authorization", "paypal-request-id"];
    assert_headers(order, &recording, &["accept", "content-type", "prefer"], &keys);
    let (ours, theirs) = (parsed(&order.text()), parsed(&recording.body));
    assert_eq!(ours["intent"], theirs["intent"]);
    let amount = json!({"currency_code": "USD", "value": "23.98"});
    assert_eq!(ours["purchase_units"][0]["amount"], amount);
    assert_eq!(theirs["purchase_units"][0]["amount"]["value"], amount["value"]);
    let mut context = ours["payment_source"]["paypal"]["experience_context"].clone();
    context.as_object_mut().unwrap().remove("payment_method_preference");
    assert_eq!(context, theirs["payment_source"]["paypal"]["experience_context"]);
    let custom = new.payment.to_string();
    assert_eq!(ours["purchase_units"][0]["custom_id"], custom.as_str());
    assert_eq!(ours["purchase_units"][0]["invoice_id"], custom.as_str());

    let action = made.action.unwrap();
    assert_eq!((&*action.kind, action.order_id), ("redirect", Some(made.provider_ref)));
    assert!(action.url.unwrap().starts_with("https://paypal.example/checkoutnow?token="));
}

#[tokio::test]
async fn capturing_and_fetching_and_refunding_equal_the_recordings() {
    let world = World::new().await;
    let paid = world.captured(23_98).await;
    let refund = new_refund(&world.env, &paid.provider_ref, Money::usd(5_00));
    world.gateway.refund(&refund).await.unwrap();

    let heard = world.paypal.heard();
    let with = |part: &str| heard.iter().find(|heard| heard.path.ends_with(part)).unwrap();
    let keys = ["authorization", "paypal-request-id"];
    for (heard, recording) in [
        (with("/capture"), recorded("POST /v2/checkout/orders/5O190127TN364715T/capture")),
        (with("/refund"), recorded("POST /v2/payments")),
        (with(&paid.provider_ref), recorded("GET /v2/checkout/orders")),
    ] {
        assert_headers(heard, &recording, &["accept", "content-type", "prefer"], &keys);
    }
    assert_eq!(with("/capture").text(), "");
    let (ours, theirs) = (parsed(&with("/refund").text()), recorded("POST /v2/payments").body);
    assert_eq!(ours["amount"], parsed(&theirs)["amount"]);
    assert_eq!(with("/refund").header("paypal-request-id"), refund.refund.to_string());
}

#[tokio::test]
async fn amounts_are_written_as_paypal_takes_them() {
    let world = World::new().await;
    for (minor, code, value) in
        [(1_050, "JPY", "1050"), (123_400, "HUF", "1234"), (5, "EUR", "0.05")]
    {
        let amount = Money::new(minor, Currency::parse(code).unwrap());

        let made = world.gateway.create(&new_intent(&world.env, amount)).await.unwrap();

        assert_eq!(made.amount, amount);
        let heard = world.paypal.heard_at("POST /v2/checkout/orders");
        let sent = parsed(&heard.last().unwrap().text());
        assert_eq!(sent["purchase_units"][0]["amount"]["value"], value);
    }
    let half = Money::new(123_450, Currency::parse("HUF").unwrap());
    let refused = world.gateway.create(&new_intent(&world.env, half)).await;
    assert!(matches!(refused, Err(GatewayError::Refused { .. })), "{refused:?}");
}
