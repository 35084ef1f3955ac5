//! Every fault on demand, from each of its sources.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use sandbox::{Chance, FaultPlan, Faults, IntentStatus};
use serde_json::{Value, json};

use crate::support::{GOOD, KEY, Merchant, SECRET, expect, path, refused, text};

/// Longer than any test, so an answer that is held never comes.
const NEVER: Duration = Duration::from_millis(300);

fn status(merchant: &Merchant) -> IntentStatus {
    merchant.sandbox.books().intents[0].status
}

#[actix_web::test]
async fn a_declined_payment_says_why() {
    let merchant = Merchant::open().await;

    let intent = merchant.paid(1999, "decline=insufficient_funds").await;

    assert_eq!(
        (&intent["status"], &intent["last_error"]["code"]),
        (&json!("failed"), &json!("insufficient_funds"))
    );
    merchant.webhook("intent.failed").await;
    assert_eq!(merchant.sandbox.books().totals.len(), 0);
}

#[actix_web::test]
async fn every_magic_card_does_what_its_row_says() {
    let merchant = Merchant::open().await;
    let declines = [
        ("4000000000000002", "card_declined"),
        ("4000000000009995", "insufficient_funds"),
        ("4000000000000069", "expired_card"),
        ("4000000000000127", "incorrect_cvc"),
        ("4000000000000119", "processing_error"),
    ];

    for (card, code) in declines {
        let intent = merchant.create(1999, "").await;
        merchant.confirm(&intent, card).await;
        assert_eq!(merchant.fetch(&intent).await["last_error"]["code"], code, "{card}");
    }
    for (card, end) in [("5555555555554444", "captured"), ("4000000000000341", "processing")] {
        let intent = merchant.create(1999, "").await;
        merchant.confirm(&intent, card).await;
        assert_eq!(merchant.fetch(&intent).await["status"], end, "{card}");
    }
    let intent = merchant.create(1999, "").await;
    merchant.confirm(&intent, "4000000000005126").await;
    assert_eq!(merchant.refund(&intent, 1).await["status"], "failed");
}

#[actix_web::test]
async fn a_card_that_needs_action_asks_and_then_pays_or_fails() {
    let merchant = Merchant::open().await;

    for (outcome, end) in [("pass", "captured"), ("fail", "failed")] {
        let intent = merchant.create(1999, "").await;
        let asked = merchant.confirm(&intent, "4000002500003155").await;
        merchant.authenticate(&intent, outcome).await;

        assert_eq!(asked["status"], "requires_action");
        assert_eq!(asked["next_action"]["type"], "authenticate");
        assert_eq!(merchant.fetch(&intent).await["status"], end);
    }
    merchant.webhook("intent.requires_action").await;
    merchant.webhook("intent.captured").await;
    merchant.webhook("intent.failed").await;
}

#[actix_web::test]
async fn a_delayed_payment_is_processing_until_its_time_and_cannot_be_cancelled() {
    let merchant = Merchant::open().await;
    let intent = merchant.paid(1999, "delay=3600000").await;
    let cancel = refused(merchant.post(&format!("{}/cancel", path(&intent)), &json!({}))).await;

    merchant.sandbox.advance(3_599_000);
    let early = status(&merchant);
    merchant.sandbox.advance(1_000);

    assert_eq!(cancel, (409, "intent_state".into()));
    assert_eq!((early, status(&merchant)), (IntentStatus::Processing, IntentStatus::Captured));
}

#[actix_web::test]
async fn a_late_success_comes_even_after_a_cancel() {
    let merchant = Merchant::open().await;
    let intent = merchant.paid(1999, "late=3600000").await;

    let cancelled =
        expect(StatusCode::OK, merchant.post(&format!("{}/cancel", path(&intent)), &json!({})))
            .await;
    merchant.webhook("intent.cancelled").await;
    merchant.sandbox.advance(3_600_000);

    assert_eq!(
        (&intent["status"], &cancelled["status"]),
        (&json!("processing"), &json!("cancelled"))
    );
    assert_eq!(status(&merchant), IntentStatus::Captured);
    merchant.webhook("intent.captured").await;
    assert_eq!(merchant.sandbox.books().totals["USD"].captured, 1999);
}

#[actix_web::test]
async fn a_late_success_may_follow_a_decline() {
    let merchant = Merchant::open().await;

    let intent = merchant.paid(1999, "decline; late=3600000").await;
    merchant.sandbox.advance(3_600_000);

    assert_eq!(intent["status"], "failed");
    let late = merchant.fetch(&intent).await;
    assert_eq!((&late["status"], &late["last_error"]), (&json!("captured"), &json!(null)));
    merchant.webhook("intent.captured").await;
}

#[actix_web::test]
async fn a_duplicated_webhook_is_the_same_event_to_the_byte() {
    let merchant = Merchant::open().await;
    merchant.paid(1999, "duplicate=5").await;

    merchant.until_attempts(5).await;

    let all = merchant.inbox.all();
    assert_eq!(all.len(), 5);
    assert!(all.iter().all(|webhook| webhook.raw == all[0].raw));
}

#[actix_web::test]
async fn reordered_webhooks_end_with_an_older_one_that_says_otherwise() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "reorder; needs-action").await;
    merchant.confirm(&intent, GOOD).await;
    merchant.authenticate(&intent, "pass").await;

    let all = merchant.inbox.count(3).await;

    assert_eq!(
        merchant.inbox.kinds(),
        ["intent.captured", "intent.requires_action", "intent.failed"]
    );
    assert!(all[2].body["created"].as_i64() < all[0].body["created"].as_i64());
    assert_ne!(all[2].body["id"], all[0].body["id"]);
    assert_eq!(all[2].body["data"]["intent"]["amount_captured"], 0);
    assert_eq!(merchant.fetch(&intent).await["status"], "captured");
}

#[actix_web::test]
async fn a_lost_webhook_is_never_sent_but_listed_and_sent_on_demand() {
    let merchant = Merchant::open().await;
    let lost = merchant.paid(1999, "lose").await;
    merchant.paid(100, "").await;
    merchant.webhook("intent.captured").await;

    let listed = expect(StatusCode::OK, merchant.get("/v1/events")).await;
    let event = &listed["data"][0];
    let told = merchant
        .inbox
        .all()
        .iter()
        .any(|webhook| webhook.body["data"]["intent"]["id"] == lost["id"]);
    let resend = format!("/v1/events/{}/resend", text(&event["id"]));
    expect(StatusCode::ACCEPTED, merchant.post(&resend, &json!({}))).await;
    let all = merchant.inbox.count(2).await;

    assert_eq!((&event["delivery"]["state"], told), (&json!("lost"), false));
    assert_eq!(all[1].body["data"]["intent"]["id"], lost["id"]);
}

#[actix_web::test]
async fn a_wrong_signature_fits_no_secret() {
    let merchant = Merchant::open().await;
    merchant.paid(1999, "wrong-signature").await;

    let webhook = merchant.webhook("intent.captured").await;

    let (t, signatures) = webhook.signatures();
    assert_eq!(signatures.len(), 1);
    assert_ne!(signatures[0], sandbox::signature(SECRET, t, &webhook.raw));
}

#[actix_web::test]
async fn a_wrong_payload_lies_and_the_intent_tells_the_truth() {
    let merchant = Merchant::open().await;
    let intent = merchant.paid(1999, "wrong-payload").await;
    merchant.refund(&intent, 100).await;

    let captured = merchant.webhook("intent.captured").await;
    let refunded = merchant.webhook("refund.succeeded").await;

    assert_eq!(captured.body["data"]["intent"]["amount_captured"], 199_900);
    assert_eq!(refunded.body["data"]["refund"]["amount"], 10_000);
    assert_eq!(merchant.fetch(&intent).await["amount_captured"], 1999);
}

#[actix_web::test]
async fn a_wrong_amount_is_really_captured() {
    let merchant = Merchant::open().await;

    let short = merchant.paid(1999, "wrong-amount").await;
    let over = merchant.paid(1999, "wrong-amount=500").await;

    assert_eq!((&short["amount"], &short["amount_captured"]), (&json!(1999), &json!(1998)));
    assert_eq!(over["amount_captured"], 2499);
    assert_eq!(merchant.sandbox.books().totals["USD"].captured, 1998 + 2499);
}

#[actix_web::test]
async fn a_500_does_nothing_and_the_second_try_gets_through() {
    let merchant = Merchant::open().await;
    let order = json!({"amount": 1999, "currency": "USD", "reference": "pay_1"});
    let faults = "http=503@create";
    let create = || {
        merchant
            .post("/v1/intents", &order)
            .header("Sandbox-Fault", faults)
            .header("Idempotency-Key", "pay_1")
    };

    let first = refused(create()).await;
    let nothing = merchant.sandbox.books().intents.len();
    expect(StatusCode::CREATED, create()).await;

    assert_eq!((first, nothing), ((503, "injected_fault".into()), 0));
    assert_eq!(merchant.sandbox.books().intents.len(), 1);
}

#[actix_web::test]
async fn any_call_can_be_struck_as_often_as_asked() {
    let merchant = Merchant::open().await;
    let strike = |op: &str| format!("http=500@{op}; times=2");

    let fetched = merchant.create(1999, &strike("fetch")).await;
    let struck = [
        refused(merchant.get(&path(&fetched))).await,
        refused(merchant.get(&path(&fetched))).await,
    ];
    merchant.fetch(&fetched).await;
    assert!(struck.iter().all(|(status, _)| *status == 500));

    let confirmed = merchant.create(1999, &strike("confirm")).await;
    refused(merchant.confirmation(&confirmed, GOOD)).await;
    refused(merchant.confirmation(&confirmed, GOOD)).await;
    merchant.confirm(&confirmed, GOOD).await;

    let refunded = merchant.paid(1999, &strike("refund")).await;
    refused(merchant.refunding(&refunded, 5)).await;
    refused(merchant.refunding(&refunded, 5)).await;
    merchant.refund(&refunded, 5).await;

    let cancelled = merchant.create(1999, "http=429@cancel; times=0").await;
    let cancel = || merchant.post(&format!("{}/cancel", path(&cancelled)), &json!({}));
    for _ in 0..5 {
        let answer = cancel().send().await.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()["retry-after"]),
            (StatusCode::TOO_MANY_REQUESTS, &"1".parse().unwrap())
        );
    }
}

#[actix_web::test]
async fn a_time_out_leaves_nothing_behind() {
    let merchant = Merchant::open().await;
    let order = json!({"amount": 1999, "currency": "USD", "reference": "pay_1"});
    let create = || merchant.post("/v1/intents", &order).header("Sandbox-Fault", "timeout=600000");

    let lost = create().timeout(NEVER).send().await;

    assert!(lost.unwrap_err().is_timeout());
    assert_eq!(merchant.sandbox.books().intents.len(), 0);
    expect(StatusCode::CREATED, create()).await;
}

#[actix_web::test]
async fn a_held_answer_ends_in_504() {
    let merchant = Merchant::open().await;
    let order = json!({"amount": 1999, "currency": "USD", "reference": "pay_1"});
    let create = merchant.post("/v1/intents", &order).header("Sandbox-Fault", "timeout=1");

    assert_eq!(refused(create).await, (504, "timeout".into()));
}

#[actix_web::test]
async fn a_charge_whose_answer_is_lost_has_happened() {
    let merchant = Merchant::open().await;
    let intent = merchant.create(1999, "charge-then-timeout=600000").await;

    let lost = merchant.confirmation(&intent, GOOD).timeout(NEVER).send().await;

    assert!(lost.unwrap_err().is_timeout());
    assert_eq!(merchant.fetch(&intent).await["status"], "captured");
    assert_eq!(refused(merchant.confirmation(&intent, GOOD)).await, (409, "intent_state".into()));
}

#[actix_web::test]
async fn a_refund_whose_answer_is_lost_is_found_again_by_its_key() {
    let merchant = Merchant::open().await;
    let intent = merchant.paid(1999, "charge-then-timeout=600000@refund").await;
    let refund = || merchant.refunding(&intent, 700).header("Idempotency-Key", "ref_1");

    let lost = refund().timeout(NEVER).send().await;
    let found = expect(StatusCode::CREATED, refund()).await;

    assert!(lost.unwrap_err().is_timeout());
    assert_eq!(found["status"], "succeeded");
    assert_eq!(merchant.sandbox.books().refunds.len(), 1);
}

#[actix_web::test]
async fn an_amount_asks_for_its_fault() {
    let merchant = Merchant::open().await;

    assert_eq!(merchant.paid(66601, "").await["last_error"]["code"], "card_declined");
    assert_eq!(merchant.paid(66613, "").await["amount_captured"], 66612);
    assert_eq!(merchant.paid(66604, "").await["status"], "processing");
    assert_eq!(merchant.paid(66601, "none").await["status"], "captured");
    let order = json!({"amount": 66609, "currency": "JPY", "reference": "pay_9"});
    assert_eq!(refused(merchant.post("/v1/intents", &order)).await.0, 500);
}

#[actix_web::test]
async fn the_defaults_hold_for_intents_opened_afterwards() {
    let merchant = Merchant::open().await;
    let before = merchant.create(1999, "").await;
    let plan = json!({"always": "decline", "chances": [], "seed": 1});
    let set = merchant.request(Method::PUT, "/test/faults").bearer_auth(KEY).json(&plan);
    let answer = expect(StatusCode::OK, set).await;
    let shown = expect(StatusCode::OK, merchant.get("/test/faults")).await;

    merchant.confirm(&before, GOOD).await;

    assert_eq!((&answer["always"], &answer), (&json!("decline=card_declined"), &shown));
    assert_eq!(merchant.fetch(&before).await["status"], "captured");
    assert_eq!(merchant.paid(1999, "").await["status"], "failed");
    assert_eq!(merchant.paid(1999, "none").await["status"], "captured");
}

#[actix_web::test]
async fn a_chance_meets_its_share_and_the_same_references_every_time() {
    let merchant = Merchant::open().await;
    let fault: Faults = "decline".parse().unwrap();
    let always = Faults::default();
    merchant.sandbox.set_faults(FaultPlan {
        always,
        chances: vec![Chance { per_mille: 300, fault }],
        seed: 42,
    });

    let mut rounds = Vec::new();
    for _ in 0..2 {
        let mut ends = Vec::new();
        for n in 0..60 {
            let order = json!({"amount": 1999, "currency": "USD", "reference": format!("pay_{n}")});
            let intent: Value =
                expect(StatusCode::CREATED, merchant.post("/v1/intents", &order)).await;
            merchant.confirm(&intent, GOOD).await;
            ends.push(text(&merchant.fetch(&intent).await["status"]).to_owned());
        }
        rounds.push(ends);
    }

    assert_eq!(rounds[0], rounds[1]);
    let declined = rounds[0].iter().filter(|end| *end == "failed").count();
    assert!((5..35).contains(&declined), "{declined} of 60");
}

#[actix_web::test]
async fn time_and_the_webhook_address_are_set_over_http() {
    let merchant = Merchant::open().await;
    let put = |url: Value| {
        merchant.request(Method::PUT, "/test/webhook").bearer_auth(KEY).json(&json!({"url": url}))
    };
    expect(StatusCode::OK, put(json!(null))).await;
    merchant.paid(100, "").await;
    expect(StatusCode::OK, put(json!(merchant.inbox.url))).await;
    let intent = merchant.paid(1999, "delay=5000").await;

    expect(StatusCode::OK, merchant.post("/test/advance", &json!({"ms": 5000}))).await;

    let told = merchant.webhook("intent.captured").await;
    assert_eq!(told.body["data"]["intent"]["id"], intent["id"]);
}
