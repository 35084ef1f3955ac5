//! The books add up, whatever happened.

use futures_util::{StreamExt, stream};
use reqwest::StatusCode;
use sandbox::{Chance, FaultPlan, Intent, RefundStatus};
use serde_json::{Value, json};

use crate::support::{GOOD, Merchant, expect, path};

fn chance(per_mille: u16, fault: &str) -> Chance {
    Chance { per_mille, fault: fault.parse().unwrap() }
}

fn everything() -> FaultPlan {
    let chances = vec![
        chance(150, "decline"),
        chance(150, "late=5000"),
        chance(150, "delay=3000"),
        chance(200, "wrong-amount=7"),
        chance(200, "refund-fail"),
        chance(200, "refund-delay=1000"),
        chance(200, "duplicate=3"),
        chance(200, "reorder"),
        chance(200, "http=500@confirm; times=1"),
    ];
    FaultPlan { always: "delay=1".parse().unwrap(), chances, seed: 2 }
}

/// One customer: pays, tries twice when it must, gives up or is refunded in parts.
async fn visit(merchant: &Merchant, n: i64) {
    let currency = if n % 3 == 0 { "EUR" } else { "USD" };
    let order = json!({"amount": 1000 + n, "currency": currency, "reference": format!("pay_{n}")});
    let intent: Value = expect(StatusCode::CREATED, merchant.post("/v1/intents", &order)).await;
    for _ in 0..2 {
        merchant.confirmation(&intent, GOOD).send().await.unwrap();
    }
    if n % 4 == 0 {
        merchant.post(&format!("{}/cancel", path(&intent)), &json!({})).send().await.unwrap();
    }
    merchant.sandbox.advance(500);
    for _ in 0..4 {
        merchant.refunding(&intent, 400).send().await.unwrap();
    }
}

#[actix_web::test]
async fn captures_refunds_and_fees_add_up_under_every_fault_at_once() {
    let merchant = Merchant::open().await;
    merchant.sandbox.set_faults(everything());

    stream::iter(0..200).for_each_concurrent(16, |n| visit(&merchant, n)).await;
    merchant.sandbox.advance(60_000);

    let books = merchant.sandbox.books();
    let sum = |pick: fn(&Intent) -> i64, currency: &str| -> i64 {
        books.intents.iter().filter(|intent| intent.currency == currency).map(pick).sum()
    };
    for currency in ["EUR", "USD"] {
        let totals = books.totals[currency];
        assert_eq!(totals.captured, sum(|intent| intent.amount_captured, currency));
        assert_eq!(totals.refunded, sum(|intent| intent.amount_refunded, currency));
        assert_eq!(totals.fees, sum(|intent| intent.fee, currency));
        assert_eq!(totals.net, totals.captured - totals.refunded - totals.fees);
        assert!(totals.captures > 10 && totals.refunds > 10, "{totals:?}");
    }
    for intent in &books.intents {
        let done = intent.refunds.iter().filter(|refund| refund.status == RefundStatus::Succeeded);
        assert_eq!(done.map(|refund| refund.amount).sum::<i64>(), intent.amount_refunded);
        assert!(intent.amount_refunded <= intent.amount_captured, "{intent:?}");
    }
    assert!(books.refunds.iter().all(|refund| refund.status != RefundStatus::Pending));
    let statement = expect(StatusCode::OK, merchant.get("/v1/statement?limit=1000")).await;
    assert_eq!(statement["totals"][0]["net"], books.totals["EUR"].net);
    assert_eq!(statement["data"].as_array().unwrap().len(), books.entries.len());
}

#[actix_web::test]
async fn what_it_holds_is_paid_out_once() {
    let merchant = Merchant::open().await;
    merchant.paid(1999, "").await;

    let paid = merchant.post("/test/settlements", &json!({}));
    let paid = expect(StatusCode::CREATED, paid).await;
    assert_eq!(paid["data"][0]["type"], "settlement");
    assert_eq!(
        (&paid["data"][0]["amount"], &paid["data"][0]["intent"]),
        (&json!(1912), &Value::Null)
    );
    let again = expect(StatusCode::CREATED, merchant.post("/test/settlements", &json!({}))).await;

    assert_eq!(again["data"], json!([]));
    let totals = merchant.sandbox.books().totals["USD"];
    assert_eq!((totals.captured, totals.fees, totals.settled, totals.net), (1999, 87, 1912, 0));
}
