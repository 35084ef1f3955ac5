//! Webhooks: their signature, their retries, and their being sent again.

use hmac::{Hmac, Mac};
use reqwest::StatusCode;
use sandbox::Config;
use serde_json::json;
use sha2::Sha256;

use crate::support::{Merchant, SECRET, config, expect, text, until};

/// Computed here by hand, not by the code under test.
fn hmac(secret: &str, t: i64, raw: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(&[t.to_string().as_bytes(), b".", raw].concat());
    hex::encode(mac.finalize().into_bytes())
}

#[actix_web::test]
async fn a_webhook_is_signed_over_its_time_and_raw_body() {
    let merchant = Merchant::open().await;
    let intent = merchant.paid(1999, "").await;

    let webhook = merchant.webhook("intent.captured").await;

    let (t, signatures) = webhook.signatures();
    assert_eq!(signatures, [hmac(SECRET, t, &webhook.raw)]);
    assert_eq!(webhook.headers["sandbox-event-id"], text(&webhook.body["id"]));
    assert_eq!(webhook.headers["content-type"], "application/json");
    assert_eq!(webhook.body["data"]["intent"]["id"], intent["id"]);
    assert_eq!(webhook.body["data"]["intent"]["amount_captured"], 1999);
}

#[actix_web::test]
async fn while_a_secret_is_replaced_both_sign() {
    let previous_webhook_secrets = vec!["whsec_old".to_owned()];
    let merchant = Merchant::with(Config { previous_webhook_secrets, ..config() }).await;
    merchant.paid(1999, "").await;

    let webhook = merchant.webhook("intent.captured").await;

    let (t, signatures) = webhook.signatures();
    assert_eq!(signatures, [hmac(SECRET, t, &webhook.raw), hmac("whsec_old", t, &webhook.raw)]);
}

#[actix_web::test]
async fn what_is_not_taken_is_tried_again_with_the_same_body() {
    let merchant = Merchant::with(Config { retries_ms: vec![1_000, 1_000_000], ..config() }).await;
    merchant.inbox.answer([500, 302]);
    merchant.paid(1999, "").await;
    merchant.until_attempts(1).await;

    merchant.sandbox.advance(1_000);
    merchant.until_attempts(2).await;
    merchant.sandbox.advance(1_000_000);
    merchant.until_attempts(3).await;

    let all = merchant.inbox.all();
    assert!(all.iter().all(|webhook| webhook.raw == all[0].raw));
    let tries = merchant.sandbox.books().webhooks;
    let log: Vec<_> = tries.iter().map(|attempt| (attempt.number, attempt.status)).collect();
    assert_eq!(log, [(1, Some(500)), (2, Some(302)), (3, Some(200))]);
    let event =
        expect(StatusCode::OK, merchant.get(&format!("/v1/events/{}", tries[0].event))).await;
    assert_eq!(
        (&event["delivery"]["state"], &event["delivery"]["attempts"]),
        (&json!("delivered"), &json!(3))
    );
    assert_eq!(event["delivery"]["log"][0]["status"], 500);
}

#[actix_web::test]
async fn a_webhook_is_given_up_after_its_last_try_and_can_be_sent_again() {
    let merchant = Merchant::with(Config { retries_ms: Vec::new(), ..config() }).await;
    merchant.inbox.answer([503]);
    merchant.paid(1999, "").await;
    merchant.until_attempts(1).await;
    let event = merchant.sandbox.books().webhooks[0].event.clone();
    let path = format!("/v1/events/{event}");
    let exhausted = expect(StatusCode::OK, merchant.get(&path)).await;

    let resent = merchant.post(&format!("{path}/resend"), &json!({}));
    expect(StatusCode::ACCEPTED, resent).await;
    merchant.until_attempts(2).await;

    assert_eq!(exhausted["delivery"]["state"], "exhausted");
    let delivered = expect(StatusCode::OK, merchant.get(&path)).await;
    assert_eq!(delivered["delivery"]["state"], "delivered");
    assert_eq!(merchant.inbox.all()[1].headers["sandbox-event-id"], event);
}

#[actix_web::test]
async fn a_merchant_who_does_not_listen_is_an_error_in_the_log() {
    let merchant = Merchant::open().await;
    merchant.sandbox.set_webhook_url(String::from("http://127.0.0.1:9/hook"));
    merchant.paid(1999, "").await;

    merchant.until_attempts(1).await;

    let attempt = merchant.sandbox.books().webhooks.remove(0);
    assert_eq!(attempt.status, None);
    assert!(attempt.error.is_some());
}

#[actix_web::test]
async fn two_hundred_webhooks_all_arrive() {
    let merchant = Merchant::open().await;
    for _ in 0..200 {
        merchant.paid(100, "").await;
    }

    let all = merchant.inbox.count(200).await;

    let mut ids: Vec<_> = all.iter().map(|webhook| text(&webhook.body["id"])).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 200);
    until(|| (merchant.sandbox.books().webhooks.len() == 200).then_some(())).await;
}
