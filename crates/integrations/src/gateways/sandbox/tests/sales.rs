//! Sales over the real sandbox gateway: whatever it does to us, our books and its books agree.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::gateways::{
    CircuitSettings,
    sandbox::{SandboxGateway, SandboxSettings},
};
use chrono::TimeDelta;
use commerce::{
    Actor, Answer, Currency, Effects, Id, Money, Once, Order, OrderId, Payment, Repository,
    RequestKey, Role,
    event::{Delivery, Sweep},
    order::{NewOrder, OrderLine, OrderState, Origin, Totals},
    payment::{Gateways, PaymentGateway, PaymentState},
    sales::{ExpireOrders, PollPayments, Sales, SalesSettings, StartPayment},
    seller::NoSellers,
    testing::{Memory, TestEnv},
};
use sandbox::{Config, Sandbox};
use serde_json::json;

struct Shop {
    sandbox: Sandbox,
    sales: Sales,
    memory: Memory,
    clock: TestEnv,
    buyer: Actor,
}

async fn shop() -> Shop {
    let sandbox = sandbox::start(Config::default()).await.unwrap();
    let gateway = SandboxGateway::new(SandboxSettings {
        base_url: sandbox.url(),
        api_key: "sk_sandbox_test".into(),
        webhook_secrets: vec!["whsec_test".into()],
        tolerance: TimeDelta::seconds(300),
        timeout: Duration::from_secs(1),
        circuit: CircuitSettings::default(),
    });
    let gateway: Arc<dyn PaymentGateway> = Arc::new(gateway.unwrap());
    let (memory, clock) = (Memory::default(), TestEnv::new());
    let env = clock.env();
    let store = Arc::new(memory.clone());
    let sales = Sales {
        orders: store.clone(),
        payments: store.clone(),
        inbox: store.clone(),
        receipts: store.clone(),
        sellers: Arc::new(NoSellers),
        seller_books: store.clone(),
        journal: store,
        gateways: Gateways::new([gateway]),
        env: env.clone(),
        settings: SalesSettings::default(),
    };
    let buyer = Actor { user: Id::new(&env), session: Id::new(&env), role: Role::Customer };
    Shop { sandbox, sales, memory, clock, buyer }
}

impl Shop {
    /// An order of `minor` cents, not paid yet.
    async fn order(&self, minor: i64) -> OrderId {
        let env = self.clock.env();
        let (price, zero) = (Money::usd(minor), Money::usd(0));
        let line = OrderLine {
            id: env.uuid(),
            sku: "TEA".into(),
            name: "Green tea".into(),
            quantity: 1,
            unit_price: price,
            total: price,
            tax: zero,
            seller: None,
            commission: None,
            reservation: None,
            snapshot: json!({}),
        };
        let new = NewOrder {
            id: Id::new(&env),
            buyer: self.buyer.user,
            origin: Origin { mode: "test".into(), reference: env.uuid() },
            lines: vec![line],
            totals: Totals::of(price, zero, zero, zero, "default").unwrap(),
            address: None,
            until: env.now() + TimeDelta::minutes(30),
        };
        let (order, effects) = Order::raise(new, env.now()).unwrap();
        let write = effects.orders[0].clone();
        self.memory.commit(write.with(Effects::none())).await.unwrap();
        order.id
    }

    async fn start(&self, order: OrderId) -> Payment {
        let key = RequestKey { scope: "test".into(), key: order.to_string(), hash: "h".into() };
        let answer = |_: &Payment| Answer { status: 201, headers: vec![], body: String::new() };
        let start = StartPayment { order, provider: "sandbox".into() };
        self.sales.start_payment(&self.buyer, start, Once { request: key, answer }).await.unwrap()
    }

    /// The shopper pays as soon as there is something to pay with.
    async fn confirm(&self, payment: &Payment) {
        let Some(action) = &payment.action else { return };
        let client = crate::http::client(Duration::from_secs(1)).unwrap();
        let reference = payment.provider_ref.as_deref().unwrap();
        let url = format!("{}/v1/intents/{reference}/confirm", self.sandbox.url());
        let card = json!({
            "number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123",
        });
        let body = json!({"client_secret": action.client_secret, "card": card});
        // The gateway may well not answer; the poller finds out.
        let _ = client.post(url).json(&body).send().await;
    }

    fn payments(&self) -> Vec<Payment> {
        let all = self.memory.read().all::<Payment>();
        all.into_iter().map(|stored| stored.state).collect()
    }

    fn order_of(&self, payment: &Payment) -> Order {
        let all = self.memory.read().all::<Order>();
        all.into_iter().find(|stored| stored.state.id == payment.order).unwrap().state
    }

    async fn time_passes(&self, gap: TimeDelta) {
        self.clock.clock.advance(gap);
        self.sandbox.advance(u64::try_from(gap.num_milliseconds()).unwrap());
        ExpireOrders(self.sales.clone()).run().await.unwrap();
        PollPayments(self.sales.clone()).run().await.unwrap();
        self.tell_all().await;
    }

    async fn tell_all(&self) {
        let mut at = 0;
        while let Some(event) = { self.memory.read().events.get(at).cloned() } {
            at += 1;
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
                    let _ = subscriber.handle(&delivery).await;
                }
            }
        }
    }
}

fn outcome(shop: &Shop, payment: &Payment) -> String {
    let order = shop.order_of(payment);
    let refunded = payment.refunds.iter().map(|refund| refund.state.as_str());
    let refunded: Vec<_> = refunded.collect();
    format!("{} {} {}", payment.state.name(), order.state.name(), refunded.join(","))
}

/// The magic amounts of `docs/sandbox-gateway.md` §4.2; 66613 takes another amount, which is never booked.
#[tokio::test]
async fn every_fault_of_the_gateway_ends_well() {
    let shop = shop().await;
    let amounts: Vec<_> = (66_601..=66_616).filter(|amount| *amount != 66_613).collect();
    for amount in amounts.into_iter().chain([19_99]) {
        let order = shop.order(amount).await;
        shop.start(order).await;
    }
    for gap in [6, 20, 40, 60, 300, 1_500, 3_600, 21_600, 43_200, 43_200] {
        for payment in shop.payments() {
            if payment.state == PaymentState::Pending {
                shop.confirm(&payment).await;
            }
        }
        shop.time_passes(TimeDelta::seconds(gap)).await;
    }

    let all = shop.payments();
    let by_amount: BTreeMap<_, _> =
        all.iter().map(|payment| (payment.amount.minor, outcome(&shop, payment))).collect();
    for (amount, outcome) in &by_amount {
        let expected = match amount {
            66_601 | 66_602 => "failed cancelled ",
            66_603 => "cancelled cancelled ",
            _ => "captured paid ",
        };
        assert_eq!(outcome, expected, "{amount}");
    }
    assert_books_agree(&shop);
}

fn assert_books_agree(shop: &Shop) {
    let theirs = shop.sandbox.books();
    let theirs = theirs.captured_by_reference();
    for payment in shop.payments() {
        let captured = theirs.get(payment.id.to_string().as_str()).copied().unwrap_or(0);
        assert_eq!(payment.captured.minor, captured, "{payment:?}");
        let paid = matches!(shop.order_of(&payment).state, OrderState::Paid { .. });
        assert_eq!(paid, payment.settles);
    }
    let clearing = shop.memory.read().balance("psp:sandbox:clearing", Currency::USD);
    assert_eq!(clearing, theirs.values().sum::<i64>());
}
