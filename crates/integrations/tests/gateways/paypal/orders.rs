//! A payment's way at PayPal.

use chrono::TimeDelta;
use commerce::{
    Money,
    payment::{GatewayError, IntentState, PaymentGateway, RefundState},
};
use integrations::{gateways::paypal::PayPalSettings, testing::PAYPAL_TOKEN_LIFE};

use super::World;
use crate::common::{new_intent, new_refund};

#[tokio::test]
async fn a_payment_is_agreed_to_captured_and_refunded() {
    let world = World::new().await;
    let new = new_intent(&world.env, Money::usd(19_99));

    let made = world.gateway.create(&new).await.unwrap();
    assert_eq!((made.state, made.amount), (IntentState::Pending, Money::usd(19_99)));
    world.fake.approve(&made.provider_ref);
    let approved = world.gateway.fetch(&made.provider_ref).await.unwrap();
    assert_eq!((approved.state, approved.action), (IntentState::Approved, None));
    let paid = world.gateway.capture(&made.provider_ref, made.amount).await.unwrap();
    assert_eq!((paid.state, paid.captured), (IntentState::Captured, Money::usd(19_99)));
    assert_eq!(paid.reference, new.payment.to_string());

    let refund = new_refund(&world.env, &made.provider_ref, Money::usd(4_00));
    let first = world.gateway.refund(&refund).await.unwrap();
    let second = world.gateway.refund(&refund).await.unwrap();
    let too_much = new_refund(&world.env, &made.provider_ref, Money::usd(16_00));
    let too_much = world.gateway.refund(&too_much).await;
    assert_eq!(
        (first.state, &first.reference),
        (RefundState::Succeeded, &refund.refund.to_string())
    );
    assert_eq!(first, second);
    assert_eq!(too_much, Err(GatewayError::Refused { code: "REFUND_AMOUNT_EXCEEDED".into() }));
    let known = world.gateway.fetch(&made.provider_ref).await.unwrap();
    assert_eq!((known.state, known.refunds), (IntentState::Captured, vec![first]));
}

#[tokio::test]
async fn an_order_is_found_by_its_capture() {
    let world = World::new().await;
    let paid = world.captured(5_00).await;
    let capture =
        &world.fake.books().orders()[0]["purchase_units"][0]["payments"]["captures"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();

    assert_eq!(world.gateway.fetch(&format!("captures/{capture}")).await, Ok(paid));
    let none = world.gateway.fetch("captures/NONE").await;
    let odd = world.gateway.fetch("captures/../x").await;
    assert_eq!((none, odd), (Err(GatewayError::NotFound), Err(GatewayError::NotFound)));
}

#[tokio::test]
async fn a_capture_happens_once_and_only_after_an_approval() {
    let world = World::new().await;
    let open = world.opened(5_00).await;

    let early = world.gateway.capture(&open.provider_ref, open.amount).await.unwrap();
    world.fake.approve(&open.provider_ref);
    let part = world.gateway.capture(&open.provider_ref, Money::usd(1_00)).await;
    let first = world.gateway.capture(&open.provider_ref, open.amount).await.unwrap();
    let second = world.gateway.capture(&open.provider_ref, open.amount).await.unwrap();

    assert_eq!(early.state, IntentState::Pending);
    assert!(matches!(part, Err(GatewayError::Refused { .. })), "{part:?}");
    assert_eq!((first.state.clone(), &first), (IntentState::Captured, &second));
}

#[tokio::test]
async fn a_declined_source_sends_the_customer_back_and_the_next_approval_counts() {
    let world = World::new().await;
    let approved = world.approved(5_00).await;
    world.fake.books().declines = 1;

    let declined = world.gateway.capture(&approved.provider_ref, approved.amount).await.unwrap();
    world.fake.approve(&approved.provider_ref);
    let paid = world.gateway.capture(&approved.provider_ref, approved.amount).await.unwrap();

    assert_eq!(declined.state, IntentState::RequiresAction);
    assert!(declined.action.unwrap().url.is_some());
    assert_eq!(paid.state, IntentState::Captured);
}

#[tokio::test]
async fn money_that_is_only_promised_is_not_captured() {
    for (status, state) in [
        ("PENDING", IntentState::Pending),
        ("DECLINED", IntentState::Failed { code: "declined".into() }),
    ] {
        let world = World::new().await;
        world.fake.books().captures_are = Some(status.into());

        let outcome = world.captured(5_00).await;

        assert_eq!((outcome.state, outcome.captured), (state, Money::usd(0)), "{status}");
    }
}

#[tokio::test]
async fn an_order_that_nobody_captures_is_as_good_as_cancelled() {
    let world = World::new().await;
    let open = world.opened(5_00).await;
    let paid = world.captured(6_00).await;

    let cancelled = world.gateway.cancel(&open.provider_ref).await.unwrap();
    let too_late = world.gateway.cancel(&paid.provider_ref).await.unwrap();

    assert_eq!((cancelled.state, cancelled.action), (IntentState::Cancelled, None));
    assert_eq!(too_late.state, IntentState::Captured);
}

#[tokio::test]
async fn a_slow_refund_is_heard_of_by_asking_again() {
    let world = World::new().await;
    world.fake.books().refunds_are = Some("PENDING".into());
    let paid = world.captured(5_00).await;
    let refund = new_refund(&world.env, &paid.provider_ref, Money::usd(5_00));

    assert_eq!(world.gateway.refund(&refund).await.unwrap().state, RefundState::Pending);
    assert_eq!(world.gateway.refund(&refund).await.unwrap().state, RefundState::Pending);
    assert_eq!(world.gateway.fetch(&paid.provider_ref).await.unwrap().refunds.len(), 1);
}

#[tokio::test]
async fn an_order_paid_to_somebody_else_is_nobodys() {
    let other = |settings| PayPalSettings { merchant_id: "OTHER".into(), ..settings };
    let world = World::with(other).await;

    assert_eq!(world.opened(5_00).await.reference, "");
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_again_before_it_runs_out() {
    let world = World::new().await;
    let gateway = &world.gateway;

    let new = new_intent(&world.env, Money::usd(5_00));
    let (one, two, three) =
        tokio::join!(gateway.create(&new), gateway.fetch("NONE"), gateway.fetch("NONE"));
    assert!(one.is_ok() && two.is_err() && three.is_err());
    assert_eq!(world.fake.books().tokens_given, 1, "three asked at once");

    world.env.clock.advance(TimeDelta::seconds(PAYPAL_TOKEN_LIFE - 61));
    gateway.fetch("NONE").await.unwrap_err();
    assert_eq!(world.fake.books().tokens_given, 1);
    world.env.clock.advance(TimeDelta::seconds(1));
    gateway.fetch("NONE").await.unwrap_err();
    assert_eq!(world.fake.books().tokens_given, 2, "its last minute has come");
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let world = World::new().await;
    let made = world.opened(5_00).await;

    world.fake.revoke_tokens();
    assert_eq!(world.gateway.fetch(&made.provider_ref).await, Ok(made));
    assert_eq!(world.fake.books().tokens_given, 2);
}
