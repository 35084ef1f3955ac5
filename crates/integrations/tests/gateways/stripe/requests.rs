//! Requests equal to those of Stripe's own library, and answers as Stripe gives them.

use commerce::{
    Money,
    payment::{GatewayError, IntentState, PaymentGateway, RefundState},
    testing::TestEnv,
};
use integrations::testing::form_pairs;
use serde_json::{Value, json};

use super::{gateway, settings};
use crate::common::{Recording, always, assert_headers, new_intent, new_refund, quick, recordings};

const SENT: [&str; 3] = ["authorization", "content-type", "stripe-version"];

fn recorded(call: &str) -> Recording {
    recordings("stripe").into_iter().find(|recording| recording.call == call).unwrap()
}

fn intent(status: &str) -> Value {
    json!({
        "id": "pi_1", "object": "payment_intent", "status": status, "amount": 1099,
        "amount_received": if status == "succeeded" { 1099 } else { 0 }, "currency": "usd",
        "client_secret": "pi_1_secret_x", "metadata": {"payment_id": "pay_1"}, "unknown": [1],
    })
}

#[tokio::test]
async fn an_intent_is_created_as_stripes_library_creates_it() {
    let stripe = always(200, intent("requires_payment_method")).await;
    let env = TestEnv::new();
    let new = new_intent(&env, Money::usd(10_99));

    let made = gateway(&stripe.url, quick()).create(&new).await.unwrap();

    let heard = &stripe.heard()[0];
    let recording = recorded("POST /v1/payment_intents");
    assert_headers(heard, &recording, &SENT, &["idempotency-key"]);
    assert_eq!(heard.header("idempotency-key"), new.payment.to_string());
    let known: Vec<_> = form_pairs(recording.body.as_bytes());
    let ours = form_pairs(&heard.body);
    for pair in ours.iter().take(3) {
        assert!(known.contains(pair), "{pair:?}");
    }
    assert!(heard.text().starts_with(
        "amount=1099&currency=usd&automatic_payment_methods[enabled]=true&metadata[payment_id]=pay_"
    ));
    assert!(heard.text().ends_with("&description=Order+of+two+mugs"));
    let action = made.action.unwrap();
    assert_eq!(
        (&*action.kind, action.client_secret.as_deref()),
        ("confirm", Some("pi_1_secret_x"))
    );
    assert_eq!(action.public_key.as_deref(), Some("pk_test_123"));
}

#[tokio::test]
async fn ways_of_paying_can_be_named() {
    let stripe = always(200, intent("requires_payment_method")).await;
    let methods = vec!["card".to_owned(), "link".to_owned()];
    let settings =
        super::StripeSettings { payment_method_types: methods, ..settings(&stripe.url, quick()) };
    let gateway = super::StripeGateway::new(settings).unwrap();

    gateway.create(&new_intent(&TestEnv::new(), Money::usd(10_99))).await.unwrap();

    let text = stripe.heard()[0].text();
    assert!(text.contains("&payment_method_types[0]=card&payment_method_types[1]=link&"), "{text}");
    assert!(!text.contains("automatic"), "{text}");
}

#[tokio::test]
async fn confirming_capturing_cancelling_and_fetching_equal_the_recordings() {
    let stripe = always(200, intent("processing")).await;
    let gateway = gateway(&stripe.url, quick());

    gateway.confirm("pi_1", "pm_card_visa", "https://x.example/r").await.unwrap();
    gateway.capture("pi_1", Money::usd(5_00)).await.unwrap();
    gateway.cancel("pi_1").await.unwrap();
    gateway.fetch("pi_1").await.unwrap();

    let heard = stripe.heard();
    for (heard, recording) in heard.iter().zip(&recordings("stripe")[1..5]) {
        assert_eq!(format!("{} {}", heard.method, heard.path), recording.call);
        assert_eq!(heard.text(), recording.body);
        assert_headers(heard, recording, &SENT, &["idempotency-key"]);
    }
    assert_eq!(heard.len(), 4);
}

#[tokio::test]
async fn a_refund_is_looked_for_and_then_made_as_recorded() {
    let stripe = always(
        200,
        json!({
            "id": "re_1", "object": "refund", "amount": 500, "currency": "usd", "status": "pending",
            "data": [],
        }),
    )
    .await;
    let refund = new_refund(&TestEnv::new(), "pi_1", Money::usd(5_00));

    let made = gateway(&stripe.url, quick()).refund(&refund).await.unwrap();

    assert_eq!(made.state, RefundState::Pending);
    let heard = &stripe.heard_at("POST /v1/refunds")[0];
    let recording = recorded("POST /v1/refunds");
    assert_headers(heard, &recording, &SENT, &["idempotency-key"]);
    let ours = heard.text().replace(&format!("refund_id]={}", refund.refund), "return_id]=r1");
    assert_eq!(ours, recording.body);
}

#[tokio::test]
async fn every_state_of_an_intent_has_its_meaning() {
    for (status, state, acts) in [
        ("requires_payment_method", IntentState::Pending, true),
        ("requires_confirmation", IntentState::Pending, true),
        ("requires_action", IntentState::RequiresAction, true),
        ("processing", IntentState::Pending, false),
        ("requires_capture", IntentState::Approved, false),
        ("canceled", IntentState::Cancelled, false),
    ] {
        let stripe = always(200, intent(status)).await;

        let found = gateway(&stripe.url, quick()).fetch("pi_1").await.unwrap();

        assert_eq!((found.state, found.action.is_some()), (state, acts), "{status}");
        assert_eq!((found.captured, &*found.reference), (Money::usd(0), "pay_1"));
    }
    let stripe = always(200, intent("invented")).await;
    assert_eq!(gateway(&stripe.url, quick()).fetch("pi_1").await, Err(GatewayError::Unknown));
}

#[tokio::test]
async fn a_bank_that_asks_sends_the_customer_to_a_page() {
    let mut intent = intent("requires_action");
    let url = "https://hooks.stripe.com/3d_secure";
    intent["next_action"] = json!({"type": "redirect_to_url", "redirect_to_url": {"url": url}});
    let stripe = always(200, intent).await;

    let action = gateway(&stripe.url, quick()).fetch("pi_1").await.unwrap().action.unwrap();

    assert_eq!((&*action.kind, action.url.as_deref()), ("redirect", Some(url)));
}

#[tokio::test]
async fn an_id_that_is_none_is_never_asked_for() {
    let stripe = always(200, intent("processing")).await;
    let gateway = gateway(&stripe.url, quick());

    for id in ["", "../refunds", "pi_1/cancel", "pi_1?x=1", "pi 1"] {
        assert_eq!(gateway.fetch(id).await, Err(GatewayError::NotFound), "{id}");
    }
    assert!(stripe.heard().is_empty());
}
