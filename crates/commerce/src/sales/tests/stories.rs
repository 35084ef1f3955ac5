//! What becomes of a sale, told one story at a time.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    flaky::Slip,
    invariants::{assert_at_rest, assert_sound},
    world::{INITIAL, World, a_payment, an_order},
};
use crate::{
    Actor, Failure, Id, Kind, Money, OrderId, UserId,
    order::{CancelReason, OrderState, Policy},
    payment::{
        IntentState, NoticeError, Payment, PaymentError, PaymentState, Reception, RefundState,
    },
    sales::{CancellationDecision, DecideCancellation, LatePayment},
    testing::{Memory, ProviderFault, TestEnv, assert_repository},
};

const HELD: [(usize, i64, Option<Policy>); 1] = [(0, 2, Some(Policy::Hold))];
const ON_PAYMENT: [(usize, i64, Option<Policy>); 1] = [(0, 3, Some(Policy::OnPayment))];

fn shop() -> World {
    World::new(LatePayment::Honour)
}

fn reason(world: &World, order: OrderId) -> Option<CancelReason> {
    match world.order(order).state {
        OrderState::Cancelled { reason, .. } => Some(reason),
        OrderState::Pending { .. } | OrderState::Paid { .. } => None,
    }
}

fn is_paid(world: &World, order: OrderId) -> bool {
    matches!(world.order(order).state, OrderState::Paid { .. })
}

#[tokio::test]
async fn payments_are_kept() {
    let env = TestEnv::new().env();
    let order = an_order(&env, Money::usd(10_00), Money::usd(0));
    let first = a_payment(&env, &order);
    let state = PaymentState::RequiresAction;
    let next = Payment { state, provider_ref: Some("pi_1".into()), checks: 3, ..first.clone() };

    assert_repository(&Memory::default(), first, next).await;
}

#[tokio::test]
async fn a_paid_order_takes_its_stock_and_is_earned() {
    let world = shop();

    let (order, payment) = world.sold().await;

    assert!(payment.settles);
    assert_eq!(world.memory().on_hand(world.goods[0]), INITIAL - 1);
    assert_eq!(world.balance("psp:model:clearing"), order.totals.total.minor);
    assert_eq!(world.balance("tax:default"), -order.totals.tax.minor);
    assert_eq!(world.told("order_paid"), 1);
    assert_at_rest(&world);
}

#[tokio::test]
async fn money_the_customer_has_agreed_to_pay_is_taken() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();

    world.customer(&payment, IntentState::Approved);
    world.pass(10);
    world.poll().await;
    world.notify_all().await;
    world.tell_all().await;

    assert!(is_paid(&world, order));
    assert_eq!(world.model.books().holds(), world.payment(payment.id).amount.minor);
    assert_at_rest(&world);
}

#[tokio::test]
async fn money_agreed_to_for_an_order_that_is_gone_is_not_taken() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();

    world.pass(3_600);
    world.customer(&payment, IntentState::Approved);
    world.notify_all().await;
    world.expire().await;
    world.tell_all().await;
    world.pass(2 * 86_400);
    world.poll().await;

    assert!(!is_paid(&world, order));
    assert_eq!(world.model.books().holds(), 0);
    assert_eq!(world.payment(payment.id).state.name(), "cancelled");
    assert_at_rest(&world);
}

#[tokio::test]
async fn a_payment_the_provider_has_forgotten_is_cancelled_with_its_order() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();

    world.model.books().intents.clear();
    world.pass(3_600);
    world.expire().await;
    world.tell_all().await;
    assert_eq!(world.payment(payment.id).state.name(), "cancelled");
    world.pass(2 * 86_400);
    world.poll().await;

    assert_eq!(world.payment(payment.id).check_at, None, "nobody asks without end");
    assert_at_rest(&world);
}

#[tokio::test]
async fn a_stranger_cannot_pay_an_order() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let stranger = Actor { user: UserId::new(&world.env()), ..world.buyer };
    let start = crate::sales::StartPayment { order, provider: "model".into() };

    let refused = world.sales.start_payment(&stranger, start, world.once()).await;

    assert!(matches!(refused, Err(PaymentError::NoOrder)));
}

#[tokio::test]
async fn an_order_has_one_open_payment() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let once = world.once();
    let first = world.start_with(order, once.clone()).await.unwrap();

    let second = world.start(order).await;
    let again = world.start_with(order, once).await;

    assert!(matches!(second, Err(PaymentError::InProgress(id)) if id == first.id));
    assert_eq!(again.unwrap_err().code(), "already_done", "the shell answers it again");
}

#[tokio::test]
async fn two_payments_started_at_once_meet_at_the_order() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();

    let (one, other) = tokio::join!(world.start(order), world.start(order));

    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_sound(&world);
}

#[tokio::test]
async fn a_lost_answer_leaves_the_payment_created_and_the_poller_finishes_it() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    world.model.books().fault = Some(ProviderFault::Lost);

    let payment = world.start(order).await.unwrap();
    assert_eq!(payment.state, PaymentState::Created);
    world.pass(6);
    world.poll().await;

    assert_eq!(world.payment(payment.id).state, PaymentState::Pending);
    assert_eq!(world.model.books().intents.len(), 1, "asked twice, made once");
}

#[tokio::test]
async fn a_request_that_broke_off_goes_on_when_it_is_repeated() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let once = world.once();
    world.model.books().fault = Some(ProviderFault::Down);
    let first = world.start_with(order, once.clone()).await.unwrap();

    let second = world.start_with(order, once).await.unwrap();

    assert_eq!((second.id, second.state), (first.id, PaymentState::Pending));
}

#[tokio::test]
async fn a_repeated_request_opens_nothing_for_a_payment_that_has_ended() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let once = world.once();
    world.model.books().fault = Some(ProviderFault::Down);
    world.start_with(order, once.clone()).await.unwrap();
    world.sales.request_cancellation(&world.buyer, order, "no".into()).await.unwrap();
    world.model.books().fault = Some(ProviderFault::Refused);
    world.tell_all().await;

    let again = world.start_with(order, once).await.unwrap();

    assert_eq!(again.state.name(), "failed");
    assert!(world.model.books().intents.is_empty());
}

#[tokio::test]
async fn a_refused_payment_leaves_room_for_another() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    world.model.books().fault = Some(ProviderFault::Refused);

    let refused = world.start(order).await.unwrap();
    let second = world.start(order).await.unwrap();

    assert_eq!(refused.state.name(), "failed");
    assert_eq!(second.state, PaymentState::Pending);
}

#[tokio::test]
async fn a_hundred_copies_of_a_message_settle_once() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();
    world.customer(&payment, IntentState::Captured);
    let message = world.model.books().notices[0].clone();

    for _ in 0..100 {
        world.notify(&message).await.unwrap();
        world.tell_all().await;
    }

    assert_eq!(world.told("provider_notice"), 1);
    assert_eq!(world.told("order_paid"), 1);
    assert_at_rest(&world);
}

#[tokio::test]
async fn one_event_id_with_two_bodies_is_set_aside() {
    let world = shop();
    let first = json!({"id": "evt_1", "kind": "moved", "ref": "pi_0"});
    let second = json!({"id": "evt_1", "kind": "moved", "ref": "pi_1"});

    assert_eq!(world.notify(&first).await.unwrap(), Reception::First);
    assert_eq!(world.notify(&first).await.unwrap(), Reception::Duplicate);
    assert_eq!(world.notify(&second).await.unwrap(), Reception::Quarantined);
}

#[tokio::test]
async fn a_forged_message_is_refused() {
    let world = shop();
    let headers = BTreeMap::from([("signature".to_owned(), "bad".to_owned())]);

    let refused = world.sales.receive_notice("model", &headers, b"{}").await;

    assert!(matches!(refused, Err(PaymentError::Notice(NoticeError::Forged))));
    assert_eq!(refused.unwrap_err().kind(), Kind::Unauthenticated);
}

#[tokio::test]
async fn a_message_of_a_kind_we_do_not_follow_changes_nothing() {
    let world = shop();

    world.notify(&json!({"id": "evt_1", "kind": "balance"})).await.unwrap();

    assert!(world.tell(0).await.is_ok());
}

#[tokio::test]
async fn a_lost_message_is_found_by_the_poller() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();
    world.customer(&payment, IntentState::Captured);
    world.model.books().notices.clear();

    world.pass(5);
    world.poll().await;

    assert!(is_paid(&world, order));
    assert_at_rest(&world);
}

#[tokio::test]
async fn another_amount_is_set_aside_and_nothing_is_applied() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();
    world.customer(&payment, IntentState::Captured);
    world.model.books().intents.get_mut("pi_0").unwrap().captured = Money::usd(1);

    world.notify_all().await;
    world.tell_all().await;

    assert!(world.payment(payment.id).state.is_open());
    assert_eq!(world.memory().read().quarantined.len(), 1);
    assert_eq!(world.told("payment_mismatch"), 1);
    assert_eq!(world.balance("psp:model:clearing"), 0);
}

#[tokio::test]
async fn another_amount_calls_a_person_once_however_often_the_provider_says_it() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();
    world.customer(&payment, IntentState::Captured);
    world.model.books().intents.get_mut("pi_0").unwrap().captured = Money::usd(1);
    world.notify_all().await;

    world.tell_all().await;
    for hours in 0..3 {
        world.pass(hours * 3_600 + 60);
        world.expire().await;
        world.tell_all().await;
        world.poll().await;
    }

    assert_eq!(reason(&world, order), Some(CancelReason::Expired));
    assert!(world.payment(payment.id).state.is_open());
    assert_eq!(world.told("payment_mismatch"), 1);
}

#[tokio::test]
async fn each_reason_to_set_a_payment_aside_is_told() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();
    world.customer(&payment, IntentState::Captured);

    world.model.books().intents.get_mut("pi_0").unwrap().captured = Money::usd(1);
    world.pass(3_600);
    world.poll().await;
    world.model.books().intents.get_mut("pi_0").unwrap().amount = Money::usd(1);
    world.pass(3_600);
    world.poll().await;

    assert_eq!(world.told("payment_mismatch"), 2);
}

#[tokio::test]
async fn what_was_set_aside_is_not_taken_back_at_each_poll() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();
    world.customer(&payment, IntentState::Captured);
    world.model.books().intents.get_mut("pi_0").unwrap().captured = Money::usd(1);
    world.pass(3_600);
    world.expire().await;
    let before = world.model.books().calls;

    world.poll().await;

    assert_eq!(world.model.books().calls, before + 1, "it is asked how it stands, and no more");
}

#[tokio::test]
async fn an_order_that_cannot_be_cancelled_keeps_no_other_from_running_out() {
    let world = shop();
    let bad = world.raise(&HELD).await.unwrap();
    world.pass(1);
    let good = world.raise(&HELD).await.unwrap();
    *world.store.poisoned.lock().unwrap() = Some(bad.uuid());
    world.pass(3_600);

    world.expire().await;

    assert_eq!(reason(&world, bad), None);
    assert_eq!(reason(&world, good), Some(CancelReason::Expired));
    assert_eq!(world.memory().held(world.goods[0]), 2);
}

#[tokio::test]
async fn a_late_capture_wins_over_an_earlier_no() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();
    world.customer(&payment, IntentState::Failed { code: "declined".into() });
    world.notify_all().await;
    world.tell_all().await;
    assert_eq!(world.payment(payment.id).state.name(), "failed");

    world.customer(&payment, IntentState::Captured);
    world.notify_all().await;
    world.tell_all().await;

    assert!(is_paid(&world, order));
    assert_at_rest(&world);
}

#[tokio::test]
async fn a_second_payment_of_a_paid_order_goes_back() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let first = world.start(order).await.unwrap();
    world.customer(&first, IntentState::Failed { code: "declined".into() });
    world.notify_all().await;
    world.tell_all().await;
    let second = world.start(order).await.unwrap();
    world.customer(&second, IntentState::Captured);
    world.customer(&first, IntentState::Captured);

    world.notify_all().await;
    world.tell_all().await;

    let payments = world.payments();
    assert_eq!(payments.iter().filter(|payment| payment.settles).count(), 1);
    let back = payments.iter().find(|payment| !payment.settles).unwrap();
    assert_eq!(back.refunds[0].cause.as_str(), "paid_twice");
    assert_eq!(back.refunds[0].state, RefundState::Succeeded);
    assert!(is_paid(&world, order));
    assert_at_rest(&world);
}

#[tokio::test]
async fn charged_without_stock_goes_back_and_cancels_the_order() {
    let world = shop();
    let (one, other) = (world.raise(&ON_PAYMENT).await, world.raise(&ON_PAYMENT).await);
    for order in [one.unwrap(), other.unwrap()] {
        let payment = world.start(order).await.unwrap();
        world.customer(&payment, IntentState::Captured);
    }

    world.notify_all().await;
    world.tell_all().await;

    let states: Vec<_> = world.orders().iter().map(|order| order.state.name()).collect();
    assert!(states.contains(&"paid") && states.contains(&"cancelled"), "{states:?}");
    let lost = world.payments().into_iter().find(|payment| !payment.settles).unwrap();
    assert_eq!(lost.refunds[0].cause.as_str(), "out_of_stock");
    assert_eq!(reason(&world, lost.order), Some(CancelReason::OutOfStock));
    assert_eq!(world.memory().on_hand(world.goods[0]), INITIAL - 3);
    assert_at_rest(&world);
}

#[tokio::test]
async fn money_for_an_expired_order_brings_it_back_while_there_is_stock() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();
    world.pass(1_800);
    world.expire().await;
    assert_eq!(reason(&world, order), Some(CancelReason::Expired));
    assert_eq!(world.memory().held(world.goods[0]), 0);

    world.customer(&payment, IntentState::Captured);
    world.notify_all().await;
    world.tell_all().await;

    assert!(is_paid(&world, order));
    assert_eq!(world.memory().on_hand(world.goods[0]), INITIAL - 2);
    assert_at_rest(&world);
}

#[tokio::test]
async fn money_for_an_expired_order_goes_back_when_the_shop_says_so() {
    let world = World::new(LatePayment::Refund);
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();
    world.pass(1_800);
    world.expire().await;

    world.customer(&payment, IntentState::Captured);
    world.notify_all().await;
    world.tell_all().await;

    assert_eq!(reason(&world, order), Some(CancelReason::Expired));
    assert_eq!(world.payment(payment.id).refunds[0].cause.as_str(), "too_late");
    assert_at_rest(&world);
}

#[tokio::test]
async fn an_order_that_ran_out_is_taken_back_from_the_provider() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();

    world.pass(1_800);
    world.expire().await;
    world.tell_all().await;

    assert_eq!(world.model.books().intents["pi_0"].state, IntentState::Cancelled);
    assert_eq!(world.payment(payment.id).state.name(), "cancelled");
}

#[tokio::test]
async fn an_unpaid_order_is_cancelled_at_once_and_a_capture_in_flight_goes_back() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.start(order).await.unwrap();
    world.customer(&payment, IntentState::Captured);

    let buyer = &world.buyer;
    let cancelled = world.sales.request_cancellation(buyer, order, "no".into()).await;
    world.tell_all().await;

    assert!(cancelled.is_ok());
    assert_eq!(reason(&world, order), Some(CancelReason::Requested));
    assert_eq!(world.payment(payment.id).refunds[0].cause.as_str(), "order_cancelled");
    assert_at_rest(&world);
}

#[tokio::test]
async fn an_operator_decides_on_a_paid_order() {
    let world = shop();
    let (order, _) = world.sold().await;
    let ask = async || {
        let buyer = &world.buyer;
        world.sales.request_cancellation(buyer, order.id, "too big".into()).await.unwrap()
    };
    let decide = async |decision, by: &Actor| {
        let decide = DecideCancellation { order: order.id, decision, reason: "so be it".into() };
        world.sales.decide_cancellation(by, decide).await
    };
    let operator = world.operator();

    let nothing_asked = decide(CancellationDecision::Decline, &operator).await;
    assert_eq!(nothing_asked.unwrap_err().code(), "no_cancellation_request");
    assert!(ask().await.cancellation_request.is_some());
    assert!(matches!(
        decide(CancellationDecision::Decline, &world.buyer).await,
        Err(PaymentError::NoOrder)
    ));
    let declined = decide(CancellationDecision::Decline, &operator).await.unwrap();
    assert_eq!(declined.cancellation_request, None);

    ask().await;
    decide(CancellationDecision::Approve { restock: true }, &operator).await.unwrap();
    world.tell_all().await;

    assert_eq!(reason(&world, order.id), Some(CancelReason::Refunded));
    assert_eq!(world.memory().on_hand(world.goods[0]), INITIAL);
    assert_at_rest(&world);
}

#[tokio::test]
async fn refunds_in_parts_never_exceed_what_was_captured() {
    let world = shop();
    let (order, payment) = world.sold().await;
    let total = order.totals.total.minor;

    world.refund(payment.id, Some(3_00)).await.unwrap();
    world.refund(payment.id, Some(1)).await.unwrap();
    let too_much = world.refund(payment.id, Some(total)).await;
    assert_eq!(too_much.unwrap_err().code(), "refund_too_large");
    world.refund(payment.id, None).await.unwrap();
    let nothing_left = world.refund(payment.id, None).await;
    assert_eq!(nothing_left.unwrap_err().code(), "nothing_to_refund");
    world.tell_all().await;

    assert_eq!(reason(&world, order.id), Some(CancelReason::Refunded));
    assert_eq!((world.balance("rev:sales"), world.balance("tax:default")), (0, 0));
    assert_at_rest(&world);
}

#[tokio::test]
async fn parallel_refunds_meet_at_the_payment() {
    let world = shop();
    let (order, payment) = world.sold().await;
    let half = order.totals.total.minor / 2 + 1;

    let all = futures_util::future::join_all((0..8).map(|_| world.refund(payment.id, Some(half))));

    assert_eq!(all.await.into_iter().flatten().count(), 1);
    assert_sound(&world);
}

#[tokio::test]
async fn a_buyer_cannot_refund() {
    let world = shop();
    let (_, payment) = world.sold().await;
    let request = crate::sales::RefundRequest {
        payment: payment.id,
        amount: None,
        reason: String::new(),
        restock: true,
    };

    let refused = world.sales.refund(&world.buyer, request, world.once()).await;

    assert!(matches!(refused, Err(PaymentError::NoPayment)));
}

#[tokio::test]
async fn a_refund_that_fails_is_earned_again() {
    let world = shop();
    let (order, payment) = world.sold().await;
    world.model.books().refunds_are = Some(RefundState::Failed);

    world.refund(payment.id, Some(5_00)).await.unwrap();
    world.tell_all().await;

    assert_eq!(world.told("refund_failed"), 1);
    assert_eq!(world.balance("refund:payable"), 0);
    assert_eq!(world.payment(payment.id).refundable(), Ok(order.totals.total));
    assert_at_rest(&world);
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_sent_once_more_under_the_same_key() {
    let world = shop();
    let (_, payment) = world.sold().await;
    world.refund(payment.id, None).await.unwrap();
    world.model.books().fault = Some(ProviderFault::Lost);

    world.tell_all().await;
    world.pass(6);
    world.poll().await;

    assert_eq!(world.model.books().intents["pi_0"].refunds.len(), 1);
    assert_at_rest(&world);
}

#[tokio::test]
async fn a_slow_refund_is_heard_of_by_message_or_by_asking() {
    let world = shop();
    let (order, payment) = world.sold().await;
    world.model.books().refunds_are = Some(RefundState::Pending);
    world.refund(payment.id, None).await.unwrap();
    world.tell_all().await;
    assert!(is_paid(&world, order.id), "not before the money is back");

    world.model.books().end_refund(0, RefundState::Succeeded);
    world.notify_all().await;
    world.tell_all().await;

    assert_eq!(reason(&world, order.id), Some(CancelReason::Refunded));
    assert_at_rest(&world);
}

#[tokio::test]
async fn dying_between_the_charge_and_the_commit_loses_nothing() {
    for slip in [Slip::Before, Slip::After] {
        let world = shop();
        let order = world.raise(&HELD).await.unwrap();
        let payment = world.start(order).await.unwrap();
        world.customer(&payment, IntentState::Captured);
        world.notify_all().await;
        *world.store.slip.lock().unwrap() = Some(slip);

        world.tell_all().await;
        world.tell_all().await;

        assert!(is_paid(&world, order), "{slip:?}");
        assert_at_rest(&world);
    }
}

#[tokio::test]
async fn what_is_stuck_for_a_day_is_told() {
    let world = shop();
    let order = world.raise(&HELD).await.unwrap();
    world.start(order).await.unwrap();

    world.pass(90_000);
    world.model.books().fault = Some(ProviderFault::Down);
    world.poll().await;

    assert_eq!(world.told("payment_stuck"), 1);
}

#[tokio::test]
async fn nobody_sees_what_is_not_theirs() {
    let world = shop();
    let (order, payment) = world.sold().await;
    let stranger = Actor { user: Id::new(&world.env()), ..world.buyer };

    assert!(world.sales.order(&world.buyer, order.id).await.is_ok());
    assert!(world.sales.order(&world.operator(), order.id).await.is_ok());
    assert!(matches!(world.sales.order(&stranger, order.id).await, Err(PaymentError::NoOrder)));
    let hidden = world.sales.payment(&stranger, payment.id).await;
    assert!(matches!(hidden, Err(PaymentError::NoPayment)));
}
