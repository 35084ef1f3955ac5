//! Razorpay's signature vectors, and which order a message speaks of.

use commerce::{
    Currency, Money,
    payment::{DisputeNews, DisputeStands, Notice, NoticeError, PaymentGateway},
};
use integrations::testing::sign;
use serde_json::json;

use super::{WEBHOOK, gateway};
use crate::common::{at, headers, quick, text, vectors};

async fn verify(signature: &str, event: &str, body: &[u8]) -> Result<Notice, NoticeError> {
    let headers = headers(&[("x-razorpay-signature", signature), ("x-razorpay-event-id", event)]);
    gateway("http://127.0.0.1:1", "key", quick()).verify(&headers, body, at(0)).await
}

#[tokio::test]
async fn the_vector_is_accepted_at_any_time() {
    let vectors = vectors();
    let body = text(&vectors, "/razorpay_webhook/body");
    let signature = text(&vectors, "/razorpay_webhook/X-Razorpay-Signature");

    let notice = verify(signature, "evt_1", body.as_bytes()).await.unwrap();

    assert_eq!((&*notice.event_id, &*notice.kind), ("evt_1", "payment.captured"));
    assert_eq!(notice.provider_ref.as_deref(), Some("order_DESlLckIVRkHWj"));
}

#[tokio::test]
async fn another_body_and_another_secret_are_forged() {
    let body = br#"{"event":"payment.captured","payload":{}}"#;

    for (signature, error) in [
        (sign("rzp_next", body), None),
        (sign(WEBHOOK, body), None),
        (sign("key", body), Some(NoticeError::Forged)),
        (sign(WEBHOOK, b"{}"), Some(NoticeError::Forged)),
        ("zz".to_owned(), Some(NoticeError::Malformed)),
        (String::new(), Some(NoticeError::Malformed)),
    ] {
        assert_eq!(verify(&signature, "evt_1", body).await.err(), error, "{signature}");
    }
    let unnamed = verify(&sign(WEBHOOK, body), "", body).await;
    assert_eq!(unnamed.err(), Some(NoticeError::Malformed), "what has no id cannot be told twice");
}

#[tokio::test]
async fn orders_payments_refunds_and_disputes_name_their_order() {
    for (payload, named) in [
        (json!({"order": {"entity": {"id": "order_1"}}}), Some("order_1")),
        (json!({"payment": {"entity": {"id": "pay_1", "order_id": "order_2"}}}), Some("order_2")),
        (json!({"payment": {"entity": {"id": "pay_1", "order_id": null}}}), Some("payments/pay_1")),
        (json!({"refund": {"entity": {"payment_id": "pay_2"}}}), Some("payments/pay_2")),
        (json!({"dispute": {"entity": {"payment_id": "pay_3"}}}), Some("payments/pay_3")),
        (json!({"virtual_account": {"entity": {"id": "va_1"}}}), None),
    ] {
        let body = json!({"event": "x", "payload": payload}).to_string();

        let notice = verify(&sign(WEBHOOK, body.as_bytes()), "evt_1", body.as_bytes()).await;

        assert_eq!(notice.unwrap().provider_ref.as_deref(), named, "{body}");
    }
}

#[tokio::test]
async fn a_dispute_stands_as_its_status_and_phase_say() {
    for (status, phase, stands) in [
        ("open", "chargeback", DisputeStands::Open),
        ("under_review", "arbitration", DisputeStands::Open),
        ("open", "retrieval", DisputeStands::Dropped),
        ("open", "fraud", DisputeStands::Dropped),
        ("won", "chargeback", DisputeStands::Won),
        ("lost", "chargeback", DisputeStands::Lost),
        ("closed", "fraud", DisputeStands::Dropped),
    ] {
        let dispute = json!({
            "id": "disp_1", "payment_id": "pay_1", "amount": 10_000, "currency": "INR", "amount_deducted": 0,
            "reason_code": "goods_not_received", "status": status, "phase": phase,
        });
        let payload = json!({"dispute": {"entity": dispute}});
        let body = json!({"event": "payment.dispute.created", "payload": payload}).to_string();

        let notice = verify(&sign(WEBHOOK, body.as_bytes()), "evt_1", body.as_bytes()).await;

        let news = DisputeNews {
            provider_ref: "disp_1".into(),
            amount: Money::new(100_00, Currency::parse("INR").unwrap()),
            reason: "goods_not_received".into(),
            stands,
        };
        assert_eq!(notice.unwrap().dispute, Some(news), "{status} {phase}");
    }
}
