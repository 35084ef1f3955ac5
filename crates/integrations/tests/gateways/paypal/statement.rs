//! PayPal's record, read by transaction search.

use chrono::TimeDelta;
use commerce::{
    Money,
    payment::{GatewayError, LineKind, PaymentGateway, Statement, StatementAsk, StatementPage},
    testing::moment,
};
use serde_json::json;

use super::World;
use crate::common::new_refund;

fn ask(cursor: Option<&str>) -> StatementAsk {
    let cursor = cursor.map(str::to_owned);
    StatementAsk { from: moment(-3_600), until: moment(3_600), cursor }
}

async fn read(world: &World, ask: &StatementAsk) -> Result<StatementPage, GatewayError> {
    world.gateway.statement().unwrap().lines(ask).await
}

#[tokio::test]
async fn captures_and_refunds_are_read_with_fees_and_our_ids() {
    let world = World::new().await;
    let captured = world.captured(10_00).await;
    let refund = new_refund(&world.env, &captured.provider_ref, Money::usd(4_00));
    let refunded = world.gateway.refund(&refund).await.unwrap();

    let page = read(&world, &ask(None)).await.unwrap();

    assert_eq!((page.lines.len(), page.next, page.complete_until), (2, None, moment(3_600)));
    let (capture, back) = (&page.lines[0], &page.lines[1]);
    assert_eq!((capture.kind, capture.amount), (LineKind::Capture, Money::usd(10_00)));
    assert_eq!((capture.fee, capture.at), (Some(Money::usd(50)), moment(0)));
    assert_eq!(capture.payment.as_ref(), Some(&captured.provider_ref));
    assert_eq!(capture.reference.as_ref(), Some(&captured.reference));
    assert_eq!((back.kind, back.amount, back.fee), (LineKind::Refund, Money::usd(-4_00), None));
    assert_eq!(back.reference.as_ref(), Some(&refund.refund.to_string()));
    assert_eq!(back.object.as_ref(), Some(&refunded.provider_ref));
    assert_eq!(back.about.as_ref(), Some(&capture.name));
}

#[tokio::test]
async fn nothing_is_concluded_of_the_hours_paypal_has_not_listed_yet() {
    let world = World::new().await;
    world.fake.books().refreshed = Some("2026-05-01T09:30:00+00:00".into());
    let before = StatementAsk { from: moment(-9 * 3_600), ..ask(None) };

    let page = read(&world, &before).await.unwrap();
    assert_eq!(page.complete_until, moment(0) - TimeDelta::minutes(150));

    let after = read(&world, &ask(None)).await;
    assert!(matches!(after, Err(GatewayError::Refused { .. })), "{after:?}");
    let month = StatementAsk { from: moment(-32 * 86_400), ..ask(None) };
    assert!(read(&world, &month).await.is_err(), "PayPal lists a month at most");
}

#[tokio::test]
async fn what_is_pending_has_moved_nothing_and_long_records_have_pages() {
    let world = World::new().await;
    world.fake.books().captures_are = Some("PENDING".into());
    let approved = world.approved(10_00).await;
    world.gateway.capture(&approved.provider_ref, approved.amount).await.unwrap();
    assert_eq!(read(&world, &ask(None)).await.unwrap().lines, []);

    let entry = world.fake.books().record[0].clone();
    let many = (0..750).map(|n| {
        let mut entry = entry.clone();
        entry["transaction_info"]["transaction_id"] = json!(format!("8XX{n:014}"));
        entry["transaction_info"]["transaction_status"] = json!("S");
        entry
    });
    world.fake.books().record.extend(many);
    let first = read(&world, &ask(None)).await.unwrap();
    let second = read(&world, &ask(first.next.as_deref())).await.unwrap();

    assert_eq!((first.lines.len(), first.next.as_deref()), (499, Some("2")));
    assert_eq!((second.lines.len(), second.next), (251, None));
    let tells = world.gateway.tells();
    assert!(!tells.contains(&LineKind::Dispute), "its silence about disputes means nothing");
}
