//! Sales with sellers' lines in them: who gets what, before and after it was released and paid out.

use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::world::{a_payment, an_order};
use crate::{
    Account, Effects, Env, Id, Money, Order, Payment, Posting, Repository, Span, Stored, Write,
    ledger,
    order::{NewOrder, OrderLine, OrderState, Origin, Policy, Reservation, Totals},
    payment::{IntentState, PaymentError, PaymentFilter, Payments, RefundCause, RefundState},
    sales::{
        LatePayment, LineAmount, MoneyBack, Share, parts,
        refund::{Basis, book},
        tests::world::World,
    },
    seller::{Commission, Standing},
    testing::{TestEnv, moment},
};

pub(super) const ANN: Uuid = Uuid::from_u128(0xA);
pub(super) const BOB: Uuid = Uuid::from_u128(0xB);

#[derive(Debug)]
pub(super) struct Sold {
    seller: Option<Uuid>,
    price: i64,
    fee: i64,
    fee_tax: i64,
    keeps_fee: bool,
}

pub(super) const fn own(price: i64) -> Sold {
    Sold { seller: None, price, fee: 0, fee_tax: 0, keeps_fee: false }
}

pub(super) const fn of(seller: Uuid, price: i64, fee: i64, fee_tax: i64) -> Sold {
    Sold { seller: Some(seller), price, fee, fee_tax, keeps_fee: false }
}

fn line(env: &Env, sold: &Sold) -> OrderLine {
    let total = Money::usd(sold.price);
    OrderLine {
        id: env.uuid(),
        sku: "TEA".into(),
        name: "Tea".into(),
        quantity: 1,
        unit_price: total,
        total,
        tax: total.basis_points(1_000).unwrap(),
        seller: sold.seller,
        commission: sold.seller.map(|_| Commission {
            fee: Money::usd(sold.fee),
            tax: Money::usd(sold.fee_tax),
            jurisdiction: "DE".into(),
            kept_on_refund: sold.keeps_fee,
            rule: None,
        }),
        reservation: None,
        snapshot: json!({}),
    }
}

pub(super) fn order_of(
    world: &World,
    sold: &[Sold],
    discount: i64,
    shipping: i64,
) -> (Order, Effects) {
    let env = world.env();
    let lines: Vec<_> = sold.iter().map(|sold| line(&env, sold)).collect();
    let usd = |amounts: &mut dyn Iterator<Item = Money>| {
        Money::sum(crate::Currency::USD, amounts).unwrap()
    };
    let subtotal = usd(&mut lines.iter().map(|line| line.total));
    let tax = usd(&mut lines.iter().map(|line| line.tax));
    let totals = Totals::of(subtotal, Money::usd(discount), tax, Money::usd(shipping), "default");
    let new = NewOrder {
        id: Id::new(&env),
        buyer: world.buyer.user,
        origin: Origin { mode: "test".into(), reference: Uuid::nil() },
        lines,
        totals: totals.unwrap(),
        address: None,
        until: env.now() + chrono::TimeDelta::minutes(30),
    };
    Order::raise(new, env.now()).unwrap()
}

pub(super) async fn sell(world: &World, sold: &[Sold]) -> Payment {
    let (order, effects) = order_of(world, sold, 0, 0);
    let write = effects.orders[0].clone();
    world.memory().commit(write.with(Effects { orders: Vec::new(), ..effects })).await.unwrap();
    let payment = world.start(order.id).await.unwrap();
    world.customer(&payment, IntentState::Captured);
    world.notify_all().await;
    world.tell_all().await;
    assert!(matches!(world.order(order.id).state, OrderState::Paid { .. }));
    assert_eq!(world.balance(Account::escrow(order.id).code()), 0, "escrow is empty");
    world.payment(payment.id)
}

/// What we owe a seller: pending, payable and less what it owes us.
pub(super) fn stands(world: &World, seller: Uuid) -> [i64; 3] {
    [
        -world.balance(Account::seller_pending(seller).code()),
        -world.balance(Account::seller_payable(seller).code()),
        world.balance(Account::seller_receivable(seller).code()),
    ]
}

async fn pay_out(world: &World, seller: Uuid, amount: i64) {
    let env = world.env();
    let (id, at) = (env.uuid(), env.now());
    let sent = ledger::payout_sent(id, id, seller, Money::usd(amount), at).unwrap();
    let order = an_order(&env, Money::usd(1), Money::usd(0));
    let change = Write::new(order).with(Effects::none().post(sent));
    world.memory().commit(change).await.unwrap();
}

#[tokio::test]
async fn a_sale_is_settled_for_each_seller_and_the_shop_in_the_same_commit() {
    let world = World::new(LatePayment::Honour);

    let payment =
        sell(&world, &[own(100_00), of(ANN, 50_00, 5_00, 1_00), of(BOB, 20_00, 2_00, 40)]).await;

    assert_eq!(world.balance("rev:sales"), -100_00);
    assert_eq!(world.balance("tax:default"), -10_00, "tax on the shop's own line only");
    assert_eq!(stands(&world, ANN), [49_00, 0, 0]);
    assert_eq!(stands(&world, BOB), [19_60, 0, 0]);
    assert_eq!(world.balance("rev:commission"), -7_00);
    assert_eq!(world.balance("tax:DE"), -1_40);
    assert_eq!(payment.parts.unwrap().lines.len(), 3);
}

#[tokio::test]
async fn earnings_are_released_once() {
    let world = World::new(LatePayment::Honour);
    let payment = sell(&world, &[of(ANN, 50_00, 5_00, 1_00)]).await;

    let due = world.sales.unreleased(world.env().now(), 10).await.unwrap();
    let (first, second) = (
        world.sales.release(payment.id).await.unwrap(),
        world.sales.release(payment.id).await.unwrap(),
    );

    assert_eq!((due, first, second), (vec![payment.id], true, false));
    assert_eq!(stands(&world, ANN), [0, 49_00, 0]);
    assert!(world.sales.unreleased(world.env().now(), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_refund_takes_the_share_from_where_it_is_and_the_next_earnings_pay_the_debt() {
    let world = World::new(LatePayment::Honour);
    let payment = sell(&world, &[of(ANN, 100_00, 10_00, 0), of(BOB, 100_00, 10_00, 0)]).await;

    world.refund(payment.id, Some(22_00)).await.unwrap();
    assert_eq!(stands(&world, ANN), [90_00, 0, 0], "out of what is pending");
    assert_eq!(world.balance("rev:commission"), -18_00, "and our fee with it");

    world.sales.release(payment.id).await.unwrap();
    pay_out(&world, ANN, 85_00).await;
    world.refund(payment.id, Some(22_00)).await.unwrap();
    assert_eq!(stands(&world, ANN), [0, 0, 5_00], "what was paid out is owed");
    assert_eq!(stands(&world, BOB), [0, 80_00, 0]);

    let next = sell(&world, &[of(ANN, 10_00, 1_00, 0)]).await;
    world.sales.release(next.id).await.unwrap();
    assert_eq!(stands(&world, ANN), [0, 5_00, 0], "and kept from what is earned next");

    world.refund(payment.id, None).await.unwrap();
    world.refund(next.id, None).await.unwrap();
    world.tell_all().await;
    assert_eq!(world.balance("rev:commission"), 0);
    assert_eq!(stands(&world, BOB), [0, 0, 0]);
    let [pending, payable, receivable] = stands(&world, ANN);
    assert_eq!(pending + payable - receivable, -85_00, "all of it went back but the payout");
}

#[tokio::test]
async fn what_is_of_one_line_is_taken_from_it_and_the_rest_from_the_others() {
    let world = World::new(LatePayment::Honour);
    let payment = sell(&world, &[of(ANN, 100_00, 10_00, 0), own(50_00)]).await;
    let own = payment.parts.as_ref().unwrap().lines[1].line;
    let all_of_ours = LineAmount { line: own, amount: Money::usd(55_00) };
    let half_of_anns = 55_00;
    let share = Share::Part {
        amount: Money::usd(55_00 + half_of_anns),
        tax: Money::usd(0),
        of_line: Some(all_of_ours),
    };
    let back = MoneyBack { id: Id::new(&world.env()), share, reason: "called off".into() };

    for _ in 0..2 {
        world.sales.give_back(payment.order, &back).await.unwrap();
    }

    assert_eq!(stands(&world, ANN), [50_00, 0, 0]);
    assert_eq!(world.balance("rev:commission"), -5_00);
    assert_eq!((world.balance("rev:sales"), world.balance("tax:default")), (0, 0));
    assert_eq!(world.balance("refund:payable"), -(55_00 + half_of_anns));
}

#[test]
fn time_that_is_sold_is_due_when_it_is_over() {
    let env = TestEnv::new().env();
    let (starts_at, ends_at) = (moment(3_600), moment(7_200));
    let mut order = an_order(&env, Money::usd(10_00), Money::usd(0));
    order.lines[0] = line(&env, &of(ANN, 10_00, 1_00, 0));
    let due = |order: &Order, at| parts::of_sale(order, at).unwrap().unwrap().due();
    assert_eq!(due(&order, moment(0)), moment(0), "goods at once");

    order.lines[0].reservation = Some(Reservation {
        claim: Id::new(&env),
        resource: env.uuid().into(),
        units: 1,
        policy: Policy::Hold,
        span: Some(Span::try_new(starts_at, ends_at).unwrap()),
    });

    assert_eq!(due(&order, moment(0)), ends_at);
    assert_eq!(due(&order, moment(9_000)), moment(9_000), "paid when it was over");
}

#[tokio::test]
async fn a_refund_that_cannot_be_sent_gives_everybody_their_share_again() {
    for released in [false, true] {
        let world = World::new(LatePayment::Honour);
        let payment = sell(&world, &[own(30_00), of(ANN, 100_00, 10_00, 2_00)]).await;
        let before = stands(&world, ANN);
        let refund = world.refund(payment.id, Some(50_00)).await.unwrap().refund;
        if released {
            world.sales.release(payment.id).await.unwrap();
        }

        let mut stored: Stored<Payment> = world.memory().find(payment.id).await.unwrap().unwrap();
        let all = stored.state.parts.as_mut().unwrap();
        let undone = parts::undo(&refund, all, world.env().now()).unwrap();
        let write = Write::over(stored.version, stored.state.clone());
        world.memory().commit(write.with(Effects::none().post(undone))).await.unwrap();

        let [pending, payable, receivable] = stands(&world, ANN);
        assert_eq!([pending + payable, receivable], [before[0], 0]);
        assert_eq!(world.balance("refund:payable"), 0);
        assert_eq!(world.balance("rev:sales"), -30_00);
        assert_eq!(world.balance("rev:commission"), -10_00);
        if !released {
            world.sales.release(payment.id).await.unwrap();
            assert_eq!(stands(&world, ANN), [0, before[0], 0]);
        }
    }
}

#[tokio::test]
async fn a_fee_that_is_kept_is_the_sellers_loss() {
    let world = World::new(LatePayment::Honour);
    let kept = Sold { keeps_fee: true, ..of(ANN, 100_00, 10_00, 0) };
    let payment = sell(&world, &[kept]).await;

    world.refund(payment.id, None).await.unwrap();

    assert_eq!(world.balance("rev:commission"), -10_00);
    assert_eq!(stands(&world, ANN), [0, 0, 10_00]);
    assert!(matches!(world.refund(payment.id, None).await, Err(PaymentError::NothingToRefund)));
}

#[tokio::test]
async fn a_commission_is_never_more_than_what_was_paid() {
    let world = World::new(LatePayment::Honour);

    sell(&world, &[of(ANN, 1_00, 5_00, 1_00)]).await;

    assert_eq!(stands(&world, ANN), [0, 0, 0]);
    assert_eq!(world.balance("rev:commission"), -1_10, "tax on the goods was in it");
    let payments = world
        .memory()
        .list_payments(PaymentFilter::default(), crate::PageRequest { limit: 9, cursor: None })
        .await;
    assert_eq!(payments.unwrap().data.len(), 1);
}

fn sum(postings: &[Posting], code: &str) -> i64 {
    let entries = postings.iter().flat_map(Posting::entries);
    entries.filter(|entry| entry.account.code() == code).map(|entry| entry.amount.minor).sum()
}

fn sellers() -> impl Strategy<Value = Sold> {
    let who = prop::sample::select(vec![None, Some(ANN), Some(BOB)]);
    (who, 1_i64..100_000, 0_i64..200_000, 0_i64..20_000, any::<bool>()).prop_map(
        |(seller, price, fee, fee_tax, keeps_fee)| Sold { seller, price, fee, fee_tax, keeps_fee },
    )
}

proptest! {
    /// However a sale is cut up and given back, every owner ends with nothing of it but what it keeps.
    #[test]
    fn the_parts_sum_to_the_sale_and_the_refunds_to_the_parts(
        sold in prop::collection::vec(sellers(), 1..8),
        discount in 0_i64..=50,
        shipping in 0_i64..5_000,
        cuts in prop::collection::vec((1_i64..60_000, any::<bool>(), any::<bool>(), 0_i64..30_000), 0..10),
    ) {
        let world = World::new(LatePayment::Honour);
        let env = TestEnv::new().env();
        let subtotal: i64 = sold.iter().map(|sold| sold.price).sum();
        let (order, _) = order_of(&world, &sold, subtotal * discount / 100, shipping);
        let mut payment = a_payment(&env, &order);
        payment.captured = payment.amount;
        let Some(all) = parts::of_sale(&order, moment(0)).unwrap() else { return Ok(()) };
        let total: i64 = all.lines.iter().map(|part| part.sold.total().unwrap().minor).sum();
        prop_assert_eq!(total, payment.captured.minor);
        prop_assert!(all.lines.iter().all(|part| part.pending.minor >= 0));
        let mut postings = parts::sold(&payment, &order, &all).unwrap();
        prop_assert_eq!(sum(&postings, Account::escrow(order.id).code()), payment.captured.minor);
        payment.parts = Some(all);

        for (cut, fails, release, payable) in cuts.into_iter().chain([(i64::MAX, false, true, 0)]) {
            let standing = |seller| Standing {
                seller, payable: Money::usd(payable), receivable: Money::usd(0) };
            let basis = Basis {
                standings: vec![standing(ANN), standing(BOB)],
                ..Basis::default()
            };
            if release {
                let unreleased = payment.parts.as_ref().unwrap().released.is_none();
                if unreleased {
                    postings.extend(parts::release(&mut payment, &[], moment(1)).unwrap());
                }
            }
            let left = payment.refundable().unwrap();
            let amount = Money::usd(cut.min(left.minor));
            if amount.is_zero() { continue; }
            let mut refund = crate::payment::Refund {
                id: Id::new(&env), amount, tax: Money::usd(0), shares: Vec::new(),
                cause: RefundCause::Requested { restock: true }, reason: String::new(),
                state: RefundState::Pending, provider_ref: None, created_at: moment(0),
            };
            postings.push(book(&mut payment, &mut refund, &order, &basis).unwrap());
            let shares: i64 = refund.shares.iter().map(|s| s.cut.total().unwrap().minor).sum();
            prop_assert_eq!(shares, amount.minor, "the shares are the refund");
            if fails {
                let all = payment.parts.as_mut().unwrap();
                postings.push(parts::undo(&refund, all, moment(2)).unwrap());
                refund.state = RefundState::Failed;
            }
            payment.refunds.push(refund);
        }

        let all = payment.parts.unwrap();
        for part in &all.lines {
            prop_assert_eq!(part.left().unwrap().minor, 0);
            prop_assert_eq!(part.pending.minor, 0);
            if !part.keeps_fee {
                prop_assert_eq!(part.sold, part.returned);
            }
        }
        prop_assert_eq!(sum(&postings, "refund:payable"), -payment.captured.minor);
        prop_assert_eq!(sum(&postings, "rev:sales"), 0);
        let kept: i64 = all.lines.iter().filter(|part| part.keeps_fee && part.seller.is_some())
            .map(|part| part.sold.fee.minor).sum();
        prop_assert_eq!(sum(&postings, "rev:commission"), -kept);
        for seller in [ANN, BOB] {
            prop_assert_eq!(sum(&postings, Account::seller_pending(seller).code()), 0);
        }
    }
}
