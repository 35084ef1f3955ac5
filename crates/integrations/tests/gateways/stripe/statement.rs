//! Stripe's record, read from its list of balance transactions.

use std::sync::Arc;

use commerce::{
    Currency, Money,
    payment::{GatewayError, LineKind, PaymentGateway, StatementAsk, StatementLine},
};
use integrations::testing::{LocalServer, StripeRecord};
use serde_json::{Value, json};

use super::gateway;
use crate::common::{always, at, quick};

const NOON: i64 = 1_777_636_800;

fn ask(from: i64, until: i64) -> StatementAsk {
    StatementAsk { from: at(from), until: at(until), cursor: None }
}

fn movement(id: &str, kind: (&str, &str), amount: i64, fee: i64, source: Value) -> Value {
    json!({
        "id": id, "object": "balance_transaction", "type": kind.0, "reporting_category": kind.1,
        "amount": amount, "fee": fee, "net": amount - fee, "currency": "usd", "created": NOON,
        "available_on": NOON, "status": "pending", "exchange_rate": null, "fee_details": [],
        "description": null, "source": source,
    })
}

/// All pages, and how many there were.
async fn read(stripe: &LocalServer, mut ask: StatementAsk) -> (Vec<StatementLine>, usize) {
    let gateway = gateway(&stripe.url, quick());
    let statement = gateway.statement().unwrap();
    let (mut lines, mut pages) = (Vec::new(), 0);
    loop {
        let page = statement.lines(&ask).await.unwrap();
        assert_eq!(page.complete_until, ask.until);
        lines.extend(page.lines);
        pages += 1;
        ask.cursor = page.next;
        if ask.cursor.is_none() {
            return (lines, pages);
        }
    }
}

#[tokio::test]
async fn every_movement_is_read_with_its_side_its_fee_and_our_ids() {
    let record = Arc::new(StripeRecord::default());
    let charge = json!({
        "id": "ch_1", "object": "charge", "amount": 1099, "amount_captured": 1099,
        "currency": "usd", "payment_intent": "pi_1", "metadata": {"payment_id": "pay_x"},
    });
    let refund = json!({
        "id": "re_1", "object": "refund", "amount": 500, "currency": "usd",
        "payment_intent": "pi_1", "metadata": {"refund_id": "ref_x"},
    });
    let dispute = json!({
        "id": "dp_1", "object": "dispute", "amount": 599, "currency": "usd", "payment_intent": "pi_1",
    });
    let payout = json!({"id": "po_1", "object": "payout", "amount": 10, "currency": "usd"});
    record.movements().extend([
        movement("txn_1", ("charge", "charge"), 1099, 62, charge),
        movement("txn_2", ("refund", "refund"), -500, 0, refund),
        movement("txn_3", ("adjustment", "dispute"), -599, 1500, dispute.clone()),
        movement("txn_4", ("adjustment", "dispute_reversal"), 599, 0, dispute),
        movement("txn_5", ("stripe_fee", "fee"), -7, 0, Value::Null),
        movement("txn_6", ("payout", "payout"), -10, 0, payout),
        movement("txn_7", ("topup", "topup"), 3, 0, json!("tu_1")),
    ]);
    let stripe = LocalServer::start(record).await;

    let (mut lines, _) = read(&stripe, ask(NOON, NOON + 1)).await;
    lines.sort_by(|a, b| a.name.cmp(&b.name));

    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.kind, line.amount.minor, line.fee.map_or(0, |fee| fee.minor)))
        .collect();
    assert_eq!(
        told,
        [
            (LineKind::Capture, 1099, 62),
            (LineKind::Refund, -500, 0),
            (LineKind::Dispute, -599, 1500),
            (LineKind::DisputeWon, 599, 0),
            (LineKind::Fee, -7, 0),
            (LineKind::Payout, -10, 0),
            (LineKind::Other, 3, 0),
        ]
    );
    let named = |at: usize| {
        let line: &StatementLine = &lines[at];
        (line.payment.as_deref(), line.reference.as_deref(), line.object.as_deref())
    };
    assert_eq!(named(0), (Some("pi_1"), Some("pay_x"), Some("ch_1")));
    assert_eq!(named(1), (Some("pi_1"), Some("ref_x"), Some("re_1")));
    assert_eq!(named(2), (Some("pi_1"), None, Some("dp_1")));
    assert!(lines.iter().all(|line| line.at == at(NOON)));
    assert_eq!(read(&stripe, ask(NOON - 9, NOON)).await.0, [], "the end is not part of it");
}

#[tokio::test]
async fn a_long_record_is_read_to_its_end() {
    let record = Arc::new(StripeRecord::default());
    record.movements().extend((0..250).map(|n| {
        movement(&format!("txn_{n}"), ("charge", "charge"), 100 + n, 3, json!(format!("ch_{n}")))
    }));
    let stripe = LocalServer::start(record).await;

    let (lines, pages) = read(&stripe, ask(NOON, NOON + 1)).await;

    assert_eq!((lines.len(), pages), (250, 3));
    assert_eq!(lines.iter().map(|line| line.amount.minor).sum::<i64>(), 250 * 100 + 249 * 125);
}

#[tokio::test]
async fn what_stripe_exchanged_is_told_as_the_customer_paid_it() {
    let record = Arc::new(StripeRecord::default());
    let charge = json!({
        "id": "ch_1", "amount": 1000, "amount_captured": 1000, "currency": "eur",
        "payment_intent": "pi_1",
    });
    record.movements().push(movement("txn_1", ("charge", "charge"), 1080, 40, charge));
    let stripe = LocalServer::start(record).await;

    let (lines, _) = read(&stripe, ask(NOON, NOON + 1)).await;

    assert_eq!(lines[0].amount, Money::new(1000, Currency::EUR));
    assert_eq!(lines[0].fee, Some(Money::usd(40)));
}

#[tokio::test]
async fn a_record_that_cannot_be_had_is_no_empty_record() {
    for (status, body, expected) in [
        (500, json!({}), GatewayError::Unknown),
        (401, json!({"error": {"type": "invalid_request_error"}}), GatewayError::Busy),
        (200, json!({"data": [{"id": "txn_1"}]}), GatewayError::Unknown),
    ] {
        let stripe = always(status, body).await;
        let gateway = gateway(&stripe.url, quick());

        let read = gateway.statement().unwrap().lines(&ask(NOON, NOON + 1)).await;

        assert_eq!(read, Err(expected), "{status}");
    }
}
