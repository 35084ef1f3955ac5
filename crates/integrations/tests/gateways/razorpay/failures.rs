//! What Razorpay's refusals and silences mean, and which calls are made again.

use commerce::payment::{GatewayError, IntentState, PaymentGateway};
use integrations::testing::{Fault, Reply};
use serde_json::{Value, json};

use super::{World, rupees};
use crate::common::{hasty, new_intent, new_refund};

const CREATE: &str = "POST /v1/orders";

fn refusal(status: u16, code: &str, description: &str) -> Reply {
    let error = json!({"code": code, "description": description, "reason": "NA"});
    Reply::json(status, &json!({"error": error}))
}

#[tokio::test]
async fn an_order_whose_answer_was_lost_is_found_by_its_receipt() {
    for fault in [Fault::Silence, Fault::Cut, Fault::Garbage, Fault::Instead(Reply::empty(502))] {
        let world = World::with(hasty()).await;
        let new = new_intent(&world.env, rupees(500_00));
        world.razorpay.next(CREATE, fault.clone());

        let first = world.gateway.create(&new).await;
        let second = world.gateway.create(&new).await;

        assert_eq!(first, Err(GatewayError::Unknown), "{fault:?}");
        assert_eq!(second.unwrap().reference, new.payment.to_string());
        assert_eq!(world.fake.books().orders().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_capture_and_a_refund_whose_answers_are_lost_happen_once() {
    for fault in [
        Fault::Silence,
        Fault::Cut,
        Fault::Instead(Reply::empty(500)),
        Fault::Instead(refusal(429, "BAD_REQUEST_ERROR", "Too many requests")),
        Fault::Instead(refusal(409, "BAD_REQUEST_ERROR", "Another request is still in progress")),
    ] {
        let world = World::with(hasty()).await;
        let made = world.paid(500_00, "authorized").await;

        world.razorpay.next("/refund", fault.clone());
        world.razorpay.next("/capture", fault.clone());
        // A capture that was done is refused the second time; asking tells.
        let _ = world.gateway.capture(&made.provider_ref, rupees(500_00)).await;
        let refund = new_refund(&world.env, &made.provider_ref, rupees(200_00));
        world.gateway.refund(&refund).await.unwrap();

        let known = world.gateway.fetch(&made.provider_ref).await.unwrap();
        assert_eq!((known.state, known.captured), (IntentState::Captured, rupees(500_00)));
        assert_eq!(world.fake.books().refunds().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn refusals_come_in_three_shapes() {
    let refused = |code: &str| GatewayError::Refused { code: code.into() };
    for (reply, error) in [
        (refusal(400, "BAD_REQUEST_ERROR", "No."), refused("BAD_REQUEST_ERROR")),
        (Reply::json(400, &json!({"message": "No."})), refused("BAD_REQUEST_ERROR")),
        (Reply::json(400, &Value::String("No.".into())), refused("BAD_REQUEST_ERROR")),
        (
            refusal(400, "BAD_REQUEST_ERROR", "The id provided does not exist"),
            GatewayError::NotFound,
        ),
        (refusal(401, "BAD_REQUEST_ERROR", "Authentication failed"), GatewayError::Busy),
        (Reply::empty(400), GatewayError::Unknown),
        (refusal(429, "X", "").with("retry-after", "600"), GatewayError::Busy),
        (refusal(502, "GATEWAY_ERROR", ""), GatewayError::Unknown),
    ] {
        let world = World::with(hasty()).await;
        world.razorpay.next(CREATE, Fault::Instead(reply.clone()));

        let made = world.gateway.create(&new_intent(&world.env, rupees(500_00))).await;

        assert_eq!(made, Err(error), "{reply:?}");
        assert_eq!(world.razorpay.heard_at(CREATE).len(), 1);
    }
}

#[tokio::test]
async fn a_refund_key_that_was_used_otherwise_is_not_used_again() {
    let world = World::with(hasty()).await;
    let paid = world.paid(500_00, "captured").await;
    let reply = refusal(409, "BAD_REQUEST_ERROR", "Different request with the same key");
    world.razorpay.next("/refund", Fault::Instead(reply));

    let refund = new_refund(&world.env, &paid.provider_ref, rupees(1_00));

    assert_eq!(world.gateway.refund(&refund).await, Err(GatewayError::Unknown));
    assert!(world.fake.books().refunds().is_empty());
}
