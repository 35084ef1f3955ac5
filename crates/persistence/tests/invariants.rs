//! What holds over all that a sale may go through, on both engines: escrows end empty (I8), gold is covered (I11), and
//! the clearing account is what the provider says it holds (I12). What sellers have (I9) is in `market.rs`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its world should stop"
)]

mod support;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use commerce::{
    Account, Actor, Answer, CommitError, Currency, Effects, Env, Id, Money, Once, OrderId, Payment,
    Posting, Repository, RequestKey, ResourceId, Role, UserId,
    event::{Backoff, Sweep, Worker, WorkerSettings},
    order::{OrderLine, Policy},
    payment::{DisputeNews, DisputeStands, Gateways, IntentState, PaymentFilter},
    sales::{MoneyBack, PollPayments, RefundRequest, Sales, SalesSettings, Share, StartPayment},
    seller::{Commission, NoSellers},
    testing::ModelProvider,
};
use persistence::{Db, Subscriptions, testing::TestDb};
use serde_json::{Value, json};
use support::{carry, env_of, line, raise, stock};
use tokio::sync::Notify;
use uuid::Uuid;

const STEPS: usize = 120;

/// Numbers that are the same at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most.max(1)
    }
}

/// A shop with too little of one thing, its provider, and messages that come twice, late and in any order.
struct World<'a> {
    test: &'a TestDb,
    env: Env,
    sales: Sales,
    model: ModelProvider,
    worker: Worker,
    scarce: ResourceId,
    buyer: Actor,
    orders: Vec<OrderId>,
    /// What banks took of which payment, by the provider's name for it.
    disputes: BTreeMap<String, DisputeNews>,
    dice: Dice,
}

impl<'a> World<'a> {
    async fn over(test: &'a TestDb, seed: u64) -> Self {
        let (env, store) = (env_of(&test.db), Arc::new(test.db.clone()));
        let model = ModelProvider::default();
        let sales = Sales {
            orders: store.clone(),
            payments: store.clone(),
            inbox: store.clone(),
            receipts: store.clone(),
            sellers: Arc::new(NoSellers),
            seller_books: store.clone(),
            gateways: Gateways::new([Arc::new(model.clone()) as _]),
            env: env.clone(),
            settings: SalesSettings::default(),
        };
        test.db.subscribe(Subscriptions::of(&sales.subscribers()));
        let worker = worker(&test.db, &sales);
        let scarce = stock(&test.db, &env, 6).await;
        let buyer = person(&env, Role::Customer);
        let (orders, disputes, dice) = (Vec::new(), BTreeMap::new(), Dice(seed));
        Self { test, env, sales, model, worker, scarce, buyer, orders, disputes, dice }
    }

    async fn happens(&mut self) {
        match self.dice.below(12) {
            0 | 1 => self.orders_something().await,
            2 | 3 => self.starts_to_pay().await,
            4 | 5 => self.customer_decides(),
            6 | 7 => self.messages_come().await,
            8 => self.gives_some_back().await,
            9 => self.bank_has_a_word().await,
            10 => self.calls_off().await,
            _ => self.tells_all().await,
        }
    }

    async fn orders_something(&mut self) {
        let seller = (self.dice.below(2) == 0).then(|| Uuid::from_u128(0xA));
        let policies = [Some(Policy::Hold), Some(Policy::OnPayment), None];
        let policy = policies[self.dice.below(3)];
        let one = line(&self.env, policy, self.scarce, 2);
        let other = of(line(&self.env, None, self.scarce, 1), seller);
        let (order, effects) = raise(&self.env, self.buyer.user, vec![one, other]);
        let write = effects.orders[0].clone();
        let rest = Effects { orders: Vec::new(), ..effects };
        match self.test.db.commit(write.with(rest)).await {
            Ok(()) => self.orders.push(order.id),
            Err(CommitError::OutOfStock(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn some_order(&mut self) -> Option<OrderId> {
        let at = self.dice.below(self.orders.len());
        self.orders.get(at).copied()
    }

    /// Refused where another payment is on its way, or nothing is to be paid.
    async fn starts_to_pay(&mut self) {
        let Some(order) = self.some_order() else { return };
        let start = StartPayment { order, provider: "model".into() };
        let _ = self.sales.start_payment(&self.buyer, start, self.once()).await;
    }

    /// A payment that failed may still be captured, after another one was begun.
    fn customer_decides(&mut self) {
        let waiting = self.model.books().uncaptured();
        let failed = IntentState::Failed { code: "declined".into() };
        let states = [IntentState::Captured, IntentState::Captured, failed];
        let (at, state) = (self.dice.below(waiting.len()), self.dice.below(3));
        if let Some(intent) = waiting.get(at) {
            self.model.books().moves(intent, states[state].clone());
        }
    }

    /// Newest first; some come twice, and some not yet.
    async fn messages_come(&mut self) {
        let waiting = std::mem::take(&mut self.model.books().notices);
        for message in waiting.into_iter().rev() {
            match self.dice.below(3) {
                0 => self.model.books().notices.push(message),
                times => {
                    for _ in 0..times {
                        self.hears(&message).await;
                    }
                }
            }
        }
    }

    async fn hears(&self, message: &Value) {
        let headers = BTreeMap::from([("signature".to_owned(), "good".to_owned())]);
        let body = serde_json::to_vec(message).unwrap();
        self.sales.receive_notice("model", &headers, &body).await.unwrap();
    }

    async fn payments(&self) -> Vec<Payment> {
        let page = commerce::PageRequest { limit: 100, cursor: None };
        let all = self.sales.payments.list_payments(PaymentFilter::default(), page).await.unwrap();
        all.data.into_iter().map(|stored| stored.state).collect()
    }

    async fn some_sale(&mut self) -> Option<Payment> {
        let mut sold = self.payments().await;
        sold.retain(|payment| payment.settles);
        let at = self.dice.below(sold.len());
        (!sold.is_empty()).then(|| sold.swap_remove(at))
    }

    /// Never so much that a bank could not have its quarter.
    async fn gives_some_back(&mut self) {
        let Some(payment) = self.some_sale().await else { return };
        if payment.refunds.len() < 4 {
            let amount = Some(Money::usd(payment.captured.minor / 8));
            let reason = "broken".to_owned();
            let request = RefundRequest { payment: payment.id, amount, reason, restock: true };
            let operator = person(&self.env, Role::Operator);
            self.sales.refund(&operator, request, self.once()).await.unwrap();
        }
    }

    /// The last word on a dispute stays; older ones are heard after it.
    async fn bank_has_a_word(&mut self) {
        let Some(payment) = self.some_sale().await else { return };
        let words = [DisputeStands::Open, DisputeStands::Won, DisputeStands::Lost];
        let stands = words[self.dice.below(3)];
        let name = payment.provider_ref.unwrap();
        let news = DisputeNews {
            provider_ref: format!("dp_{name}"),
            amount: Money::usd(payment.captured.minor / 4),
            reason: "fraudulent".into(),
            stands,
        };
        let opened = DisputeNews { stands: DisputeStands::Open, ..news.clone() };
        let said = self.disputes.entry(name.clone()).or_insert(news);
        if said.stands == DisputeStands::Open {
            said.stands = stands;
        }
        for news in [said.clone(), opened] {
            let id = self.env.uuid().to_string();
            self.hears(&json!({"id": id, "kind": "dispute", "ref": name, "dispute": news})).await;
        }
    }

    async fn calls_off(&mut self) {
        let Some(order) = self.some_order() else { return };
        let sold = self.payments().await.iter().any(|paid| paid.settles && paid.order == order);
        if !sold && self.dice.below(3) == 0 {
            let id = Id::new(&self.env);
            let back = MoneyBack { id, share: Share::Everything, reason: "called off".into() };
            self.sales.call_off(order, &back).await.unwrap();
        }
    }

    async fn tells_all(&self) {
        while self.worker.deliver_batch().await.unwrap() > 0 {}
    }

    /// All that was said is heard, and the provider asked, until nothing is on its way.
    async fn comes_to_rest(&mut self) {
        for _ in 0..5 {
            let soon = "update commerce_payments set check_at = 1 where check_at is not null";
            self.test.execute(soon).await;
            PollPayments(self.sales.clone()).run().await.unwrap();
            let waiting = std::mem::take(&mut self.model.books().notices);
            for message in waiting {
                self.hears(&message).await;
            }
            self.tells_all().await;
        }
    }

    fn once<T>(&self) -> Once<T> {
        let key = self.env.uuid().to_string();
        let request = RequestKey { scope: "test".into(), key, hash: "h".into() };
        let answer = |_: &T| Answer { status: 201, headers: Vec::new(), body: "{}".into() };
        Once { request, answer }
    }

    async fn balance(&self, account: &Account) -> i64 {
        let sum = "select coalesce(cast(sum(amount) as bigint), 0) from ledger_entries \
            where layer = 'settled' and account = $1";
        self.test.number_of(sum, [account.code().into()]).await
    }

    /// I8, after every step: what was paid is earned or promised back in the commit that sees it.
    async fn escrows_are_empty(&self) {
        let left = "select count(*) from (select account from ledger_entries \
            where account like 'order:%:escrow' group by account, currency having sum(amount) <> 0) e";
        assert_eq!(self.test.number(left).await, 0, "an order's escrow is not empty");
    }

    /// I12: captured less refunded, less what banks have taken and not given up.
    async fn the_provider_agrees(&self) {
        let kept = self.disputes.values().filter(|news| news.stands != DisputeStands::Won);
        let kept: i64 = kept.map(|news| news.amount.minor).sum();
        let holds = self.model.books().holds() - kept;
        assert_eq!(self.balance(&Account::clearing("model")).await, holds);
    }
}

fn of(line: OrderLine, seller: Option<Uuid>) -> OrderLine {
    let commission = seller.map(|_| Commission {
        fee: Money::usd(1_00),
        tax: Money::usd(19),
        jurisdiction: "default".into(),
        kept_on_refund: false,
        rule: None,
    });
    OrderLine { seller, commission, ..line }
}

fn person(env: &Env, role: Role) -> Actor {
    Actor { user: UserId::new(env), session: Id::new(env), role }
}

fn worker(db: &Db, sales: &Sales) -> Worker {
    Worker {
        outbox: Arc::new(db.clone()),
        leases: Arc::new(db.clone()),
        subscribers: sales.subscribers(),
        sweeps: Vec::new(),
        env: sales.env.clone(),
        settings: WorkerSettings {
            holder: "worker".into(),
            concurrency: 1,
            batch: 10,
            lease: Duration::from_mins(1),
            poll: Duration::from_millis(5),
            max_attempts: 3,
            backoff: Backoff { first: Duration::from_mins(1), most: Duration::from_mins(1) },
        },
        doorbell: Arc::new(Notify::new()),
    }
}

#[tokio::test]
async fn i8_and_i12_escrows_end_empty_and_clearing_is_what_the_provider_holds() {
    let mut sold = 0;
    for seed in 1..=4 {
        for test in TestDb::each_engine().await {
            let mut world = World::over(&test, seed).await;

            for _ in 0..STEPS {
                world.happens().await;
                world.escrows_are_empty().await;
            }
            world.comes_to_rest().await;

            world.escrows_are_empty().await;
            world.the_provider_agrees().await;
            sold += world.payments().await.iter().filter(|payment| payment.settles).count();
            test.finish().await;
        }
    }
    assert!(sold > 8, "too little happened: {sold} sales");
}

/// A customer buys gold: money into the open trade, gold out of it.
fn gold_bought(env: &Env, customer: UserId, milligrams: i64, cents: i64) -> Posting {
    let gold = Money::new(milligrams, Currency::parse("XAU").unwrap());
    let (xau, usd) = (gold.currency, Currency::USD);
    Posting::draft(env.uuid(), "gold_bought", env.uuid(), env.now())
        .debit(Account::wallet(customer), Money::usd(cents))
        .credit(Account::trading(usd), Money::usd(cents))
        .debit(Account::trading(xau), gold)
        .credit(Account::gold(customer), gold)
        .balanced()
        .unwrap()
}

/// We cover what we sold: gold into the vault, and the trade is closed.
fn gold_covered(env: &Env, milligrams: i64, cents: i64) -> Posting {
    let gold = Money::new(milligrams, Currency::parse("XAU").unwrap());
    Posting::draft(env.uuid(), "gold_covered", env.uuid(), env.now())
        .debit(Account::vault(), gold)
        .credit(Account::trading(gold.currency), gold)
        .debit(Account::trading(Currency::USD), Money::usd(cents))
        .credit(Account::bank(), Money::usd(cents))
        .balanced()
        .unwrap()
}

#[tokio::test]
async fn i11_customers_own_no_more_gold_than_there_is_and_it_never_meets_money() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let customer = UserId::new(&env);
        let paid_in = support::transfer(&env, Account::bank(), Account::wallet(customer), 2_000_00);
        let post = async |posting| carry(&test.db, &env, Effects::none().post(posting)).await;
        post(paid_in).await.unwrap();

        for round in 1..=5 {
            post(gold_bought(&env, customer, round * 1_000, round * 64_00)).await.unwrap();
            test.assert_sound().await;
            post(gold_covered(&env, round * 500, round * 32_00)).await.unwrap();
            test.assert_sound().await;
        }
        let broke = post(gold_bought(&env, customer, 1, 2_000_00)).await;
        assert!(matches!(broke, Err(CommitError::InsufficientFunds(_))), "{broke:?}");

        // Gold that nobody bought or has is found.
        let gold = Money::new(1, Currency::parse("XAU").unwrap());
        let from_nothing = Posting::draft(env.uuid(), "gold_invented", env.uuid(), env.now())
            .debit(Account::sales(), gold)
            .credit(Account::gold(customer), gold)
            .balanced();
        post(from_nothing.unwrap()).await.unwrap();
        let found = persistence::check::run(&test.db).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        test.discard().await;
    }
}
