//! The rules of an order's life.

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    ClaimId, ClaimMove, ClaimState, CommitError, Effects, Money, PaymentId, Repository, ResourceId,
    Span, Write,
    claim::StockDelta,
    testing::{Memory, TestEnv, assert_claims, assert_repository, assert_time_claims, moment},
};

const PAYMENT: PaymentId = Id::from_uuid(Uuid::from_u128(1));

fn line(env: &TestEnv, units: i64, policy: Option<Policy>) -> OrderLine {
    let env = env.env();
    let reservation = policy.map(|policy| Reservation {
        span: None,
        claim: ClaimId::new(&env),
        resource: ResourceId::new(&env),
        units,
        policy,
    });
    let quantity = u32::try_from(units).unwrap();
    let unit_price = Money::usd(10_00);
    OrderLine {
        id: env.uuid(),
        sku: "TEA".into(),
        name: "Green tea".into(),
        quantity,
        unit_price,
        total: unit_price.times(units).unwrap(),
        tax: Money::usd(0),
        seller: None,
        commission: None,
        reservation,
        snapshot: json!({}),
    }
}

fn raise(env: &TestEnv, lines: Vec<OrderLine>) -> (Order, Effects) {
    let zero = Money::usd(0);
    let subtotal = Money::sum(zero.currency, lines.iter().map(|line| line.total)).unwrap();
    let new = NewOrder {
        id: OrderId::new(&env.env()),
        buyer: Id::new(&env.env()),
        origin: Origin { mode: "test".into(), reference: Uuid::nil() },
        lines,
        totals: Totals::of(subtotal, zero, zero, zero, "default").unwrap(),
        address: None,
        until: moment(60),
    };
    Order::raise(new, moment(0)).unwrap()
}

fn deltas(moves: &[ClaimMove]) -> Vec<StockDelta> {
    moves.iter().map(ClaimMove::delta).collect()
}

#[test]
fn raising_an_order_holds_only_what_is_to_be_held() {
    let env = TestEnv::new();
    let lines = [Some(Policy::Hold), Some(Policy::OnPayment), None].map(|p| line(&env, 2, p));

    let (_, effects) = raise(&env, lines.to_vec());

    assert_eq!(deltas(&effects.claims), [StockDelta { on_hand: 0, held: 2 }]);
    assert_eq!(effects.orders.len(), 1);
}

#[test]
fn an_order_whose_lines_do_not_add_up_cannot_be_raised() {
    let env = TestEnv::new();
    let zero = Money::usd(0);
    let new = NewOrder {
        id: OrderId::new(&env.env()),
        buyer: Id::new(&env.env()),
        origin: Origin { mode: "test".into(), reference: Uuid::nil() },
        lines: vec![line(&env, 2, None)],
        totals: Totals::of(Money::usd(19_99), zero, zero, zero, "default").unwrap(),
        address: None,
        until: moment(60),
    };

    assert_eq!(Order::raise(new, moment(0)).unwrap_err(), OrderError::DoesNotAddUp);
}

#[test]
fn payment_takes_what_was_held_and_claims_what_was_not() {
    let env = TestEnv::new();
    let lines = [Some(Policy::Hold), Some(Policy::OnPayment)].map(|p| line(&env, 2, p));
    let (order, _) = raise(&env, lines.to_vec());

    let (paid, moves) = order.pay(PAYMENT, moment(1)).unwrap();

    assert_eq!(paid.state, OrderState::Paid { at: moment(1), payment: PAYMENT });
    let taken = [StockDelta { on_hand: -2, held: -2 }, StockDelta { on_hand: -2, held: 0 }];
    assert_eq!(deltas(&moves), taken);
    assert_eq!(paid.pay(PAYMENT, moment(2)).unwrap_err(), OrderError::AlreadyPaid);
}

#[test]
fn an_unpaid_order_expires_and_gives_back_what_it_held() {
    let env = TestEnv::new();
    let (order, _) = raise(&env, vec![line(&env, 2, Some(Policy::Hold))]);

    assert_eq!(order.clone().expire(moment(59)).unwrap_err(), OrderError::NotExpired);
    let (expired, moves) = order.expire(moment(60)).unwrap();

    assert_eq!(deltas(&moves), [StockDelta { on_hand: 0, held: -2 }]);
    assert_eq!(expired.state.name(), "cancelled");
}

#[test]
fn a_late_payment_revives_an_expired_order_but_not_a_cancelled_one() {
    let env = TestEnv::new();
    let (order, _) = raise(&env, vec![line(&env, 2, Some(Policy::Hold))]);
    let (expired, _) = order.clone().expire(moment(60)).unwrap();
    let (cancelled, _) = order.cancel(CancelReason::Requested, moment(5)).unwrap();

    let (revived, moves) = expired.pay(PAYMENT, moment(90)).unwrap();

    assert_eq!(revived.state.name(), "paid");
    assert_eq!(moves[0].from, Some(ClaimState::Released { at: moment(60) }));
    assert_eq!(deltas(&moves), [StockDelta { on_hand: -2, held: 0 }]);
    assert_eq!(cancelled.pay(PAYMENT, moment(90)).unwrap_err(), OrderError::Cancelled);
}

#[test]
fn cancelling_a_paid_order_gives_back_what_it_took() {
    let env = TestEnv::new();
    let lines = [Some(Policy::Hold), Some(Policy::OnPayment)].map(|p| line(&env, 2, p));
    let (order, _) = raise(&env, lines.to_vec());
    let (paid, _) = order.pay(PAYMENT, moment(1)).unwrap();

    let (cancelled, moves) = paid.cancel(CancelReason::Refunded, moment(2)).unwrap();

    assert_eq!(deltas(&moves), [StockDelta { on_hand: 2, held: 0 }; 2]);
    assert!(cancelled.cancel(CancelReason::Refunded, moment(3)).is_err());
}

#[tokio::test]
async fn an_order_that_does_not_fit_leaves_no_trace() {
    let (env, memory) = (TestEnv::new(), Memory::default());
    let order_line = line(&env, 2, Some(Policy::Hold));
    memory.set_stock(order_line.reservation.as_ref().unwrap().resource, 1);
    let (order, mut effects) = raise(&env, vec![order_line]);
    let write: Write<Order> = effects.orders.remove(0);

    let refused = memory.commit(write.with(effects)).await;

    assert!(matches!(refused, Err(CommitError::OutOfStock(_))));
    assert!(Repository::<Order>::find(&memory, order.id).await.unwrap().is_none());
    assert!(memory.read().claims.is_empty());
}

#[tokio::test]
async fn orders_are_kept() {
    let env = TestEnv::new();
    let first = raise(&env, vec![line(&env, 1, None)]).0;
    let asked = CancellationRequest { at: moment(1), reason: "changed my mind".into() };
    let next = Order { cancellation_request: Some(asked), ..first.clone() };

    assert_repository(&Memory::default(), first, next).await;
}

#[tokio::test]
async fn units_are_not_promised_twice() {
    let (env, memory) = (TestEnv::new(), Memory::default());
    let carrier = || raise(&env, vec![line(&env, 1, None)]).0;

    assert_claims(&memory, &env.env(), carrier).await;
}

#[tokio::test]
async fn time_is_not_promised_twice() {
    let (env, memory) = (TestEnv::new(), Memory::default());
    let carrier = || raise(&env, vec![line(&env, 1, None)]).0;

    assert_time_claims(&memory, &env.env(), carrier).await;
}

#[test]
fn an_order_claims_time_and_gives_it_back() {
    let env = TestEnv::new();
    let mut lent = line(&env, 1, Some(Policy::Hold));
    let span = Span::try_new(moment(100), moment(200)).unwrap();
    lent.reservation = lent.reservation.map(|r| Reservation { span: Some(span), ..r });
    let (order, effects) = raise(&env, vec![lent]);
    let (expired, released) = order.expire(moment(60)).unwrap();
    let (_, kept) = expired.pay(PAYMENT, moment(90)).unwrap();

    assert_eq!(effects.claims[0].claim.span, Some(span));
    assert_eq!(deltas(&released), [StockDelta::default()]);
    assert_eq!(kept[0].claim.state, ClaimState::Kept { at: moment(90) });
    assert_eq!(kept[0].claim.span, Some(span));
}
