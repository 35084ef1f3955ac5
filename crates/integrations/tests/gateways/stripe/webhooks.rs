//! Stripe's signature vectors, and which intent a message speaks of.

use commerce::{
    Money,
    payment::{DisputeNews, DisputeStands, Notice, NoticeError, PaymentGateway},
};
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

use super::{WEBHOOK, gateway};
use crate::common::{at, headers, quick, text, vectors};

const SIGNED_AT: i64 = 1_700_000_000;

async fn verify(header: &str, body: &[u8], now: i64) -> Result<Notice, NoticeError> {
    let headers = headers(&[("stripe-signature", header)]);
    gateway("http://127.0.0.1:1", quick()).verify(&headers, body, at(now)).await
}

fn signed(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(WEBHOOK.as_bytes()).unwrap();
    mac.update(format!("{SIGNED_AT}.{body}").as_bytes());
    format!("t={SIGNED_AT},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn the_vectors_of_stripe_are_accepted() {
    let vectors = vectors();
    let body = text(&vectors, "/stripe/payload").as_bytes();

    for header in ["/stripe/header", "/stripe/rotation_header"] {
        let notice = verify(text(&vectors, header), body, SIGNED_AT).await.unwrap();

        assert_eq!((&*notice.event_id, &*notice.kind), ("evt_test_1", "payment_intent.succeeded"));
        assert_eq!(notice.provider_ref.as_deref(), Some("pi_123"));
        assert_eq!(notice.provider, "stripe");
    }
}

#[tokio::test]
async fn a_message_is_good_for_five_minutes_either_way() {
    let vectors = vectors();
    let (header, body) = (text(&vectors, "/stripe/header"), text(&vectors, "/stripe/payload"));

    for (later, good) in [(300, true), (-300, true), (301, false), (-301, false)] {
        let verified = verify(header, body.as_bytes(), SIGNED_AT + later).await;
        let expected = if good { None } else { Some(NoticeError::OutsideTolerance) };
        assert_eq!(verified.err(), expected, "{later}");
    }
}

#[tokio::test]
async fn another_body_another_time_and_another_secret_are_forged() {
    let vectors = vectors();
    let (header, body) = (text(&vectors, "/stripe/header"), text(&vectors, "/stripe/payload"));
    let other_body = body.replace("1099", "1");
    let other_time = header.replace("t=1700000000", "t=1700000001");
    let wrong = text(&vectors, "/stripe/rotation_header").split(',').nth(1).unwrap().to_owned();

    for (header, body) in [
        (header, &*other_body),
        (&*other_time, body),
        (&*format!("t=1700000000,{wrong}"), body),
        (&*header.replace("v1=", "v0=deadbeef,v1=00"), body),
    ] {
        let verified = verify(header, body.as_bytes(), SIGNED_AT).await;
        assert!(
            matches!(verified, Err(NoticeError::Forged | NoticeError::Malformed)),
            "{verified:?}"
        );
    }
    let unsigned = gateway("http://127.0.0.1:1", quick());
    let missing = unsigned.verify(&headers(&[]), body.as_bytes(), at(SIGNED_AT)).await;
    assert_eq!(missing.err(), Some(NoticeError::Malformed));
}

#[tokio::test]
async fn charges_refunds_and_disputes_name_their_intent() {
    for (kind, object, intent) in [
        ("charge.refunded", json!({"object": "charge", "payment_intent": "pi_1"}), Some("pi_1")),
        ("refund.failed", json!({"object": "refund", "payment_intent": "pi_2"}), Some("pi_2")),
        (
            "charge.dispute.created",
            json!({"object": "dispute", "payment_intent": "pi_3"}),
            Some("pi_3"),
        ),
        ("refund.created", json!({"object": "refund", "payment_intent": null}), None),
        ("customer.created", json!({"object": "customer", "id": "cus_1"}), None),
    ] {
        let body =
            json!({"id": "evt_1", "object": "event", "type": kind, "data": {"object": object}});
        let body = body.to_string();

        let notice = verify(&signed(&body), body.as_bytes(), SIGNED_AT).await.unwrap();

        assert_eq!(notice.provider_ref.as_deref(), intent, "{kind}");
    }
}

#[tokio::test]
async fn a_secret_of_the_customer_is_not_kept_and_a_thin_event_is_refused() {
    let intent = json!({"object": "payment_intent", "id": "pi_1", "client_secret": "pi_1_secret"});
    let body = json!({"id": "evt_1", "object": "event", "type": "x", "data": {"object": intent}});
    let body = body.to_string();
    let thin = json!({"id": "evt_1", "object": "v2.core.event", "type": "x"}).to_string();

    let kept = verify(&signed(&body), body.as_bytes(), SIGNED_AT).await.unwrap();
    let refused = verify(&signed(&thin), thin.as_bytes(), SIGNED_AT).await;

    assert_eq!(kept.payload.get("client_secret"), None);
    assert_eq!(refused.err(), Some(NoticeError::Unreadable));
}

#[tokio::test]
async fn a_dispute_stands_as_its_status_says_and_one_that_cannot_be_read_only_names_its_intent() {
    for (status, stands) in [
        ("needs_response", Some(DisputeStands::Open)),
        ("under_review", Some(DisputeStands::Open)),
        ("won", Some(DisputeStands::Won)),
        ("lost", Some(DisputeStands::Lost)),
        ("warning_needs_response", Some(DisputeStands::Dropped)),
        ("warning_closed", Some(DisputeStands::Dropped)),
        ("prevented", Some(DisputeStands::Dropped)),
        ("whatever", None),
    ] {
        let object = json!({
            "object": "dispute", "id": "dp_1", "payment_intent": "pi_1", "amount": 500, "currency": "usd",
            "reason": "fraudulent", "status": status,
        });
        let kind = "charge.dispute.updated";
        let body =
            json!({"id": "evt_1", "object": "event", "type": kind, "data": {"object": object}});
        let body = body.to_string();

        let notice = verify(&signed(&body), body.as_bytes(), SIGNED_AT).await.unwrap();

        let news = stands.map(|stands| DisputeNews {
            provider_ref: "dp_1".into(),
            amount: Money::usd(5_00),
            reason: "fraudulent".into(),
            stands,
        });
        assert_eq!(
            (notice.dispute, notice.provider_ref.as_deref()),
            (news, Some("pi_1")),
            "{status}"
        );
    }
}
