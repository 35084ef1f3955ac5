//! Money that a customer's bank takes back: set apart, then given up by the bank or borne by whose lines it paid for.

use serde_json::json;

use super::{
    sellers::{ANN, BOB, of, own, sell, stands},
    world::World,
};
use crate::{
    Failure, Money, Payment,
    payment::{DisputeNews, DisputeStands},
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

/// The provider's message about a dispute, with an id of its own.
async fn word(world: &World, payment: &Payment, stands: DisputeStands, minor: i64) {
    let news = DisputeNews {
        provider_ref: "dp_1".into(),
        amount: Money::usd(minor),
        reason: "fraudulent".into(),
        stands,
    };
    let id = world.env().uuid().to_string();
    let message =
        json!({"id": id, "kind": "dispute", "ref": payment.provider_ref, "dispute": news});
    world.notify(&message).await.unwrap();
    world.tell_all().await;
}

#[tokio::test]
async fn a_provider_opens_and_decides_a_dispute_whatever_comes_first_and_however_often() {
    use DisputeStands::{Dropped, Lost, Open, Won};
    for (words, state) in [
        (vec![Open, Open, Won, Won, Open], Some("won")),
        (vec![Open, Lost, Lost, Open], Some("lost")),
        (vec![Won, Open], Some("won")),
        (vec![Lost, Open], Some("lost")),
        (vec![Dropped, Open, Dropped], Some("won")),
        (vec![Dropped, Dropped], None),
    ] {
        let world = World::new(LatePayment::Honour);
        let payment = sell(&world, &[of(ANN, 50_00, 5_00, 1_00)]).await;

        for stands in &words {
            word(&world, &payment, *stands, 20_00).await;
        }

        let disputes = world.payment(payment.id).disputes;
        let states: Vec<_> = disputes.iter().map(|dispute| dispute.state.name()).collect();
        assert_eq!(states, Vec::from_iter(state), "{words:?}");
        assert_eq!(world.balance("dispute:receivable"), 0, "{words:?}");
        let owes = if state == Some("lost") { 20_00 } else { 0 };
        assert_eq!(stands(&world, ANN)[2], owes, "{words:?}");
    }
}

#[tokio::test]
async fn what_an_operator_wrote_down_is_the_dispute_its_provider_speaks_of() {
    let world = World::new(LatePayment::Honour);
    let payment = sell(&world, &[of(ANN, 50_00, 5_00, 1_00)]).await;
    world.dispute(payment.id, Some(20_00)).await.unwrap();

    word(&world, &payment, DisputeStands::Open, 20_00).await;
    word(&world, &payment, DisputeStands::Lost, 20_00).await;

    let disputes = world.payment(payment.id).disputes;
    assert_eq!(disputes.len(), 1);
    assert_eq!(disputes[0].provider_ref.as_deref(), Some("dp_1"));
    assert_eq!(disputes[0].state.name(), "lost");
}

#[tokio::test]
async fn a_dispute_that_cannot_be_true_is_set_aside_and_told_to_a_person() {
    let world = World::new(LatePayment::Honour);
    let payment = sell(&world, &[of(ANN, 50_00, 5_00, 1_00)]).await;

    word(&world, &payment, DisputeStands::Open, payment.captured.minor + 1).await;

    assert_eq!(world.payment(payment.id).disputes, Vec::new());
    assert_eq!(world.told("payment_mismatch"), 1);
}
