//! Requests equal to those of Razorpay's own library.

use commerce::payment::{PaymentGateway, RefundState};
use serde_json::{Value, json};

use super::{World, rupees};
use crate::common::{Recording, assert_headers, new_refund, recordings};

fn recorded(call: &str) -> Recording {
    recordings("razorpay").into_iter().find(|recording| recording.call == call).unwrap()
}

fn parsed(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn every_request_is_as_razorpays_library_makes_it() {
    let world = World::new().await;
    let made = world.paid(500_00, "authorized").await;
    world.gateway.capture(&made.provider_ref, rupees(500_00)).await.unwrap();
    let refund = new_refund(&world.env, &made.provider_ref, rupees(200_00));
    let refunded = world.gateway.refund(&refund).await.unwrap();

    let heard = world.razorpay.heard();
    let with = |method: &str, end: &str| {
        heard.iter().find(|heard| heard.method == method && heard.path.ends_with(end)).unwrap()
    };
    for (heard, recording) in [
        (with("POST", "/orders"), recorded("POST /v1/orders")),
        (with("GET", "/payments"), recorded("GET /v1/orders/order_1/payments")),
        (with("POST", "/capture"), recorded("POST /v1/payments/pay_1/capture")),
        (with("POST", "/refund"), recorded("POST /v1/payments/pay_1/refund")),
    ] {
        let keys = ["x-refund-idempotency"];
        assert_headers(heard, &recording, &["authorization", "content-type"], &keys);
    }
    let order = parsed(&with("POST", "/orders").text());
    assert_eq!((&order["amount"], &order["currency"]), (&json!(50_000), &json!("INR")));
    assert_eq!(order["receipt"], made.reference.as_str());
    let capture = parsed(&with("POST", "/capture").text());
    assert_eq!(capture, parsed(&recorded("POST /v1/payments/pay_1/capture").body));
    let sent = parsed(&with("POST", "/refund").text());
    let id = refund.refund.to_string();
    let expected =
        json!({"amount": 20000, "speed": "normal", "notes": {"refund_id": id}, "receipt": id});
    assert_eq!(sent, expected);
    assert_eq!(refunded.state, RefundState::Succeeded);
}
