//! What PayPal's refusals and silences mean, and which calls are made again.

use commerce::{
    Money,
    payment::{GatewayError, IntentState, PaymentGateway},
};
use integrations::{
    gateways::paypal::PayPalSettings,
    testing::{Fault, Reply},
};
use serde_json::json;

use super::World;
use crate::common::{hasty, new_intent, new_refund};

const CREATE: &str = "POST /v2/checkout/orders";

fn refusal(status: u16, name: &str, issue: &str) -> Reply {
    Reply::json(status, &json!({"name": name, "details": [{"issue": issue}], "debug_id": "d"}))
}

async fn hurried() -> World {
    World::with(|settings| PayPalSettings { call: hasty(), ..settings }).await
}

fn passing() -> Vec<Fault> {
    vec![
        Fault::Silence,
        Fault::Cut,
        Fault::Instead(refusal(500, "INTERNAL_SERVER_ERROR", "")),
        Fault::Instead(Reply::empty(503)),
        Fault::Instead(refusal(409, "RESOURCE_CONFLICT", "")),
        Fault::Instead(refusal(429, "RATE_LIMIT_REACHED", "").with("retry-after", "0")),
        Fault::Instead(refusal(422, "UNPROCESSABLE_ENTITY", "ORDER_COMPLETION_IN_PROGRESS")),
    ]
}

#[tokio::test]
async fn what_may_pass_is_asked_again_with_the_same_request_id() {
    for fault in passing() {
        let world = hurried().await;
        world.paypal.next(CREATE, fault.clone());

        let made = world.opened(5_00).await;

        assert_eq!(made.state, IntentState::Pending, "{fault:?}");
        let heard = world.paypal.heard_at(CREATE);
        assert_eq!((heard.len(), &heard[0]), (2, &heard[1]), "{fault:?}");
        assert_eq!(world.fake.books().orders().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_capture_and_a_refund_whose_answers_are_lost_happen_once() {
    for fault in passing() {
        let world = hurried().await;
        let approved = world.approved(5_00).await;

        world.paypal.next("/capture", fault.clone());
        let paid = world.gateway.capture(&approved.provider_ref, approved.amount).await.unwrap();
        world.paypal.next("/refund", fault.clone());
        let refund = new_refund(&world.env, &paid.provider_ref, Money::usd(2_00));
        world.gateway.refund(&refund).await.unwrap();

        let known = world.gateway.fetch(&paid.provider_ref).await.unwrap();
        assert_eq!((known.state, known.refunds.len()), (IntentState::Captured, 1), "{fault:?}");
    }
}

#[tokio::test]
async fn what_will_not_pass_is_not_asked_again() {
    let refused = |code: &str| GatewayError::Refused { code: code.into() };
    for (fault, error) in [
        (
            Fault::Instead(refusal(422, "UNPROCESSABLE_ENTITY", "TRANSACTION_REFUSED")),
            refused("TRANSACTION_REFUSED"),
        ),
        (Fault::Instead(refusal(400, "INVALID_REQUEST", "")), refused("INVALID_REQUEST")),
        (Fault::Instead(refusal(403, "NOT_AUTHORIZED", "")), GatewayError::Busy),
        (Fault::Instead(Reply::empty(400)), GatewayError::Unknown),
        (Fault::Instead(refusal(429, "X", "").with("retry-after", "600")), GatewayError::Busy),
        (Fault::Garbage, GatewayError::Unknown),
    ] {
        let world = hurried().await;
        world.paypal.next(CREATE, fault.clone());

        let made = world.gateway.create(&new_intent(&world.env, Money::usd(5_00))).await;

        assert_eq!((made, world.paypal.heard_at(CREATE).len()), (Err(error), 1), "{fault:?}");
    }
}

#[tokio::test]
async fn without_a_token_nothing_can_have_happened() {
    let world = hurried().await;
    for fault in
        [Fault::Garbage, Fault::Instead(Reply::json(401, &json!({"error": "invalid_client"})))]
    {
        world.paypal.next("/v1/oauth2/token", fault.clone());

        let made = world.gateway.create(&new_intent(&world.env, Money::usd(5_00))).await;

        assert_eq!(made, Err(GatewayError::Busy), "{fault:?}");
    }
    assert!(world.paypal.heard_at(CREATE).is_empty());
}
