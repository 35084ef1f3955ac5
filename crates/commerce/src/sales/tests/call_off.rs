//! The rules of calling a sale off and of giving part of it back.

use super::world::{INITIAL, World};
use crate::{
    ClaimState, Id, Money, OrderId,
    order::{OrderState, Policy},
    payment::IntentState,
    sales::{LatePayment, MoneyBack, Share},
};

fn back(world: &World, share: Share) -> MoneyBack {
    MoneyBack { id: Id::new(&world.env()), share, reason: "called off".into() }
}

fn part(amount: i64, tax: i64) -> Share {
    Share::Part { amount: Money::usd(amount), tax: Money::usd(tax), of_line: None }
}

async fn rest(world: &World) {
    world.tell_all().await;
    world.notify_all().await;
    world.tell_all().await;
}

fn name(world: &World, order: OrderId) -> &'static str {
    world.order(order).state.name()
}

#[tokio::test]
async fn a_sale_that_is_called_off_frees_what_it_took_and_gives_back_what_was_agreed() {
    let world = World::new(LatePayment::Honour);
    let (order, payment) = world.sold().await;
    let half = back(&world, part(4_62, 74));

    for _ in 0..3 {
        world.sales.call_off(order.id, &half).await.unwrap();
        rest(&world).await;
    }

    let payment = world.payment(payment.id);
    assert_eq!(name(&world, order.id), "cancelled");
    assert_eq!((payment.refunds.len(), payment.refunded().unwrap()), (1, Money::usd(4_62)));
    assert_eq!(world.memory().on_hand(world.goods[0]), INITIAL);
    assert_eq!(world.balance("psp:model:clearing"), 9_25 - 4_62);
    assert_eq!(world.balance("refund:payable"), 0);
    assert_eq!((world.balance("rev:sales"), world.balance("tax:default")), (-3_89, -74));
}

#[tokio::test]
async fn an_unpaid_sale_that_is_called_off_owes_nothing_and_late_money_goes_back() {
    let world = World::new(LatePayment::Honour);
    let order = world.raise(&[(0, 1, Some(Policy::Hold))]).await.unwrap();
    let payment = world.start(order).await.unwrap();

    world.sales.call_off(order, &back(&world, Share::Everything)).await.unwrap();
    world.customer(&payment, IntentState::Captured);
    rest(&world).await;
    rest(&world).await;

    assert_eq!(name(&world, order), "cancelled");
    assert_eq!(world.payment(payment.id).refunded().unwrap(), payment.amount);
    assert_eq!(world.balance("psp:model:clearing"), 0);
}

#[tokio::test]
async fn what_is_given_back_leaves_the_sale_and_is_never_more_than_is_left() {
    let world = World::new(LatePayment::Honour);
    let (order, payment) = world.sold().await;

    world.sales.give_back(order.id, &back(&world, part(5_00, 0))).await.unwrap();
    world.sales.give_back(order.id, &back(&world, part(5_00, 0))).await.unwrap();
    let refunds = world.payment(payment.id).refunds;
    let kept =
        world.memory().read().claims.values().all(|c| matches!(c.state, ClaimState::Kept { .. }));
    assert!(matches!(world.order(order.id).state, OrderState::Paid { .. }) && kept);
    rest(&world).await;

    let amounts: Vec<_> = refunds.iter().map(|refund| refund.amount.minor).collect();
    assert_eq!(amounts, [5_00, 4_25]);
    assert_eq!((world.balance("rev:sales"), world.balance("tax:default")), (0, 0));
    world.sales.give_back(order.id, &back(&world, Share::Everything)).await.unwrap();
    assert_eq!(world.payment(payment.id).refunds.len(), 2, "nothing is left to give");
}
