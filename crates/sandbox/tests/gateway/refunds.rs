//! Refunds, whole and in part, and never above what was captured.

use futures_util::future::join_all;
use reqwest::StatusCode;
use sandbox::RefundStatus;
use serde_json::json;

use crate::support::{Merchant, expect, refused, text};

#[actix_web::test]
async fn a_refund_in_parts_ends_when_nothing_is_left() {
    let merchant = Merchant::open().await;
    let intent = merchant.paid(1999, "").await;

    let part = merchant.refund(&intent, 999).await;
    let rest = json!({"intent": intent["id"], "reference": "ref_2"});
    let rest = expect(StatusCode::CREATED, merchant.post("/v1/refunds", &rest)).await;
    let over = refused(merchant.refunding(&intent, 1)).await;

    assert_eq!((&part["status"], &rest["amount"]), (&json!("succeeded"), &json!(1000)));
    assert_eq!(over, (422, "refund_exceeds_captured".into()));
    let refunded = merchant.fetch(&intent).await;
    assert_eq!(refunded["amount_refunded"], 1999);
    assert_eq!(refunded["refunds"], json!([part, rest]));
    let path = format!("/v1/refunds/{}", text(&part["id"]));
    assert_eq!(expect(StatusCode::OK, merchant.get(&path)).await, part);
}

#[actix_web::test]
async fn parallel_refunds_never_exceed_the_capture() {
    let merchant = Merchant::open().await;
    let intent = merchant.paid(1000, "refund-delay=60000").await;

    let tries = join_all((0..64).map(|_| merchant.refunding(&intent, 150).send())).await;

    let accepted = tries.iter().filter(|answer| answer.as_ref().unwrap().status() == 201).count();
    assert_eq!(accepted, 6);
    merchant.sandbox.advance(60_000);
    let books = merchant.sandbox.books();
    assert_eq!(books.totals["USD"].refunded, 900);
    assert_eq!(books.intents[0].amount_refunded, 900);
}

#[actix_web::test]
async fn a_failed_refund_gives_back_what_it_had_reserved() {
    let merchant = Merchant::open().await;
    let intent = merchant.paid(1000, "refund-fail").await;

    let failed = merchant.refund(&intent, 1000).await;
    let none = merchant.refunding(&intent, 1000).header("Sandbox-Fault", "none");
    let good = expect(StatusCode::CREATED, none).await;

    assert_eq!(
        (&failed["status"], &failed["last_error"]["code"]),
        (&json!("failed"), &json!("refund_failed"))
    );
    assert_eq!(good["status"], "succeeded");
    merchant.webhook("refund.failed").await;
    merchant.webhook("refund.succeeded").await;
    assert_eq!(merchant.sandbox.books().totals["USD"].refunded, 1000);
}

#[actix_web::test]
async fn a_slow_refund_is_pending_until_its_time() {
    let merchant = Merchant::open().await;
    let intent = merchant.paid(1000, "").await;
    let slow = merchant.refunding(&intent, 400).header("Sandbox-Fault", "refund-delay=3600000");

    let pending = expect(StatusCode::CREATED, slow).await;
    let before = merchant.sandbox.books().totals["USD"].refunded;
    merchant.sandbox.advance(3_600_000);

    assert_eq!((&pending["status"], before), (&json!("pending"), 0));
    assert_eq!(merchant.sandbox.books().refunds[0].status, RefundStatus::Succeeded);
    let told = merchant.webhook("refund.succeeded").await;
    assert_eq!(told.body["data"]["refund"]["id"], pending["id"]);
}
