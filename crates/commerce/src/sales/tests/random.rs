//! Anything may happen in any order, two things at a time: afterwards the shop, its books and the provider's books agree.

use std::cell::RefCell;

use futures_util::future::join_all;
use proptest::prelude::*;
use serde_json::Value;

use super::{
    flaky::Slip,
    invariants::{assert_at_rest, assert_sound},
    wallet,
    world::World,
};
use crate::{
    Once, Order, OrderId,
    order::Policy,
    payment::{IntentState, Payment, RefundState},
    sales::{CancellationDecision, DecideCancellation, LatePayment, RefundRequest},
    testing::{ProviderFault, moment},
};

/// Something that happens. Numbers choose among what is there.
#[derive(Debug, Clone)]
enum Happening {
    Raise(Vec<(usize, i64, Option<Policy>)>),
    /// An order that is paid for without a hitch.
    Sell(usize, i64, Option<Policy>),
    Start(usize),
    /// Two requests at the same moment.
    StartTwice(usize),
    /// A first try that fails, a second one, and then the bank captures both.
    PayTwice(usize),
    /// The same request once more.
    StartAgain,
    Customer(usize, IntentState),
    Notice(usize),
    NoticeTwice(usize),
    /// A message that tells the wrong thing about a payment.
    Lie(usize),
    LoseNotice(usize),
    Tell(usize),
    TellAll,
    Poll(i64),
    Expire(i64),
    Cancel(usize),
    Decide(usize, bool, bool),
    Refund(usize, Option<i64>, bool),
    TopUp(i64),
    PayFromWallet(usize),
    RefundsAre(RefundState),
    EndRefund(usize, RefundState),
    Fault(ProviderFault),
    Slip(Slip),
}

fn policy() -> impl Strategy<Value = Option<Policy>> {
    prop::sample::select(vec![Some(Policy::Hold), Some(Policy::OnPayment), None])
}

fn ends() -> impl Strategy<Value = IntentState> {
    let failed = IntentState::Failed { code: "declined".into() };
    prop::sample::select(vec![
        IntentState::Captured,
        IntentState::Captured,
        IntentState::Captured,
        IntentState::RequiresAction,
        IntentState::Cancelled,
        failed,
    ])
}

fn refund_state() -> impl Strategy<Value = RefundState> {
    prop::sample::select(vec![RefundState::Succeeded, RefundState::Failed, RefundState::Pending])
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening as H;
    let which = any::<usize>;
    let line = (0_usize..2, 1_i64..4, policy());
    let one = (0_usize..2, 1_i64..2, policy());
    let faults = prop::sample::select(vec![
        ProviderFault::Lost,
        ProviderFault::Down,
        ProviderFault::Refused,
    ]);
    let slips = prop::sample::select(vec![Slip::Before, Slip::After, Slip::Stale]);
    let amount = prop::option::of(1_i64..2_000);
    prop_oneof![
        4 => prop::collection::vec(line, 1..3).prop_map(H::Raise),
        4 => one.prop_map(|(good, units, policy)| H::Sell(good, units, policy)),
        5 => which().prop_map(H::Start),
        1 => which().prop_map(H::StartTwice),
        1 => which().prop_map(H::PayTwice),
        1 => Just(H::StartAgain),
        6 => (which(), ends()).prop_map(|(at, state)| H::Customer(at, state)),
        4 => which().prop_map(H::Notice),
        1 => which().prop_map(H::NoticeTwice),
        1 => which().prop_map(H::Lie),
        2 => which().prop_map(H::LoseNotice),
        4 => which().prop_map(H::Tell),
        2 => Just(H::TellAll),
        3 => (1_i64..90).prop_map(H::Poll),
        2 => (1_i64..900).prop_map(H::Expire),
        2 => which().prop_map(H::Cancel),
        2 => (which(), any::<bool>(), any::<bool>()).prop_map(|(at, yes, shelf)| H::Decide(at, yes, shelf)),
        3 => (which(), amount, any::<bool>()).prop_map(|(at, amount, shelf)| H::Refund(at, amount, shelf)),
        2 => (1_i64..60_00).prop_map(H::TopUp),
        3 => which().prop_map(H::PayFromWallet),
        1 => refund_state().prop_map(H::RefundsAre),
        1 => (which(), refund_state()).prop_map(|(at, state)| H::EndRefund(at, state)),
        3 => faults.prop_map(H::Fault),
        3 => slips.prop_map(H::Slip),
    ]
}

fn choose<T: Clone>(all: &[T], at: usize) -> Option<T> {
    all.get(at.checked_rem(all.len())?).cloned()
}

/// Orders that are bought and paid for are mostly fresh ones.
fn newest(orders: Vec<Order>) -> Vec<Order> {
    orders.into_iter().rev().take(3).collect()
}

struct Run {
    world: World,
    last: RefCell<Option<(OrderId, Once<Payment>)>>,
    seen: RefCell<Vec<Value>>,
}

impl Run {
    async fn happens(&self, happening: Happening) {
        let world = &self.world;
        match happening {
            Happening::Raise(lines) => {
                world.raise(&lines).await;
            }
            Happening::Sell(good, units, policy) => self.sell(good, units, policy).await,
            Happening::Start(at) => {
                if let Some(order) = choose(&newest(world.orders()), at) {
                    let once = world.once();
                    let _ = world.start_with(order.id, once.clone()).await;
                    self.last.replace(Some((order.id, once)));
                }
            }
            Happening::StartTwice(at) => {
                if let Some(order) = choose(&newest(world.orders()), at) {
                    let _ = tokio::join!(world.start(order.id), world.start(order.id));
                }
            }
            Happening::PayTwice(at) => self.pay_twice(at).await,
            Happening::StartAgain => {
                let last = self.last.borrow().clone();
                if let Some((order, once)) = last {
                    let _ = world.start_with(order, once).await;
                }
            }
            Happening::Customer(at, state) => {
                // Late captures come late, but not for ever.
                if world.env().now() > moment(12 * 3_600) {
                    return;
                }
                let refs: Vec<_> = world.model.books().uncaptured();
                if let Some(provider_ref) = choose(&refs, at) {
                    world.model.books().moves(&provider_ref, state);
                }
            }
            Happening::Poll(seconds) => {
                world.pass(seconds);
                world.poll().await;
            }
            Happening::Expire(seconds) => {
                world.pass(seconds);
                let _ = crate::event::Sweep::run(&crate::sales::ExpireOrders(world.sales.clone()))
                    .await;
            }
            Happening::Cancel(at) => {
                if let Some(order) = choose(&world.orders(), at) {
                    let reason = "changed my mind".into();
                    let buyer = &world.buyer;
                    let _ = world.sales.request_cancellation(buyer, order.id, reason).await;
                }
            }
            Happening::Decide(at, approve, restock) => self.decide(at, approve, restock).await,
            Happening::Refund(at, amount, restock) => self.refund(at, amount, restock).await,
            Happening::TopUp(minor) => {
                let _ = world.top_up(minor).await;
            }
            Happening::PayFromWallet(at) => {
                if let Some(order) = choose(&newest(world.orders()), at) {
                    let _ = world.pay_from_wallet(order.id).await;
                }
            }
            Happening::RefundsAre(state) => world.model.books().refunds_are = Some(state),
            Happening::EndRefund(at, state) => world.model.books().end_refund(at, state),
            Happening::Fault(fault) => world.model.books().fault = Some(fault),
            Happening::Slip(slip) => *world.store.slip.lock().unwrap() = Some(slip),
            Happening::Tell(at) => {
                let events = world.memory().read().events.len();
                if let Some(at) = at.checked_rem(events) {
                    let _ = world.tell(at).await;
                }
            }
            Happening::TellAll => world.tell_all().await,
            notice => self.notice(notice).await,
        }
    }

    async fn notice(&self, happening: Happening) {
        let waiting = self.world.model.books().notices.clone();
        let (Happening::Notice(at)
        | Happening::NoticeTwice(at)
        | Happening::Lie(at)
        | Happening::LoseNotice(at)) = happening
        else {
            return;
        };
        let Some(body) = choose(&waiting, at) else { return };
        match happening {
            Happening::Notice(_) => {
                self.world.model.books().notices.retain(|waiting| *waiting != body);
                let _ = self.world.notify(&body).await;
                self.seen.borrow_mut().push(body);
            }
            Happening::NoticeTwice(at) => {
                let seen = choose(&self.seen.borrow(), at);
                if let Some(seen) = seen {
                    let _ = self.world.notify(&seen).await;
                }
            }
            Happening::Lie(_) => {
                let lie = serde_json::json!({
                    "id": format!("lie_{}", body["id"]), "kind": "failed", "ref": body["ref"],
                });
                let _ = self.world.notify(&lie).await;
            }
            _ => self.world.model.books().notices.retain(|waiting| *waiting != body),
        }
    }

    async fn sell(&self, good: usize, units: i64, policy: Option<Policy>) {
        let Some(order) = self.world.raise(&[(good, units, policy)]).await else { return };
        let Ok(payment) = self.world.start(order).await else { return };
        if let Some(provider_ref) = payment.provider_ref {
            self.world.model.books().moves(&provider_ref, IntentState::Captured);
            self.world.notify_all().await;
            self.world.tell_all().await;
        }
    }

    async fn pay_twice(&self, at: usize) {
        let Some(order) = choose(&newest(self.world.orders()), at) else { return };
        for end in [IntentState::Failed { code: "declined".into() }, IntentState::Captured] {
            let Ok(payment) = self.world.start(order.id).await else { return };
            let Some(provider_ref) = payment.provider_ref else { return };
            self.world.model.books().moves(&provider_ref, end);
            self.world.notify_all().await;
            self.world.tell_all().await;
        }
        let uncaptured = self.world.model.books().uncaptured();
        for provider_ref in uncaptured {
            self.world.model.books().moves(&provider_ref, IntentState::Captured);
        }
    }

    async fn decide(&self, at: usize, approve: bool, restock: bool) {
        let mut asked = self.world.orders();
        asked.retain(|order| order.cancellation_request.is_some());
        let Some(order) = choose(&asked, at) else { return };
        let decision = if approve {
            CancellationDecision::Approve { restock }
        } else {
            CancellationDecision::Decline
        };
        let decide = DecideCancellation { order: order.id, decision, reason: "so be it".into() };
        let operator = self.world.operator();
        let _ = self.world.sales.decide_cancellation(&operator, decide).await;
    }

    async fn refund(&self, at: usize, amount: Option<i64>, restock: bool) {
        let Some(payment) = choose(&self.world.payments(), at) else { return };
        let amount = amount.map(crate::Money::usd);
        let request =
            RefundRequest { payment: payment.id, amount, reason: "sorry".into(), restock };
        let (operator, once) = (self.world.operator(), self.world.once());
        let _ = self.world.sales.refund(&operator, request, once).await;
    }

    /// The outside world behaves again, and time goes by. Messages that were not delivered are lost, and
    /// `tells` says whether events are told at all, or every delivery was given up.
    async fn comes_to_rest(&self, tells: bool) {
        let world = &self.world;
        *world.store.slip.lock().unwrap() = None;
        world.model.books().fault = None;
        world.model.books().refunds_are = Some(RefundState::Succeeded);
        while world.model.books().intents.values().any(waits) {
            world.model.books().end_refund(0, RefundState::Succeeded);
        }
        for hours in [1, 1, 1, 2, 2, 3, 4, 6, 6, 24, 24] {
            world.pass(hours * 3_600);
            world.expire().await;
            if tells {
                world.tell_all().await;
            }
            world.poll().await;
        }
    }
}

fn waits(intent: &crate::payment::Intent) -> bool {
    intent.refunds.iter().any(|refund| refund.state == RefundState::Pending)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_books_and_the_stock_agree(
        honours in any::<bool>(),
        tells in any::<bool>(),
        happenings in prop::collection::vec(happening(), 1..60),
    ) {
        let late = if honours { LatePayment::Honour } else { LatePayment::Refund };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new(late);
            world.sales.settings.wallet = wallet::limits();
            let run = Run { world, last: RefCell::default(), seen: RefCell::default() };
            for two in happenings.chunks(2) {
                join_all(two.iter().cloned().map(|happening| run.happens(happening))).await;
                assert_sound(&run.world);
            }
            run.comes_to_rest(tells).await;
            assert_at_rest(&run.world);
        });
    }
}
