//! A market with a bank, its people and ways to let a seller earn something.
#![expect(clippy::arithmetic_side_effects, reason = "tests may overflow")]

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::{
    Account, Actor, Effects, Env, Id, Money, Order, OrderId, Payment, PaymentId, Posting,
    Repository, Role, UserId, Write, ledger,
    order::{NewOrder, OrderLine, Origin, Totals},
    payment::{Cut, Part, Parts, PaymentState},
    seller::Commission,
    testing::{Memory, TestEnv},
};
use uuid::Uuid;

use super::{ModelBank, memory};
use crate::{
    Application, Decision, Market, NewRule, Place, Schedule, Seller, SellerId, Settings, TeamRole,
    Zone,
};

pub struct World {
    pub clock: TestEnv,
    pub store: Memory,
    pub bank: ModelBank,
    pub market: Market,
    pub operator: Actor,
}

pub fn person(env: &Env, role: Role) -> Actor {
    Actor { user: UserId::new(env), session: Id::new(env), role }
}

pub fn operator(env: &Env) -> Actor {
    person(env, Role::Operator)
}

pub fn application(name: &str) -> Application {
    Application {
        name: name.into(),
        about: "We make things.".into(),
        zone: Zone::parse("Europe/Berlin").unwrap(),
        place: Place { lat_e6: 52_520_000, lon_e6: 13_405_000 },
        address: "Alexanderplatz 1, 10178 Berlin".into(),
        payout_account: Some("acct_ann".into()),
        schedule: Schedule::Day,
    }
}

pub fn new_rule(basis_points: u32) -> NewRule {
    NewRule { basis_points, ..NewRule::default() }
}

impl Default for World {
    fn default() -> Self {
        let clock = TestEnv::new();
        let (store, bank) = (memory(), ModelBank::default());
        let gateway = Arc::new(bank.clone());
        let env = clock.env();
        let settings = Settings::default();
        let market = Market::over(Arc::new(store.clone()), gateway, env.clone(), settings);
        Self { clock, store, bank, market, operator: operator(&env) }
    }
}

impl World {
    pub fn env(&self) -> Env {
        self.clock.env()
    }

    pub fn pass(&self, hours: i64) {
        self.clock.clock.advance(TimeDelta::hours(hours));
    }

    /// A seller that may sell, and its owner.
    pub async fn seller(&self, name: &str) -> (Seller, Actor) {
        let owner = person(&self.env(), Role::Seller);
        let applied = self.market.apply(&owner, application(name), None).await.unwrap();
        let id = applied.state.id;
        let approved = self.market.decide(&self.operator, id, &Decision::Approve).await;
        (approved.unwrap().state, owner)
    }

    /// The owner invites somebody, who joins.
    pub async fn takes_in(&self, owner: &Actor, seller: &Seller, who: &Actor, role: TeamRole) {
        self.market.set_member(owner, seller.id, who.user, role).await.unwrap();
        self.market.join_team(who, seller.id).await.unwrap();
    }

    /// Released earnings, as the core would book them.
    pub async fn earned(&self, seller: SellerId, amount: Money) {
        let (order, effects) = sold(&self.env(), seller, amount);
        self.store.commit(Write::new(order).with(effects)).await.unwrap();
    }

    /// A refund after the money was released: out of what there is, the rest is owed.
    pub async fn taken_back(&self, seller: SellerId, amount: Money) {
        let (env, account) = (self.env(), Account::seller_payable(seller.uuid()));
        let payable = -self.store.read().balance(account.code(), amount.currency);
        let available = Money::new(payable, amount.currency);
        let part = ledger::SellerRefund {
            seller: seller.uuid(),
            from: ledger::Clawback::after_payout(amount, available).unwrap(),
            commission: Money::zero(amount.currency),
            commission_tax: Money::zero(amount.currency),
            jurisdiction: "default".into(),
        };
        let id = env.uuid();
        let refund = ledger::refund_after_payout(id, id, &part, env.now()).unwrap();
        self.book(vec![refund]).await;
    }

    async fn book(&self, postings: Vec<Posting>) {
        let order = order_of(&self.env(), Money::usd(1), None);
        let effects = postings.into_iter().fold(Effects::none(), Effects::post);
        self.store.commit(Write::new(order).with(effects)).await.unwrap();
    }

    /// Pending, payable and receivable in US dollars.
    pub fn stands(&self, seller: SellerId) -> [i64; 3] {
        let of = seller.uuid();
        let books = self.store.read();
        let balance = |account: Account| books.balance(account.code(), commerce::Currency::USD);
        [
            -balance(Account::seller_pending(of)),
            -balance(Account::seller_payable(of)),
            balance(Account::seller_receivable(of)),
        ]
    }

    pub fn balance(&self, code: &str) -> i64 {
        self.store.read().balance(code, commerce::Currency::USD)
    }
}

/// A paid order of one thing of a seller's, and all that was written with it; the earnings are released.
pub fn sold(env: &Env, seller: SellerId, amount: Money) -> (Order, Effects) {
    let (at, seller) = (env.now(), seller.uuid());
    let zero = Money::zero(amount.currency);
    let order = order_of(env, amount, Some(seller));
    let id = PaymentId::new(env);
    let (order, _) = order.pay(id, at).unwrap();
    let cut = |net| Cut { net, fee: zero, tax: zero };
    let part = Part {
        line: order.lines.first().unwrap().id,
        seller: Some(seller),
        jurisdiction: "default".into(),
        keeps_fee: false,
        sold: cut(amount),
        returned: cut(zero),
        lost: None,
        pending: zero,
    };
    let payment = Payment {
        id,
        order: order.id,
        buyer: order.buyer,
        provider: "model".into(),
        amount,
        state: PaymentState::Captured { at },
        provider_ref: Some(id.to_string()),
        action: None,
        captured: amount,
        settles: true,
        refunds: Vec::new(),
        disputes: Vec::new(),
        parts: Some(Parts { at, released: Some(at), over: None, lines: vec![part] }),
        created_at: at,
        check_at: None,
        checks: 0,
    };
    let earning = ledger::Earning {
        seller,
        gross: amount,
        commission: zero,
        commission_tax: zero,
        jurisdiction: "default".into(),
    };
    let postings = [
        ledger::payment_captured(env.uuid(), "model", order.id, amount, at),
        ledger::seller_earned(env.uuid(), order.id, &earning, at),
        ledger::earnings_released(env.uuid(), order.id.uuid(), seller, amount, at),
    ];
    let effects = Effects::none().write_payment(Write::new(payment));
    (order, postings.into_iter().map(Result::unwrap).fold(effects, Effects::post))
}

fn order_of(env: &Env, price: Money, seller: Option<Uuid>) -> Order {
    let zero = Money::zero(price.currency);
    let commission = Commission {
        fee: zero,
        tax: zero,
        jurisdiction: "default".into(),
        kept_on_refund: false,
        rule: None,
    };
    let line = OrderLine {
        id: env.uuid(),
        sku: "TEA".into(),
        name: "Tea".into(),
        quantity: 1,
        unit_price: price,
        total: price,
        tax: zero,
        seller,
        commission: seller.map(|_| commission),
        reservation: None,
        snapshot: serde_json::Value::Null,
    };
    let new = NewOrder {
        id: OrderId::new(env),
        buyer: UserId::new(env),
        origin: Origin { mode: "test".into(), reference: Uuid::nil() },
        lines: vec![line],
        totals: Totals::of(price, zero, zero, zero, "default").unwrap(),
        address: None,
        until: env.now(),
    };
    Order::raise(new, env.now()).unwrap().0
}
