//! A payment's way at Razorpay.

use commerce::{
    Currency, Money,
    payment::{GatewayError, IntentState, NoticeError, PaymentGateway, RefundState},
};
use integrations::testing::RAZORPAY_KEY;

use super::{World, gateway, rupees};
use crate::common::{headers, new_intent, new_refund, quick, text, vectors};

#[tokio::test]
async fn a_payment_is_authorised_captured_and_refunded() {
    let world = World::new().await;
    let new = new_intent(&world.env, rupees(500_00));

    let made = world.gateway.create(&new).await.unwrap();
    let again = world.gateway.create(&new).await.unwrap();
    assert_eq!((made.state.clone(), &made), (IntentState::Pending, &again));
    assert_eq!(world.fake.books().orders().len(), 1);
    let action = made.action.clone().unwrap();
    assert_eq!(
        (&*action.kind, action.order_id.as_deref()),
        ("checkout", Some(&*made.provider_ref))
    );
    assert_eq!(action.public_key.as_deref(), Some(RAZORPAY_KEY));

    world.fake.pay(&made.provider_ref, "failed");
    let failed = world.gateway.fetch(&made.provider_ref).await.unwrap();
    assert_eq!(failed.state, IntentState::Pending, "another try may succeed");
    world.fake.pay(&made.provider_ref, "authorized");
    let approved = world.gateway.fetch(&made.provider_ref).await.unwrap();
    assert_eq!(approved.state, IntentState::Approved);
    let paid = world.gateway.capture(&made.provider_ref, rupees(500_00)).await.unwrap();
    let twice = world.gateway.capture(&made.provider_ref, rupees(500_00)).await.unwrap();
    assert_eq!((paid.state.clone(), paid.captured), (IntentState::Captured, rupees(500_00)));
    assert_eq!((&paid.reference, &paid), (&new.payment.to_string(), &twice));

    let refund = new_refund(&world.env, &made.provider_ref, rupees(200_00));
    let first = world.gateway.refund(&refund).await.unwrap();
    let second = world.gateway.refund(&refund).await.unwrap();
    let too_much = new_refund(&world.env, &made.provider_ref, rupees(301_00));
    let too_much = world.gateway.refund(&too_much).await;
    assert_eq!(
        (first.state, &first.reference),
        (RefundState::Succeeded, &refund.refund.to_string())
    );
    assert_eq!(first, second);
    assert!(matches!(too_much, Err(GatewayError::Refused { .. })), "{too_much:?}");
    let rest = new_refund(&world.env, &made.provider_ref, rupees(300_00));
    world.gateway.refund(&rest).await.unwrap();
    let known = world.gateway.fetch(&made.provider_ref).await.unwrap();
    assert_eq!((known.state, known.refunds.len()), (IntentState::Captured, 2));
}

#[tokio::test]
async fn an_account_that_captures_by_itself_needs_no_capture() {
    let world = World::new().await;

    let paid = world.paid(500_00, "captured").await;

    assert_eq!((paid.state, paid.captured), (IntentState::Captured, rupees(500_00)));
}

#[tokio::test]
async fn an_order_is_found_by_its_payment() {
    let world = World::new().await;
    let paid = world.paid(500_00, "captured").await;

    let found = world.gateway.fetch("payments/pay_00000000000002").await;
    let none = world.gateway.fetch("payments/pay_none").await;

    assert_eq!((found, none), (Ok(paid), Err(GatewayError::NotFound)));
}

#[tokio::test]
async fn an_open_order_counts_as_cancelled_and_a_paid_one_does_not() {
    let world = World::new().await;
    let open = world.opened(500_00).await;
    let paid = world.paid(600_00, "captured").await;

    let cancelled = world.gateway.cancel(&open.provider_ref).await.unwrap();
    let too_late = world.gateway.cancel(&paid.provider_ref).await.unwrap();

    assert_eq!((cancelled.state, cancelled.action), (IntentState::Cancelled, None));
    assert_eq!(too_late.state, IntentState::Captured);
}

#[tokio::test]
async fn refunds_that_wait_or_fail_say_so() {
    for (status, state) in [("pending", RefundState::Pending), ("failed", RefundState::Failed)] {
        let world = World::new().await;
        world.fake.books().refunds_are = Some(status.into());
        let paid = world.paid(500_00, "captured").await;
        let refund = new_refund(&world.env, &paid.provider_ref, rupees(500_00));

        assert_eq!(world.gateway.refund(&refund).await.unwrap().state, state);
    }
}

#[tokio::test]
async fn three_decimals_must_end_in_nought() {
    let world = World::new().await;

    let good =
        world.gateway.create(&new_intent(&world.env, Money::new(5_120, Currency::KWD))).await;
    let bad = world.gateway.create(&new_intent(&world.env, Money::new(5_124, Currency::KWD))).await;

    assert_eq!(good.unwrap().amount, Money::new(5_120, Currency::KWD));
    assert!(matches!(bad, Err(GatewayError::Refused { .. })), "{bad:?}");
}

#[tokio::test]
async fn what_the_form_gives_the_customer_is_checked() {
    let world = World::new().await;
    let made = world.opened(500_00).await;
    let other = world.opened(600_00).await;
    let proof = world.fake.pay(&made.provider_ref, "captured");
    let mut forged = proof.clone();
    forged.insert("razorpay_payment_id".into(), "pay_other".into());

    let gateway = &world.gateway;
    assert_eq!(gateway.returned(&made.provider_ref, &proof), Ok(()));
    assert_eq!(gateway.returned(&made.provider_ref, &forged), Err(NoticeError::Forged));
    assert_eq!(gateway.returned(&other.provider_ref, &proof), Err(NoticeError::Forged));
    assert_eq!(gateway.returned(&made.provider_ref, &headers(&[])), Err(NoticeError::Malformed));
}

#[test]
fn the_vector_of_the_form_is_accepted() {
    let vectors = vectors();
    let field = |name: &str| text(&vectors, &format!("/razorpay_checkout/{name}"));
    let proof = headers(&[
        ("razorpay_order_id", "fake_order_id"),
        ("razorpay_payment_id", "fake_payment_id"),
        ("razorpay_signature", field("razorpay_signature")),
    ]);
    let gateway = gateway("http://127.0.0.1:1", field("key_secret"), quick());

    assert_eq!(gateway.returned("fake_order_id", &proof), Ok(()));
}
