//! Wallets raced, on both engines: as much is spent as there is, and nothing waits for ever.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::{collections::BTreeMap, future::Future, sync::Arc};

use commerce::{
    Account, Actor, Answer, Currency, Effects, Failure, Id, Money, Once, Order, OrderId,
    PageRequest, Payment, RequestKey, Role, UserId,
    event::{Delivery, Subscriber},
    ledger::Journal,
    order::Policy,
    payment::{Gateways, IntentState, PaymentError, PaymentGateway, Refund},
    sales::{RefundRequest, Sales, SalesSettings, SendRefunds, StartPayment, TopUp},
    seller::NoSellers,
    testing::ModelProvider,
    wallet::{TopUpLimits, WALLET, WalletError, WalletSettings},
};
use futures_util::future::join_all;
use persistence::{Db, testing::TestDb};
use serde_json::json;
use support::{carry, env_of, line, raise, stock};

const SPENDERS: usize = 64;

/// A shop that takes wallets, and a customer.
#[derive(Clone)]
struct World {
    db: Db,
    sales: Sales,
    model: ModelProvider,
    buyer: Actor,
}

impl World {
    fn over(db: &Db) -> Self {
        let (env, store, model) = (env_of(db), Arc::new(db.clone()), ModelProvider::default());
        let gateway: Arc<dyn PaymentGateway> = Arc::new(model.clone());
        let limits =
            TopUpLimits { least_minor: 1, most_minor: 10_000_00, balance_minor: 10_000_00 };
        let limits = BTreeMap::from([(Currency::USD, limits)]);
        let wallet = WalletSettings { enabled: true, limits, ..WalletSettings::default() };
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
            settings: SalesSettings { wallet, ..SalesSettings::default() },
        };
        let buyer = Actor { user: UserId::new(&env), session: Id::new(&env), role: Role::Customer };
        Self { db: db.clone(), sales, model, buyer }
    }

    fn once<T>(&self) -> Once<T> {
        let key = self.sales.env.uuid().to_string();
        let request = RequestKey { scope: "test".into(), key, hash: "h".into() };
        let answer = |_: &T| Answer { status: 201, headers: Vec::new(), body: "{}".into() };
        Once { request, answer }
    }

    async fn top_up(&self, minor: i64) -> Payment {
        let top_up = TopUp { amount: Money::usd(minor), provider: "model".into() };
        let payment = self.sales.top_up_wallet(&self.buyer, top_up, self.once()).await.unwrap();
        let name = payment.provider_ref.clone().unwrap();
        self.model.books().moves(&name, IntentState::Captured);
        let intent = self.model.fetch(&name).await.unwrap();
        self.sales.settle("model", None, &intent).await.unwrap();
        payment
    }

    /// Orders of the customer's over ten dollars each.
    async fn orders(&self, count: usize, policy: Policy, units: i64) -> Vec<OrderId> {
        let env = &self.sales.env;
        let goods = stock(&self.db, env, units).await;
        let mut orders = Vec::new();
        for _ in 0..count {
            let one = line(env, Some(policy), goods, 1);
            let (order, effects): (Order, Effects) = raise(env, self.buyer.user, vec![one]);
            carry(&self.db, env, effects).await.unwrap();
            orders.push(order.id);
        }
        orders
    }

    async fn pay(&self, order: OrderId) -> Result<Payment, PaymentError> {
        let start = StartPayment { order, provider: WALLET.into() };
        self.sales.start_payment(&self.buyer, start, self.once()).await
    }

    async fn refund(&self, payment: &Payment, minor: i64) -> Result<(), PaymentError> {
        let operator = Actor { role: Role::Operator, ..self.buyer };
        let amount = Some(Money::usd(minor));
        let request =
            RefundRequest { payment: payment.id, amount, reason: String::new(), restock: true };
        let refunded = self.sales.refund(&operator, request, self.once()).await?;
        self.send(payment, &refunded.refund).await;
        self.send(payment, &refunded.refund).await;
        Ok(())
    }

    /// As the worker does, once it is told.
    async fn send(&self, payment: &Payment, refund: &Refund) {
        let env = &self.sales.env;
        let delivery = Delivery {
            id: env.uuid(),
            event: env.uuid(),
            subscriber: "send_refunds".into(),
            name: "refund_due".into(),
            subject: payment.id.uuid(),
            body: json!({"refund": refund.id.to_string()}),
            at: env.now(),
            attempts: 1,
        };
        SendRefunds(self.sales.clone()).handle(&delivery).await.unwrap();
    }

    async fn purse(&self) -> i64 {
        let balances = self.sales.wallet(&self.buyer, self.buyer.user).await.unwrap();
        balances.first().map_or(0, |balance| balance.available().unwrap().minor)
    }
}

/// Starts one task for each number below `count` and gathers what they return.
async fn race<T, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(task(n))).collect();
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

fn is_short(outcome: &Result<Payment, PaymentError>) -> bool {
    matches!(outcome, Err(PaymentError::Wallet(WalletError::InsufficientFunds { .. })))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_spenders_on_one_wallet_as_many_pay_as_there_is_money_for() {
    for test in TestDb::each_engine().await {
        let world = World::over(&test.db);
        world.top_up(235_00).await;
        let orders = world.orders(SPENDERS, Policy::Hold, 64).await;

        let outcomes = race(SPENDERS, |number| {
            let (world, order) = (world.clone(), orders[number]);
            async move { world.pay(order).await }
        })
        .await;

        let paid = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(paid, 23, "{:?}", test.db.engine());
        let refused = outcomes.iter().filter(|outcome| outcome.is_err());
        assert!(refused.clone().all(is_short), "{refused:?}");
        assert_eq!(world.purse().await, 5_00);
        let missing = world.pay(orders[0]).await.map(drop).err().and_then(|error| error.facts());
        let told = missing.is_none_or(|facts| facts == json!({"missing": Money::usd(5_00)}));
        assert!(told, "paid already, or told what is missing");
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_that_many_pay_at_once_is_paid_once() {
    for test in TestDb::each_engine().await {
        let world = World::over(&test.db);
        world.top_up(100_00).await;
        let order = world.orders(1, Policy::Hold, 1).await[0];

        let outcomes = race(32, |_| {
            let world = world.clone();
            async move { world.pay(order).await.map_err(|error| error.code()) }
        })
        .await;

        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(outcomes.iter().all(|o| o.is_ok() || o.as_ref().err() == Some(&"order_paid")));
        assert_eq!(world.purse().await, 90_00);
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn spenders_refunds_and_top_ups_at_once_lose_no_cent() {
    for test in TestDb::each_engine().await {
        let world = World::over(&test.db);
        world.top_up(100_00).await;
        let paid = world.pay(world.orders(1, Policy::Hold, 1).await[0]).await.unwrap();
        // Ten of the goods are there for sixteen who pay without a hold.
        let orders = world.orders(16, Policy::OnPayment, 10).await;

        let spent: Vec<i64> = race(48, |number| {
            let (world, order, paid) = (world.clone(), orders.get(number).copied(), paid.clone());
            async move {
                match order {
                    Some(order) => {
                        let paid = world.pay(order).await;
                        assert!(paid.is_ok() || is_short(&paid), "{paid:?}");
                        paid.map_or(0, |paid| if paid.settles { -paid.amount.minor } else { 0 })
                    }
                    None if number % 2 == 0 => world.refund(&paid, 1_00).await.map_or(0, |()| 1_00),
                    None => world.top_up(50).await.amount.minor,
                }
            }
        })
        .await;
        for order in &orders {
            for payment in world.sales.payments.of_order(*order).await.unwrap() {
                for refund in payment.state.refunds.iter().filter(|refund| refund.is_pending()) {
                    world.send(&payment.state, refund).await;
                }
            }
        }

        assert_eq!(world.purse().await, 90_00 + spent.iter().sum::<i64>());
        assert_eq!(spent.iter().filter(|change| **change == 1_00).count(), 10, "never above paid");
        test.finish().await;
    }
}

#[tokio::test]
async fn a_statement_is_read_page_by_page() {
    for test in TestDb::each_engine().await {
        let world = World::over(&test.db);
        for minor in [10_00, 20_00, 30_00] {
            world.top_up(minor).await;
        }
        world.pay(world.orders(1, Policy::Hold, 1).await[0]).await.unwrap();

        let wallet = Account::wallet(world.buyer.user);
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit: 3, cursor };
            let page = test.db.list_entries(wallet.code(), page).await.unwrap();
            seen.extend(page.data.iter().map(|entry| entry.amount.minor));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }

        assert_eq!(seen, [10_00, -30_00, -20_00, -10_00]);
        test.finish().await;
    }
}
