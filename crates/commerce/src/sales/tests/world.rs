//! A shop with a little stock, its buyers and its provider.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use super::flaky::Flaky;
use crate::{
    Actor, Answer, ClaimId, Effects, Env, Id, Money, Once, Order, OrderId, Payment, PaymentId,
    Repository, RequestKey, ResourceId, Role, UserId,
    event::{Delivery, Sweep, Trouble},
    order::{NewOrder, OrderLine, OrderState, Origin, Policy, Reservation, Totals},
    payment::{Gateways, IntentState, PaymentError, PaymentGateway, PaymentState, Reception},
    sales::{
        DisputeNotice, DisputeOutcome, Disputed, ExpireOrders, LatePayment, PollPayments,
        RefundRequest, Refunded, Sales, SalesSettings, StartPayment,
    },
    seller::NoSellers,
    testing::{Memory, ModelProvider, TestEnv, moment},
};

/// How many of each thing there are.
pub const INITIAL: i64 = 5;

pub struct World {
    pub clock: TestEnv,
    pub store: Flaky,
    pub model: ModelProvider,
    pub sales: Sales,
    pub goods: Vec<ResourceId>,
    pub buyer: Actor,
    keys: std::cell::Cell<u32>,
}

impl World {
    pub fn new(late_payment: LatePayment) -> Self {
        let clock = TestEnv::new();
        let (store, model) = (Flaky::default(), ModelProvider::default());
        let env = clock.env();
        let goods: Vec<_> = (0..2).map(|_| ResourceId::new(&env)).collect();
        for resource in &goods {
            store.memory.set_stock(*resource, INITIAL);
        }
        let shared = Arc::new(store.clone());
        let gateway: Arc<dyn PaymentGateway> = Arc::new(model.clone());
        let sales = Sales {
            orders: shared.clone(),
            payments: shared.clone(),
            inbox: shared,
            receipts: Arc::new(store.memory.clone()),
            sellers: Arc::new(NoSellers),
            seller_books: Arc::new(store.memory.clone()),
            journal: Arc::new(store.memory.clone()),
            gateways: Gateways::new([gateway]),
            env,
            settings: SalesSettings { late_payment, ..SalesSettings::default() },
        };
        let buyer = actor(&clock.env(), Role::Customer);
        Self { clock, store, model, sales, goods, buyer, keys: std::cell::Cell::new(0) }
    }

    pub fn memory(&self) -> &Memory {
        &self.store.memory
    }

    pub fn env(&self) -> Env {
        self.clock.env()
    }

    pub fn key(&self) -> RequestKey {
        self.keys.set(self.keys.get() + 1);
        RequestKey { scope: "test".into(), key: self.keys.get().to_string(), hash: "h".into() }
    }

    pub fn once<T>(&self) -> Once<T> {
        Once { request: self.key(), answer: |_| answer() }
    }

    pub fn operator(&self) -> Actor {
        actor(&self.env(), Role::Operator)
    }

    /// What a checkout does; `None` when there is not enough to hold.
    pub async fn raise(&self, lines: &[(usize, i64, Option<Policy>)]) -> Option<OrderId> {
        let env = self.env();
        let lines = lines.iter().map(|(good, units, policy)| {
            self.line(self.goods[good % self.goods.len()], *units, *policy)
        });
        let lines: Vec<_> = lines.collect();
        let zero = Money::usd(0);
        let subtotal = Money::sum(zero.currency, lines.iter().map(|line| line.total)).unwrap();
        let tax = subtotal.basis_points(1_900).unwrap();
        let new = NewOrder {
            id: OrderId::new(&env),
            buyer: self.buyer.user,
            origin: Origin { mode: "test".into(), reference: Uuid::nil() },
            lines,
            totals: Totals::of(subtotal, zero, tax, zero, "default").unwrap(),
            address: None,
            until: env.now() + TimeDelta::minutes(30),
        };
        let (order, effects) = Order::raise(new, env.now()).unwrap();
        let write = effects.orders[0].clone();
        let rest = Effects { orders: Vec::new(), ..effects };
        self.memory().commit(write.with(rest)).await.ok()?;
        Some(order.id)
    }

    fn line(&self, resource: ResourceId, units: i64, policy: Option<Policy>) -> OrderLine {
        let env = self.env();
        let claim = ClaimId::new(&env);
        let unit_price = Money::usd(7_77);
        OrderLine {
            id: env.uuid(),
            sku: "TEA".into(),
            name: "Green tea".into(),
            quantity: u32::try_from(units).unwrap(),
            unit_price,
            total: unit_price.times(units).unwrap(),
            tax: Money::usd(0),
            seller: None,
            commission: None,
            reservation: policy.map(|policy| Reservation {
                claim,
                resource,
                units,
                policy,
                span: None,
            }),
            snapshot: json!({}),
        }
    }

    pub async fn start(&self, order: OrderId) -> Result<Payment, PaymentError> {
        self.start_with(order, self.once()).await
    }

    pub async fn start_with(
        &self,
        order: OrderId,
        once: Once<Payment>,
    ) -> Result<Payment, PaymentError> {
        let start = StartPayment { order, provider: "model".into() };
        self.sales.start_payment(&self.buyer, start, once).await
    }

    pub async fn refund(
        &self,
        payment: PaymentId,
        amount: Option<i64>,
    ) -> Result<Refunded, PaymentError> {
        let amount = amount.map(Money::usd);
        let request = RefundRequest { payment, amount, reason: "sorry".into(), restock: true };
        self.sales.refund(&self.operator(), request, self.once()).await
    }

    /// The bank takes money back; all that is left unless told.
    pub async fn dispute(
        &self,
        payment: PaymentId,
        amount: Option<i64>,
    ) -> Result<Disputed, PaymentError> {
        let amount = amount.map(Money::usd);
        let notice =
            DisputeNotice { payment, amount, reason: "never came".into(), provider_ref: None };
        self.sales.open_dispute(&self.operator(), notice, self.once()).await
    }

    pub async fn bank_decides(
        &self,
        disputed: &Disputed,
        outcome: DisputeOutcome,
    ) -> Result<Disputed, PaymentError> {
        let which = (disputed.payment.id, disputed.dispute.id);
        self.sales.decide_dispute(&self.operator(), which, outcome).await
    }

    /// The customer pays, or does not; the message about it waits at the provider.
    pub fn customer(&self, payment: &Payment, state: IntentState) {
        let provider_ref = self.payment(payment.id).provider_ref.unwrap();
        self.model.books().moves(&provider_ref, state);
    }

    pub async fn notify(&self, body: &Value) -> Result<Reception, PaymentError> {
        let headers = BTreeMap::from([("signature".to_owned(), "good".to_owned())]);
        let body = serde_json::to_vec(body).unwrap();
        self.sales.receive_notice("model", &headers, &body).await
    }

    /// Delivers every message the provider has for us.
    pub async fn notify_all(&self) {
        let waiting = std::mem::take(&mut self.model.books().notices);
        for body in waiting {
            self.notify(&body).await.unwrap();
        }
    }

    /// Tells every subscriber of an event, as the worker would.
    pub async fn tell(&self, at: usize) -> Result<(), Trouble> {
        let event = self.memory().read().events[at].clone();
        for subscriber in self.sales.subscribers() {
            if subscriber.events().contains(&event.name) {
                let delivery = Delivery {
                    id: event.id,
                    event: event.id,
                    subscriber: subscriber.name().into(),
                    name: event.name.into(),
                    subject: event.subject,
                    body: event.body.clone(),
                    at: event.at,
                    attempts: 1,
                };
                subscriber.handle(&delivery).await?;
            }
        }
        Ok(())
    }

    /// Tells all that happened so far, and what comes of it, from the beginning.
    pub async fn tell_all(&self) {
        let mut at = 0;
        while at < self.memory().read().events.len() {
            let _ = self.tell(at).await;
            at += 1;
        }
    }

    pub async fn poll(&self) {
        while PollPayments(self.sales.clone()).run().await.unwrap() > 0 {}
    }

    pub async fn expire(&self) {
        while ExpireOrders(self.sales.clone()).run().await.unwrap() > 0 {}
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.clock.advance(TimeDelta::seconds(seconds));
    }

    pub fn orders(&self) -> Vec<Order> {
        self.memory().read().all::<Order>().into_iter().map(|stored| stored.state).collect()
    }

    pub fn payments(&self) -> Vec<Payment> {
        self.memory().read().all::<Payment>().into_iter().map(|stored| stored.state).collect()
    }

    pub fn order(&self, id: OrderId) -> Order {
        self.orders().into_iter().find(|order| order.id == id).unwrap()
    }

    pub fn payment(&self, id: PaymentId) -> Payment {
        self.payments().into_iter().find(|payment| payment.id == id).unwrap()
    }

    pub fn balance(&self, code: &str) -> i64 {
        self.memory().read().balance(code, crate::Currency::USD)
    }

    pub fn told(&self, name: &str) -> usize {
        self.memory().read().events.iter().filter(|event| event.name == name).count()
    }

    /// An order of one unit, held, paid for and settled.
    pub async fn sold(&self) -> (Order, Payment) {
        let order = self.raise(&[(0, 1, Some(Policy::Hold))]).await.unwrap();
        let payment = self.start(order).await.unwrap();
        self.customer(&payment, IntentState::Captured);
        self.notify_all().await;
        self.tell_all().await;
        let (order, payment) = (self.order(order), self.payment(payment.id));
        assert!(matches!(order.state, OrderState::Paid { .. }), "{order:?}");
        (order, payment)
    }
}

fn actor(env: &Env, role: Role) -> Actor {
    Actor { user: UserId::new(env), session: Id::new(env), role }
}

fn answer() -> Answer {
    Answer { status: 201, headers: Vec::new(), body: String::new() }
}

/// An order of one thing that is not counted.
pub fn an_order(env: &Env, net: Money, tax: Money) -> Order {
    let line = OrderLine {
        id: env.uuid(),
        sku: "TEA".into(),
        name: "Green tea".into(),
        quantity: 1,
        unit_price: net,
        total: net,
        tax,
        seller: None,
        commission: None,
        reservation: None,
        snapshot: json!({}),
    };
    let zero = Money::zero(net.currency);
    let new = NewOrder {
        id: OrderId::new(env),
        buyer: Id::new(env),
        origin: Origin { mode: "test".into(), reference: Uuid::nil() },
        lines: vec![line],
        totals: Totals::of(net, zero, tax, zero, "default").unwrap(),
        address: None,
        until: moment(1_800),
    };
    Order::raise(new, env.now()).unwrap().0
}

pub fn a_payment(env: &Env, order: &Order) -> Payment {
    Payment {
        id: Id::new(env),
        order: order.id,
        buyer: order.buyer,
        provider: "model".into(),
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
        check_at: Some(env.now()),
        checks: 0,
    }
}
