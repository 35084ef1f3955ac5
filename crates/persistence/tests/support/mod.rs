//! Orders, payments and goods to test with.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world stops")]
#![allow(dead_code, clippy::allow_attributes, reason = "each test binary uses a part of this")]

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::{
    Account, ClaimId, Currency, Effects, Env, Event, Id, Money, Order, OrderId, Payment, PaymentId,
    Posting, Repository, ResourceId, StockMove, UserId, Write,
    claim::StockReason,
    order::{NewOrder, OrderLine, Origin, Policy, Reservation, Totals},
    payment::PaymentState,
    testing::{SeededRandom, TestEnv},
};
use persistence::Db;
use serde_json::json;
use uuid::Uuid;

/// Surroundings on the database's clock, with ids of their own for each test.
pub fn env_of(db: &Db) -> Env {
    let (_, seed) = Uuid::new_v4().as_u64_pair();
    Env::new(Arc::new(db.clock()), Arc::new(SeededRandom::new(seed)))
}

pub fn still_env() -> Env {
    TestEnv::new().env()
}

pub fn line(env: &Env, policy: Option<Policy>, resource: ResourceId, units: i64) -> OrderLine {
    let unit_price = Money::usd(10_00);
    OrderLine {
        id: env.uuid(),
        sku: "MUG".into(),
        name: "A mug".into(),
        quantity: u32::try_from(units).unwrap(),
        unit_price,
        total: unit_price.times(units).unwrap(),
        tax: Money::usd(0),
        seller: None,
        commission: None,
        reservation: policy.map(|policy| Reservation {
            claim: ClaimId::new(env),
            resource,
            units,
            policy,
            span: None,
        }),
        snapshot: json!({ "colour": "blue", "note": "a \"quoted\" one at $5" }),
    }
}

/// An order for the lines, with the effects that write it and hold what it reserves.
pub fn raise(env: &Env, buyer: UserId, lines: Vec<OrderLine>) -> (Order, Effects) {
    let subtotal = Money::sum(Currency::USD, lines.iter().map(|line| line.total)).unwrap();
    let zero = Money::usd(0);
    let new = NewOrder {
        id: OrderId::new(env),
        buyer,
        origin: Origin { mode: "buy".into(), reference: env.uuid() },
        lines,
        totals: Totals::of(subtotal, zero, zero, zero, "default").unwrap(),
        address: None,
        until: env.now() + TimeDelta::minutes(30),
    };
    Order::raise(new, env.now()).unwrap()
}

pub fn user(env: &Env) -> UserId {
    UserId::new(env)
}

/// An order nobody has to claim anything for.
pub fn plain_order(env: &Env) -> Order {
    raise(env, user(env), vec![line(env, None, Id::from_uuid(Uuid::nil()), 2)]).0
}

pub fn payment_for(env: &Env, order: &Order) -> Payment {
    Payment {
        id: PaymentId::new(env),
        order: order.id,
        buyer: order.buyer,
        provider: "sandbox".into(),
        amount: order.totals.total,
        state: PaymentState::Created,
        provider_ref: None,
        action: None,
        captured: Money::zero(order.totals.currency()),
        settles: false,
        refunds: Vec::new(),
        disputes: Vec::new(),
        parts: None,
        created_at: env.now(),
        check_at: None,
        checks: 0,
    }
}

/// The payment as it is once the provider has taken the money, and the posting that says so.
pub fn captured(env: &Env, payment: &Payment, settles: bool) -> (Payment, Effects) {
    let paid = Payment {
        state: PaymentState::Captured { at: env.now() },
        captured: payment.amount,
        settles,
        provider_ref: Some(format!("pi_{}", payment.id.uuid().simple())),
        ..payment.clone()
    };
    let posting = commerce::ledger::payment_captured(
        env.uuid(),
        &payment.provider,
        payment.order,
        payment.amount,
        env.now(),
    );
    (paid, Effects::none().post(posting.unwrap()))
}

pub fn earned(env: &Env, order: &Order) -> Posting {
    let takings = commerce::ledger::Takings {
        net: order.totals.total,
        tax: Money::usd(0),
        jurisdiction: "default".into(),
    };
    let (id, total) = (env.uuid(), order.totals.total);
    commerce::ledger::sale_recognised(id, order.id, &takings, total, env.now()).unwrap()
}

/// Everything `settle` commits at once: payment, order, claims, books and event.
pub fn settlement(
    env: &Env,
    payment: &commerce::Stored<Payment>,
    order: &commerce::Stored<Order>,
) -> commerce::Change<Payment> {
    let (paid, booked) = captured(env, &payment.state, true);
    let (settled, claims) = order.state.clone().pay(paid.id, env.now()).unwrap();
    let told = Event::new(env, "order_paid", order.state.id, json!({ "total": 20_00 }));
    let effects = booked
        .write_order(order.becomes(settled))
        .claim(claims)
        .post(earned(env, &order.state))
        .tell(told.to_user(order.state.buyer));
    payment.becomes(paid).with(effects)
}

/// Puts units of something new on the shelf.
pub async fn stock(db: &Db, env: &Env, units: i64) -> ResourceId {
    let resource = ResourceId::new(env);
    receive(db, env, resource, units).await;
    resource
}

pub async fn receive(db: &Db, env: &Env, resource: ResourceId, units: i64) {
    let arrival =
        StockMove { id: env.uuid(), resource, units, reason: StockReason::Received, at: env.now() };
    carry(db, env, Effects::none().stock([arrival])).await.unwrap();
}

/// Commits effects with an order nobody cares about.
pub async fn carry(db: &Db, env: &Env, effects: Effects) -> Result<(), commerce::CommitError> {
    db.commit(Write::new(plain_order(env)).with(effects)).await
}

pub fn transfer(env: &Env, from: Account, to: Account, minor: i64) -> Posting {
    let amount = Money::usd(minor);
    let draft = Posting::draft(env.uuid(), "transfer", env.uuid(), env.now());
    draft.debit(from, amount).credit(to, amount).balanced().unwrap()
}
