//! What holds after every step, and what holds when everything has come to rest.

use std::collections::BTreeMap;

use super::world::{INITIAL, World};
use crate::{
    ClaimState, Currency, Order, Payment, Posting,
    order::{CancelReason, OrderState},
    payment::{PaymentState, Refund, RefundCause, RefundState},
};

pub fn assert_sound(world: &World) {
    stock_explains_itself(world);
    books_sum_to_nothing(world);
    assert!(world.purse() >= 0, "a wallet is never overdrawn");
    for order in world.orders() {
        order_is_sound(world, &order);
    }
    for payment in world.payments() {
        payment_is_sound(&payment);
    }
}

fn stock_explains_itself(world: &World) {
    let books = world.memory().read();
    for resource in &world.goods {
        let (on_hand, held) = books.stock[resource];
        let units = |fits: fn(ClaimState) -> bool| -> i64 {
            let ours = books.claims.values().filter(|claim| claim.resource == *resource);
            ours.filter(|claim| fits(claim.state)).map(|claim| claim.units).sum()
        };
        assert!(0 <= held && held <= on_hand, "stock is never negative");
        assert_eq!(units(|state| matches!(state, ClaimState::Held { .. })), held);
        let kept = units(|state| matches!(state, ClaimState::Kept { .. }));
        assert_eq!(kept + on_hand, INITIAL, "what was sold and what is there make the whole");
    }
}

fn books_sum_to_nothing(world: &World) {
    let books = world.memory().read();
    let entries = books.postings.iter().flat_map(Posting::entries);
    assert_eq!(entries.map(|entry| entry.amount.minor).sum::<i64>(), 0);
    let mut ids: Vec<_> = books.postings.iter().map(|posting| posting.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), books.postings.len(), "nothing is booked twice");
}

fn order_is_sound(world: &World, order: &Order) {
    let payments = world.payments();
    let settled: Vec<_> = payments.iter().filter(|p| p.order == order.id && p.settles).collect();
    let open = payments.iter().filter(|p| p.order == order.id && p.state.is_open()).count();
    assert!(open <= 1, "at most one payment is open");
    match &order.state {
        OrderState::Paid { payment, .. } => {
            assert_eq!(settled.len(), 1, "a paid order has one payment that paid it");
            assert_eq!(settled[0].id, *payment);
        }
        OrderState::Cancelled { reason: CancelReason::Refunded, .. } => {
            assert_eq!(settled.len(), 1);
            assert_eq!(settled[0].refunded(), Ok(settled[0].captured));
            goods_are_where_the_shop_put_them(world, order, settled[0]);
        }
        OrderState::Pending { .. } | OrderState::Cancelled { .. } => {
            assert_eq!(settled.len(), 0, "nothing pays an order that is not paid");
        }
    }
    let escrow = format!("order:{}:escrow", order.id.uuid().simple());
    assert_eq!(world.balance(&escrow), 0, "nothing is left in escrow");
}

fn goods_are_where_the_shop_put_them(world: &World, order: &Order, payment: &Payment) {
    let live = payment.refunds.iter().filter(|refund| refund.is_live());
    let shelved = live.map(|refund| refund.cause).any(RefundCause::restocks);
    let books = world.memory().read();
    for claim in books.claims.values().filter(|claim| claim.holder == order.id.uuid()) {
        assert_eq!(matches!(claim.state, ClaimState::Released { .. }), shelved, "{claim:?}");
    }
}

fn payment_is_sound(payment: &Payment) {
    let captured = matches!(payment.state, PaymentState::Captured { .. });
    assert_eq!(payment.captured.minor, if captured { payment.amount.minor } else { 0 });
    let live = payment.refunds.iter().filter(|refund| refund.is_live());
    let given: i64 = live.map(|refund| refund.amount.minor).sum();
    assert!(given <= payment.captured.minor, "never more back than was taken");
    let taxes = payment.refunds.iter().all(|r| 0 <= r.tax.minor && r.tax.minor <= r.amount.minor);
    assert!(taxes);
    let waits = payment.state.is_open() || payment.refunds.iter().any(Refund::is_pending);
    assert!(!waits || payment.check_at.is_some(), "what waits is looked after: {payment:?}");
}

/// Our books and the provider's tell the same story, and nothing waits.
pub fn assert_at_rest(world: &World) {
    assert_sound(world);
    let payments = world.payments();
    for order in world.orders() {
        assert!(!matches!(order.state, OrderState::Pending { .. }), "nothing waits for ever");
    }
    for payment in &payments {
        assert!(!payment.state.is_open(), "nothing stays open: {payment:?}");
        assert!(!payment.refunds.iter().any(Refund::is_pending), "nothing hangs: {payment:?}");
        assert_eq!(payment.check_at, None, "there is nothing to look after: {payment:?}");
    }
    assert_eq!(world.balance("psp:model:clearing"), world.model.books().holds());
    assert_eq!(-world.balance("refund:payable"), still_owed(&payments), "what is owed is known");
    assert_earnings(world, &payments);
    assert_eq!(world.purse(), left_in_wallet(world, &payments), "the wallet explains itself");
    assert_same_story(world, &payments);
}

fn still_owed(payments: &[Payment]) -> i64 {
    let unsold = payments.iter().filter(|payment| !payment.settles);
    unsold.map(|payment| payment.captured.minor - payment.refunded().unwrap().minor).sum()
}

fn assert_earnings(world: &World, payments: &[Payment]) {
    let mut tax = 0;
    let mut all = 0;
    for payment in payments.iter().filter(|payment| payment.settles) {
        if world.order(payment.order).tops_up_wallet() {
            continue;
        }
        let arrived = payment.refunds.iter().filter(|r| r.state == RefundState::Succeeded);
        tax += world.order(payment.order).totals.tax.minor;
        tax -= arrived.map(|refund| refund.tax.minor).sum::<i64>();
        all += payment.captured.minor - payment.refunded().unwrap().minor;
    }
    assert_eq!(-world.balance("tax:default"), tax);
    assert_eq!(-world.balance("rev:sales"), all - tax);
}

/// What was paid in and not given back, less what was paid from it and did not come back.
fn left_in_wallet(world: &World, payments: &[Payment]) -> i64 {
    let kept = |payment: &Payment| payment.captured.minor - payment.refunded().unwrap().minor;
    let part = |payment: &Payment| {
        if payment.is_from_wallet() {
            -kept(payment)
        } else if payment.settles && world.order(payment.order).tops_up_wallet() {
            kept(payment)
        } else {
            0
        }
    };
    payments.iter().map(part).sum()
}

fn assert_same_story(world: &World, payments: &[Payment]) {
    let books = world.model.books();
    let ours: BTreeMap<_, _> = payments.iter().map(|p| (p.id.to_string(), p)).collect();
    for intent in books.intents.values() {
        let payment = ours[&intent.reference];
        assert_eq!(payment.captured, intent.captured, "every charge is in our books");
        let sent = intent.refunds.iter().filter(|r| r.state == RefundState::Succeeded);
        let sent: i64 = sent.map(|refund| refund.amount.minor).sum();
        assert_eq!(payment.refunded().unwrap().minor, sent, "and every refund");
    }
    assert!(books.intents.values().all(|intent| intent.amount.currency == Currency::USD));
}
