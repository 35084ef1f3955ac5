//! Anything may happen in any order: afterwards the shop, its books and the provider's books agree.

use proptest::prelude::*;

use super::{
    flaky::Slip,
    invariants::{assert_at_rest, assert_sound},
    model::Fault,
    world::World,
};
use crate::{
    Once, Order,
    order::Policy,
    payment::{IntentState, Payment, RefundState},
    sales::{CancellationDecision, DecideCancellation, LatePayment, RefundRequest},
    testing::moment,
};

/// Something that happens. Numbers choose among what is there.
#[derive(Debug, Clone)]
enum Happening {
    Raise(Vec<(usize, i64, Option<Policy>)>),
    Start(usize),
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
    RefundsAre(RefundState),
    EndRefund(usize, RefundState),
    Fault(Fault),
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
    let faults = prop::sample::select(vec![Fault::Lost, Fault::Down, Fault::Refused]);
    let slips = prop::sample::select(vec![Slip::Before, Slip::After, Slip::Stale]);
    let amount = prop::option::of(1_i64..2_000);
    prop_oneof![
        4 => prop::collection::vec(line, 1..3).prop_map(H::Raise),
        5 => which().prop_map(H::Start),
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
    last: Option<(crate::OrderId, Once<Payment>)>,
    seen: Vec<serde_json::Value>,
}

impl Run {
    async fn happens(&mut self, happening: Happening) {
        let world = &self.world;
        match happening {
            Happening::Raise(lines) => {
                world.raise(&lines).await;
            }
            Happening::Start(at) => {
                if let Some(order) = choose(&newest(world.orders()), at) {
                    let once = world.once();
                    let _ = world.start_with(order.id, once.clone()).await;
                    self.last = Some((order.id, once));
                }
            }
            Happening::StartAgain => {
                if let Some((order, once)) = self.last.clone() {
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
                    let _ = world.sales.request_cancellation(buyer, order.id, reason, None).await;
                }
            }
            Happening::Decide(at, approve, restock) => self.decide(at, approve, restock).await,
            Happening::Refund(at, amount, restock) => self.refund(at, amount, restock).await,
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

    async fn notice(&mut self, happening: Happening) {
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
                self.seen.push(body);
            }
            Happening::NoticeTwice(at) => {
                if let Some(seen) = choose(&self.seen, at) {
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
        let _ = self.world.sales.decide_cancellation(&operator, decide, None).await;
    }

    async fn refund(&self, at: usize, amount: Option<i64>, restock: bool) {
        let Some(payment) = choose(&self.world.payments(), at) else { return };
        let amount = amount.map(crate::Money::usd);
        let request =
            RefundRequest { payment: payment.id, amount, reason: "sorry".into(), restock };
        let (operator, once) = (self.world.operator(), self.world.once());
        let _ = self.world.sales.refund(&operator, request, once).await;
    }

    /// The outside world behaves again, and time goes by. Messages that were not delivered are lost.
    async fn comes_to_rest(&self) {
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
            world.tell_all().await;
            world.poll().await;
        }
    }
}

fn waits(intent: &crate::payment::Intent) -> bool {
    intent.refunds.iter().any(|refund| refund.state == RefundState::Pending)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_books_and_the_stock_agree(
        honours in any::<bool>(),
        happenings in prop::collection::vec(happening(), 1..60),
    ) {
        let late = if honours { LatePayment::Honour } else { LatePayment::Refund };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut run = Run { world: World::new(late), last: None, seen: Vec::new() };
            for happening in happenings {
                run.happens(happening).await;
                assert_sound(&run.world);
            }
            run.comes_to_rest().await;
            assert_at_rest(&run.world);
        });
    }
}
