//! A customer's wallet: topped up, paid from, refunded into; never overdrawn.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    invariants::{assert_at_rest, assert_sound},
    sellers::{ANN, of, order_of, own},
    world::{INITIAL, World},
};
use crate::{
    Account, Currency, Effects, Failure, Kind, Money, OrderId, PageRequest, Payment, Repository,
    order::{CancelReason, OrderState, Policy},
    payment::{IntentState, PaymentError, PaymentState, RefundState},
    sales::{LatePayment, StartPayment, TopUp},
    testing::ProviderFault,
    wallet::{TopUpLimits, WALLET, WalletError, WalletSettings},
};

/// 18.49 with its tax.
const HELD: [(usize, i64, Option<Policy>); 1] = [(0, 2, Some(Policy::Hold))];
const ON_PAYMENT: [(usize, i64, Option<Policy>); 1] = [(0, 3, Some(Policy::OnPayment))];

pub fn limits() -> WalletSettings {
    let usd = TopUpLimits { least_minor: 1_00, most_minor: 200_00, balance_minor: 500_00 };
    let limits = BTreeMap::from([(Currency::USD, usd)]);
    WalletSettings { enabled: true, limits, ..WalletSettings::default() }
}

fn shop() -> World {
    let mut world = World::new(LatePayment::Honour);
    world.sales.settings.wallet = limits();
    world
}

impl World {
    pub async fn top_up(&self, minor: i64) -> Result<Payment, PaymentError> {
        let top_up = TopUp { amount: Money::usd(minor), provider: "model".into() };
        self.sales.top_up_wallet(&self.buyer, top_up, self.once()).await
    }

    pub async fn pay_from_wallet(&self, order: OrderId) -> Result<Payment, PaymentError> {
        let start = StartPayment { order, provider: WALLET.into() };
        self.sales.start_payment(&self.buyer, start, self.once()).await
    }

    /// What is in the buyer's wallet.
    pub fn purse(&self) -> i64 {
        -self.balance(Account::wallet(self.buyer.user).code())
    }

    /// Money in the wallet, by way of the provider.
    async fn with_money(&self, minor: i64) -> Payment {
        let payment = self.top_up(minor).await.unwrap();
        self.customer(&payment, IntentState::Captured);
        self.notify_all().await;
        self.tell_all().await;
        self.payment(payment.id)
    }
}

#[tokio::test]
async fn what_a_customer_pays_in_is_in_the_wallet_and_is_no_sale() {
    let world = shop();

    let payment = world.with_money(50_00).await;

    assert!(payment.settles);
    assert_eq!((world.purse(), world.balance("psp:model:clearing")), (50_00, 50_00));
    assert_eq!(world.balance("rev:sales"), 0);
    let order = world.order(payment.order);
    assert!(order.tops_up_wallet() && matches!(order.state, OrderState::Paid { .. }));
    assert_at_rest(&world);
}

#[tokio::test]
async fn an_order_is_paid_from_the_wallet_in_one_commit() {
    let world = shop();
    world.with_money(50_00).await;
    let order = world.raise(&HELD).await.unwrap();
    let total = world.order(order).totals.total.minor;
    let postings = world.memory().read().postings.len();

    let payment = world.pay_from_wallet(order).await.unwrap();

    assert!(payment.settles && matches!(payment.state, PaymentState::Captured { .. }));
    assert!(matches!(world.order(order).state, OrderState::Paid { .. }));
    assert_eq!(world.purse(), 50_00 - total);
    assert_eq!(world.balance("psp:wallet:clearing"), 0, "no provider has anything of it");
    assert_eq!(world.memory().on_hand(world.goods[0]), INITIAL - 2);
    assert_eq!(world.memory().read().postings.len(), postings + 2, "W2 and S1");
    assert_at_rest(&world);
}

#[tokio::test]
async fn what_is_missing_is_told_and_nothing_is_written() {
    let world = shop();
    world.with_money(10_00).await;
    let order = world.raise(&HELD).await.unwrap();
    let missing = Money::usd(world.order(order).totals.total.minor - 10_00);

    let refused = world.pay_from_wallet(order).await.unwrap_err();

    assert_eq!((refused.kind(), refused.code()), (Kind::Conflict, "insufficient_funds"));
    assert_eq!(refused.facts(), Some(json!({ "missing": missing })));
    assert_eq!(world.payments().len(), 1, "only the top-up");
    assert_eq!(world.purse(), 10_00);
    world.with_money(missing.minor).await;
    world.pay_from_wallet(order).await.unwrap();
    assert_eq!(world.purse(), 0);
    assert_at_rest(&world);
}

#[tokio::test]
async fn a_refund_of_what_came_from_the_wallet_goes_back_into_it_and_no_provider_is_asked() {
    let world = shop();
    world.with_money(50_00).await;
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.pay_from_wallet(order).await.unwrap();

    world.refund(payment.id, Some(5_00)).await.unwrap();
    world.tell_all().await;
    world.tell_all().await;
    let after_part = world.purse();
    world.refund(payment.id, None).await.unwrap();
    world.tell_all().await;
    let too_much = world.refund(payment.id, Some(1)).await;

    assert_eq!(after_part, 50_00 - payment.amount.minor + 5_00);
    assert_eq!(world.purse(), 50_00);
    assert!(matches!(too_much, Err(PaymentError::RefundTooLarge { .. })));
    assert!(world.model.books().intents.values().all(|intent| intent.refunds.is_empty()));
    let order = world.order(order).state;
    assert!(matches!(order, OrderState::Cancelled { reason: CancelReason::Refunded, .. }));
    assert_eq!(world.memory().on_hand(world.goods[0]), INITIAL);
    assert_at_rest(&world);
}

#[tokio::test]
async fn what_was_gone_before_it_was_paid_for_is_back_in_the_wallet() {
    let world = shop();
    world.with_money(100_00).await;
    let (first, second) =
        (world.raise(&ON_PAYMENT).await.unwrap(), world.raise(&ON_PAYMENT).await.unwrap());
    world.pay_from_wallet(first).await.unwrap();
    let left = world.purse();

    let late = world.pay_from_wallet(second).await.unwrap();
    world.tell_all().await;

    assert!(!late.settles);
    assert_eq!(world.payment(late.id).refunds[0].state, RefundState::Succeeded);
    assert_eq!(world.purse(), left);
    let state = world.order(second).state;
    assert!(matches!(state, OrderState::Cancelled { reason: CancelReason::OutOfStock, .. }));
    assert_at_rest(&world);
}

#[tokio::test]
async fn a_refund_is_put_back_by_the_poller_when_nobody_tells() {
    let world = shop();
    world.with_money(50_00).await;
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.pay_from_wallet(order).await.unwrap();
    world.refund(payment.id, None).await.unwrap();

    world.pass(3_600);
    world.poll().await;

    assert_eq!(world.purse(), 50_00);
    assert_at_rest(&world);
}

#[tokio::test]
async fn only_what_was_not_spent_of_a_top_up_is_refunded() {
    let world = shop();
    let top_up = world.with_money(50_00).await;
    let order = world.raise(&HELD).await.unwrap();
    world.pay_from_wallet(order).await.unwrap();
    let left = Money::usd(world.purse());

    let whole = world.refund(top_up.id, Some(50_00)).await;
    world.refund(top_up.id, None).await.unwrap();
    world.tell_all().await;

    let told = matches!(whole, Err(PaymentError::RefundTooLarge { left: told }) if told == left);
    assert!(told, "{whole:?}");
    assert_eq!(world.purse(), 0);
    assert_eq!(world.balance("psp:model:clearing"), 50_00 - left.minor);
    assert_at_rest(&world);
}

#[tokio::test]
async fn a_top_up_that_cannot_be_refunded_stays_in_the_wallet() {
    let world = shop();
    let top_up = world.with_money(50_00).await;
    world.model.books().refunds_are = Some(RefundState::Failed);

    world.refund(top_up.id, Some(20_00)).await.unwrap();
    assert_eq!(world.purse(), 30_00);
    world.tell_all().await;

    assert_eq!(world.purse(), 50_00);
    assert_at_rest(&world);
}

#[tokio::test]
async fn a_late_top_up_counts_unless_the_shop_says_otherwise() {
    for (late, expected) in [(LatePayment::Honour, 50_00), (LatePayment::Refund, 0)] {
        let mut world = World::new(late);
        world.sales.settings.wallet = limits();
        let payment = world.top_up(50_00).await.unwrap();
        world.pass(3_600);
        world.expire().await;

        world.customer(&payment, IntentState::Captured);
        world.notify_all().await;
        world.tell_all().await;

        assert_eq!(world.purse(), expected, "{late:?}");
        assert_at_rest(&world);
    }
}

#[tokio::test]
async fn top_ups_keep_to_the_limits() {
    let world = shop();
    let code = |outcome: Result<Payment, PaymentError>| outcome.unwrap_err().code();

    assert_eq!(code(world.top_up(99).await), "top_up_too_small");
    assert_eq!(code(world.top_up(200_01).await), "top_up_too_large");
    world.with_money(200_00).await;
    world.top_up(200_00).await.unwrap();
    let full = world.top_up(100_01).await.unwrap_err();
    assert_eq!((full.kind(), full.code()), (Kind::Conflict, "wallet_full"));
    assert_eq!(full.facts(), Some(json!({ "room": Money::usd(100_00) })));
    world.top_up(100_00).await.unwrap();
    let euros = TopUp { amount: Money::new(10_00, Currency::EUR), provider: "model".into() };
    let refused = world.sales.top_up_wallet(&world.buyer, euros, world.once()).await;
    assert_eq!(code(refused), "currency_not_taken");
    let itself = TopUp { amount: Money::usd(10_00), provider: WALLET.into() };
    let refused = world.sales.top_up_wallet(&world.buyer, itself, world.once()).await;
    assert_eq!(code(refused), "no_provider");
    assert_sound(&world);
}

#[tokio::test]
async fn a_wallet_is_not_topped_up_from_itself() {
    let world = shop();
    world.with_money(50_00).await;
    let open = world.top_up(20_00).await.unwrap();
    world.customer(&open, IntentState::Failed { code: "declined".into() });
    world.notify_all().await;
    world.tell_all().await;

    let refused = world.pay_from_wallet(open.order).await;

    assert!(matches!(refused, Err(PaymentError::Wallet(WalletError::TopsUpItself))));
    // Another card does it.
    let again = world.start(open.order).await.unwrap();
    world.customer(&again, IntentState::Captured);
    world.notify_all().await;
    world.tell_all().await;
    assert_eq!(world.purse(), 70_00);
    assert_sound(&world);
}

#[tokio::test]
async fn asking_twice_tops_up_and_pays_once() {
    let world = shop();
    let once = world.once();
    let top_up = TopUp { amount: Money::usd(50_00), provider: "model".into() };
    world.model.books().fault = Some(ProviderFault::Lost);
    let first = world.sales.top_up_wallet(&world.buyer, top_up.clone(), once.clone()).await;
    let again = world.sales.top_up_wallet(&world.buyer, top_up, once).await.unwrap();
    assert_eq!(first.unwrap().id, again.id);
    world.customer(&again, IntentState::Captured);
    world.notify_all().await;
    world.tell_all().await;
    let order = world.raise(&HELD).await.unwrap();
    let (start, once) = (StartPayment { order, provider: WALLET.into() }, world.once());

    let paid = world.sales.start_payment(&world.buyer, start.clone(), once.clone()).await.unwrap();
    let twice = world.sales.start_payment(&world.buyer, start, once).await;

    assert_eq!(twice.unwrap_err().code(), "order_paid");
    assert_eq!(world.purse(), 50_00 - paid.amount.minor);
    assert_at_rest(&world);
}

#[tokio::test]
async fn no_bank_disputes_what_came_from_a_wallet() {
    let world = shop();
    world.with_money(50_00).await;
    let order = world.raise(&HELD).await.unwrap();
    let payment = world.pay_from_wallet(order).await.unwrap();

    let refused = world.dispute(payment.id, None).await;

    assert!(matches!(refused, Err(PaymentError::NotDisputable { left }) if left.is_zero()));
    assert_at_rest(&world);
}

#[tokio::test]
async fn a_shop_without_wallets_takes_none_but_refunds_into_them() {
    let mut world = shop();
    world.with_money(50_00).await;
    let (paid, other) = (world.raise(&HELD).await.unwrap(), world.raise(&HELD).await.unwrap());
    let payment = world.pay_from_wallet(paid).await.unwrap();
    world.sales.settings.wallet.enabled = false;

    let refused = world.pay_from_wallet(other).await;
    world.refund(payment.id, None).await.unwrap();
    world.tell_all().await;

    assert!(matches!(refused, Err(PaymentError::NoProvider(name)) if name == WALLET));
    assert_eq!(world.purse(), 50_00);
    assert_sound(&world);
}

#[tokio::test]
async fn sellers_earn_by_what_is_paid_from_a_wallet_and_give_back_their_part() {
    let world = shop();
    world.with_money(200_00).await;
    let order = bazaar_order(&world).await;
    let total = world.order(order).totals.total.minor;
    let earned = format!("seller:{}:pending", ANN.simple());

    let payment = world.pay_from_wallet(order).await.unwrap();

    let pending = -world.balance(&earned);
    assert!(pending > 0 && payment.parts.is_some());
    assert_eq!(world.purse(), 200_00 - total);
    world.refund(payment.id, None).await.unwrap();
    world.tell_all().await;
    assert_eq!((world.purse(), world.balance(&earned)), (200_00, 0));
    assert_sound(&world);
}

/// An order of a seller's goods and of the shop's own.
async fn bazaar_order(world: &World) -> OrderId {
    let (order, effects) = order_of(world, &[of(ANN, 40_00, 4_00, 80), own(20_00)], 0, 0);
    let write = effects.orders[0].clone();
    world.memory().commit(write.with(Effects { orders: Vec::new(), ..effects })).await.unwrap();
    order.id
}

#[tokio::test]
async fn a_wallet_is_seen_by_its_owner_and_by_operators() {
    let world = shop();
    world.with_money(50_00).await;
    let (owner, page) = (world.buyer.user, PageRequest { limit: 10, cursor: None });

    for actor in [world.buyer, world.operator()] {
        let balances = world.sales.wallet(&actor, owner).await.unwrap();
        assert_eq!(balances[0].available(), Some(Money::usd(50_00)));
        let entries = world.sales.wallet_entries(&actor, owner, page.clone()).await.unwrap();
        assert_eq!(entries.data[0].kind, "wallet_topped_up");
    }
    let stranger = crate::Actor { role: crate::Role::Customer, ..world.operator() };
    let refused = world.sales.wallet(&stranger, owner).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (Kind::NotFound, "no_wallet"));
    assert!(world.sales.wallet_entries(&stranger, owner, page).await.is_err());
}
