//! What Stripe's refusals and silences mean, and which calls are made again.

use commerce::{
    Money,
    payment::{GatewayError, IntentState, PaymentGateway},
    testing::TestEnv,
};
use integrations::testing::{Fault, LocalServer, Reply};
use serde_json::{Value, json};

use super::gateway;
use crate::common::{always, hasty, new_intent, quick};

const CREATE: &str = "POST /v1/payment_intents";

async fn stripe() -> LocalServer {
    always(
        200,
        json!({
            "id": "pi_1", "status": "requires_payment_method", "amount": 1099, "currency": "usd",
            "client_secret": "s", "metadata": {},
        }),
    )
    .await
}

fn refusal(status: u16, kind: &str, code: &str) -> Reply {
    Reply::json(status, &json!({"error": {"type": kind, "code": code, "message": "No."}}))
}

async fn create(stripe: &LocalServer) -> Result<IntentState, GatewayError> {
    let new = new_intent(&TestEnv::new(), Money::usd(10_99));
    gateway(&stripe.url, hasty()).create(&new).await.map(|intent| intent.state)
}

#[tokio::test]
async fn what_may_pass_is_asked_again_with_the_same_key_and_body() {
    for fault in [
        Fault::Silence,
        Fault::Cut,
        Fault::Instead(refusal(500, "api_error", "")),
        Fault::Instead(Reply::empty(503)),
        Fault::Instead(refusal(409, "invalid_request_error", "idempotency_key_in_use")),
        Fault::Instead(refusal(429, "invalid_request_error", "rate_limit")),
        Fault::Instead(
            refusal(429, "invalid_request_error", "lock_timeout").with("retry-after", "0"),
        ),
        Fault::Instead(refusal(400, "invalid_request_error", "rate_limit")),
    ] {
        let stripe = stripe().await;
        stripe.next(CREATE, fault.clone());

        assert_eq!(create(&stripe).await, Ok(IntentState::Pending), "{fault:?}");

        let heard = stripe.heard();
        assert_eq!(heard.len(), 2, "{fault:?}");
        assert_eq!(heard[0], heard[1]);
    }
}

#[tokio::test]
async fn what_will_not_pass_is_not_asked_again() {
    for (reply, error) in [
        (refusal(402, "card_error", "card_declined"), refused("card_declined")),
        (refusal(400, "invalid_request_error", "amount_too_small"), refused("amount_too_small")),
        (refusal(404, "invalid_request_error", "resource_missing"), GatewayError::NotFound),
        (refusal(401, "invalid_request_error", ""), GatewayError::Busy),
        (refusal(403, "invalid_request_error", ""), GatewayError::Busy),
        (refusal(400, "idempotency_error", ""), GatewayError::Unknown),
        (Reply::json(400, &json!("garbage")), GatewayError::Unknown),
        (Reply::json(200, &json!({"id": 7})), GatewayError::Unknown),
        (refusal(500, "api_error", "").with("stripe-should-retry", "false"), GatewayError::Unknown),
        (
            refusal(429, "invalid_request_error", "rate_limit")
                .with("stripe-should-retry", "false"),
            GatewayError::Busy,
        ),
        (refusal(429, "invalid_request_error", "").with("retry-after", "3600"), GatewayError::Busy),
    ] {
        let stripe = stripe().await;
        stripe.next(CREATE, Fault::Instead(reply.clone()));

        assert_eq!(create(&stripe).await, Err(error), "{reply:?}");

        assert_eq!(stripe.heard().len(), 1, "{reply:?}");
    }
}

fn refused(code: &str) -> GatewayError {
    GatewayError::Refused { code: code.into() }
}

#[tokio::test]
async fn stripes_own_word_on_trying_again_wins() {
    let stripe = stripe().await;
    let reply = refusal(400, "invalid_request_error", "odd").with("stripe-should-retry", "true");
    stripe.next(CREATE, Fault::Instead(reply));

    assert_eq!(create(&stripe).await, Ok(IntentState::Pending));
}

#[tokio::test]
async fn a_reason_of_the_bank_is_told_before_the_general_one() {
    let error = json!({"type": "card_error", "code": "card_declined", "decline_code": "lost_card"});
    let stripe = always(402, json!({"error": error})).await;

    assert_eq!(create(&stripe).await, Err(refused("lost_card")));
}

#[tokio::test]
async fn an_attempt_that_may_have_happened_is_not_forgotten_over_one_that_did_not() {
    let stripe = stripe().await;
    stripe.next(CREATE, Fault::Silence);
    let busy = Fault::Instead(refusal(429, "invalid_request_error", "rate_limit"));
    stripe.next(CREATE, busy.clone());
    stripe.next(CREATE, busy);

    assert_eq!(create(&stripe).await, Err(GatewayError::Unknown));
    assert_eq!(stripe.heard().len(), 3);
}

#[tokio::test]
async fn a_door_that_nobody_opens_is_busy() {
    let nobody = gateway("http://127.0.0.1:9", quick());

    let answer = nobody.create(&new_intent(&TestEnv::new(), Money::usd(1))).await;

    assert_eq!(answer.err(), Some(GatewayError::Busy));
}

#[tokio::test]
async fn an_answer_without_an_end_is_given_up() {
    let endless = always(200, Value::String("x".repeat(5_000_000))).await;

    assert_eq!(create(&endless).await, Err(GatewayError::Unknown));
}
