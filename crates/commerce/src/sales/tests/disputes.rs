//! Money that a customer's bank takes back: set apart, then given up by the bank or borne by whose lines it paid for.

use super::{
    sellers::{ANN, BOB, of, own, sell, stands},
    world::World,
};
use crate::{
    Failure,
    sales::{DisputeOutcome, LatePayment},
};

#[tokio::test]
async fn while_a_bank_disputes_a_payment_its_sellers_wait() {
    let world = World::new(LatePayment::Honour);
    let payment = sell(&world, &[of(ANN, 50_00, 5_00, 1_00)]).await;

    let disputed = world.dispute(payment.id, Some(20_00)).await.unwrap();
    let due = world.sales.unreleased(world.env().now(), 10).await.unwrap();
    let released = world.sales.release(payment.id).await.unwrap();
    assert_eq!((due, released), (Vec::new(), false));
    assert_eq!(world.balance("dispute:receivable"), 20_00);

    let won = world.bank_decides(&disputed, DisputeOutcome::Won).await.unwrap();
    let again = world.bank_decides(&disputed, DisputeOutcome::Won).await.unwrap();
    assert_eq!(won, again, "deciding the same twice changes nothing");
    assert_eq!(world.balance("dispute:receivable"), 0);
    assert!(world.sales.release(payment.id).await.unwrap());
    assert_eq!(stands(&world, ANN), [0, 49_00, 0]);
}

#[tokio::test]
async fn a_lost_dispute_is_borne_by_every_line_and_its_money_goes_back_once() {
    let world = World::new(LatePayment::Honour);
    let lines = [own(100_00), of(ANN, 50_00, 5_00, 1_00), of(BOB, 50_00, 5_00, 1_00)];
    let payment = sell(&world, &lines).await;
    let paid = payment.captured.minor;

    let disputed = world.dispute(payment.id, Some(paid / 2)).await.unwrap();
    let refused = world.refund(payment.id, Some(paid - paid / 2 + 1)).await.unwrap_err();
    assert_eq!(refused.code(), "refund_too_large", "what is disputed is not refunded besides");

    world.bank_decides(&disputed, DisputeOutcome::Lost).await.unwrap();
    let late = world.bank_decides(&disputed, DisputeOutcome::Won).await.unwrap_err();
    assert_eq!(late.code(), "dispute_decided");
    let [_, _, ann] = stands(&world, ANN);
    let [_, _, bob] = stands(&world, BOB);
    assert_eq!(ann, bob);
    assert_eq!(world.balance("exp:chargeback") + ann + bob, paid / 2);
    assert_eq!(world.balance("dispute:receivable"), 0);

    world.refund(payment.id, None).await.unwrap();
    let rest = world.dispute(payment.id, None).await.unwrap_err();
    assert_eq!(rest.code(), "not_disputable", "nothing is left");
}

#[tokio::test]
async fn what_is_refunded_cannot_be_disputed_besides() {
    let world = World::new(LatePayment::Honour);
    let payment = sell(&world, &[of(ANN, 50_00, 5_00, 1_00)]).await;
    world.refund(payment.id, Some(10_00)).await.unwrap();
    let left = payment.captured.minor - 10_00;

    let refused = world.dispute(payment.id, Some(left + 1)).await.unwrap_err();
    let disputed = world.dispute(payment.id, None).await.unwrap();

    assert_eq!(refused.code(), "not_disputable");
    assert_eq!(disputed.dispute.amount.minor, left);
}
