//! Razorpay's record, put together of its lists.

use commerce::payment::{LineKind, PaymentGateway, StatementAsk, StatementLine};
use integrations::testing::RAZORPAY_NOW;
use serde_json::json;

use super::{World, rupees};
use crate::common::{at, new_refund};

async fn read(world: &World, from: i64, until: i64) -> Vec<StatementLine> {
    let mut ask = StatementAsk { from: at(from), until: at(until), cursor: None };
    let mut lines = Vec::new();
    loop {
        let page = world.gateway.statement().unwrap().lines(&ask).await.unwrap();
        lines.extend(page.lines);
        ask.cursor = page.next;
        if ask.cursor.is_none() {
            return lines;
        }
    }
}

#[tokio::test]
async fn captures_refunds_and_settlements_are_read_with_fees_and_our_ids() {
    let world = World::new().await;
    let paid = world.paid(500_00, "captured").await;
    world.paid(300_00, "authorized").await;
    world.paid(200_00, "failed").await;
    let refund = new_refund(&world.env, &paid.provider_ref, rupees(100_00));
    let sent = world.gateway.refund(&refund).await.unwrap();
    world.fake.books().settlements = vec![
        json!({"id": "setl_1", "entity": "settlement", "amount": 390_00, "status": "processed",
               "fees": 0, "tax": 0, "utr": "u1", "created_at": RAZORPAY_NOW}),
        json!({"id": "setl_2", "entity": "settlement", "amount": 1_00, "status": "created",
               "fees": 0, "tax": 0, "utr": "", "created_at": RAZORPAY_NOW}),
    ];

    let lines = read(&world, RAZORPAY_NOW, RAZORPAY_NOW + 1).await;

    let told: Vec<_> = lines.iter().map(|line| (line.kind, line.amount)).collect();
    assert_eq!(
        told,
        [
            (LineKind::Capture, rupees(500_00)),
            (LineKind::Refund, rupees(-100_00)),
            (LineKind::Payout, rupees(-390_00)),
        ]
    );
    assert_eq!(lines[0].fee, Some(rupees(10_00)));
    assert_eq!(lines[0].payment.as_ref(), Some(&paid.provider_ref));
    assert_eq!(lines[1].reference.as_ref(), Some(&refund.refund.to_string()));
    assert_eq!(lines[1].object.as_ref(), Some(&sent.provider_ref));
    assert_eq!(lines[1].about.as_ref(), Some(&lines[0].name));
    assert!(lines.iter().all(|line| line.at == at(RAZORPAY_NOW)));
    assert_eq!(read(&world, RAZORPAY_NOW - 9, RAZORPAY_NOW).await, [], "the end is not part of it");
}

#[tokio::test]
async fn long_lists_are_read_to_their_ends() {
    let world = World::new().await;
    for n in 0..101 {
        world.paid(100_00 + n, "captured").await;
    }

    let lines = read(&world, RAZORPAY_NOW - 60, RAZORPAY_NOW + 60).await;

    assert_eq!(lines.len(), 101);
    let asked = world.razorpay.heard_at("GET /v1/payments");
    let skips: Vec<_> = asked.iter().map(|heard| heard.query()["skip"].clone()).collect();
    assert_eq!(skips, ["0", "100"]);
    let asked = world.razorpay.heard_at("GET /v1/settlements");
    assert_eq!(asked.len(), 1);
}
