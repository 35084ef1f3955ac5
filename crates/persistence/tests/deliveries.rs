//! Providers' words in any order, again and again and against each other, over goods that do not suffice.
//!
//! `SOUK_SEED=7 cargo test -p persistence --test deliveries` repeats one seed on a fresh database.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that is surprised stops"
)]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use commerce::{
    Actor, Change, CommitError, Effects, Env, Failure, Id, Kind, Money, Order, OrderId,
    PageRequest, Payment, PaymentId, Repository, ResourceId, Role, UserId, Write,
    event::{Delivery, Subscriber, Sweep},
    ledger::Journal,
    order::{OrderState, Policy},
    payment::{
        Gateways, Intent, IntentState, NewIntent, PaymentError, PaymentGateway, PaymentState,
        Payments, Reception, RefundState, SentRefund,
    },
    sales::{ExpireOrders, Sales, SalesSettings, SettleNotices},
    seller::NoSellers,
    testing::ModelProvider,
};
use futures_util::future::join_all;
use persistence::{Db, testing::TestDb};
use serde_json::{Value, json};
use support::{env_of, line, payment_for, raise, stock};

const SEEDS: std::ops::Range<u64> = 0..28;
const ORDERS: usize = 100;
const GOODS: usize = 4;
const UNITS: usize = 12;
const DELIVERIES: usize = 2_000;
const TASKS: usize = 16;

/// `SplitMix64`: the same dice for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let z = z ^ (z >> 31);
        usize::try_from(z % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn among<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }
}

/// Something that reaches the shop.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "nearly all of them are words")]
enum Arrival {
    /// What the provider answered, now or long ago.
    Word(Intent),
    /// A signed message, as often as the provider sends it.
    Message { body: Value, times: usize },
    /// The buyer does not want the order any more.
    Wish(Actor, OrderId),
}

/// A payment, and everything its provider has ever said of it.
struct Told {
    payment: Payment,
    words: Vec<Intent>,
}

struct World {
    test: TestDb,
    env: Env,
    sales: Sales,
    model: ModelProvider,
    dice: Dice,
    goods: Vec<ResourceId>,
    orders: Vec<Order>,
    told: Vec<Told>,
}

impl World {
    async fn of(test: TestDb, seed: u64) -> Self {
        let (env, store) = (env_of(&test.db), Arc::new(test.db.clone()));
        let model = ModelProvider::default();
        let gateway: Arc<dyn PaymentGateway> = Arc::new(model.clone());
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
        let mut goods = Vec::new();
        for _ in 0..GOODS {
            goods.push(stock(&test.db, &env, i64::try_from(UNITS).unwrap()).await);
        }
        let (orders, told, dice) = (Vec::new(), Vec::new(), Dice(seed));
        Self { test, env, sales, model, dice, goods, orders, told }
    }

    fn db(&self) -> &Db {
        &self.test.db
    }

    /// Orders for more than there is, every third with a second payment. Whoever holds its goods gets them; who
    /// pays without a hold may come too late.
    async fn people_order(&mut self) {
        let mut held = [0; GOODS];
        for number in 0..ORDERS {
            let (one, two) = (self.dice.below(GOODS), self.dice.below(GOODS));
            let wanted: BTreeSet<_> = [one, two].into_iter().collect();
            let holds = self.dice.one_in(6) && wanted.iter().all(|good| held[*good] < UNITS / 2);
            wanted.iter().filter(|_| holds).for_each(|good| held[*good] += 1);
            let policy = if holds { Policy::Hold } else { Policy::OnPayment };
            let lines =
                wanted.iter().map(|good| line(&self.env, Some(policy), self.goods[*good], 1));
            let (order, effects) = raise(&self.env, UserId::new(&self.env), lines.collect());
            self.someone_pays(order, effects, 1 + usize::from(number % 3 == 0)).await;
        }
    }

    async fn someone_pays(&mut self, order: Order, raised: Effects, times: usize) {
        let attempt = |_| Payment { provider: "model".into(), ..payment_for(&self.env, &order) };
        let payments: Vec<_> = (0..times).map(attempt).collect();
        let rest = Effects { orders: Vec::new(), ..raised };
        let effects = payments.iter().cloned().map(Write::new).fold(rest, Effects::write_payment);
        let change = Change { writes: vec![Write::new(order.clone())], effects };
        self.db().commit(change).await.unwrap();
        self.orders.push(order);
        for payment in payments {
            let words = self.provider_says(&payment).await;
            self.told.push(Told { payment, words });
        }
    }

    /// A payment's whole way at the provider, and every answer that might have been given on it.
    async fn provider_says(&mut self, payment: &Payment) -> Vec<Intent> {
        let description = String::new();
        let (order, amount) = (payment.order, payment.amount);
        let new = NewIntent { payment: payment.id, order, amount, description };
        let mut words = vec![self.model.create(&new).await.unwrap()];
        let failed = IntentState::Failed { code: "card_declined".into() };
        let ways = [IntentState::RequiresAction, IntentState::Cancelled, failed];
        let mut way: Vec<_> =
            (0..=self.dice.below(3)).map(|_| self.dice.among(&ways).clone()).collect();
        if !self.dice.one_in(4) {
            way.push(IntentState::Captured);
        }
        let name = words[0].provider_ref.clone();
        for state in way {
            let mut books = self.model.books();
            books.moves(&name, state);
            words.push(books.intents[&name].clone());
        }
        words
    }

    /// Every word again and again, in an order of its own, with lies, messages and wishes in between.
    fn arrivals(&mut self) -> Vec<Arrival> {
        let mut all: Vec<_> = (0..DELIVERIES).map(|number| self.arrival(number)).collect();
        self.dice.shuffle(&mut all);
        all
    }

    fn arrival(&mut self, number: usize) -> Arrival {
        let Self { dice, told, env, orders, .. } = self;
        let about = &told[number % told.len()];
        match dice.below(50) {
            0 => {
                let order = dice.among(orders);
                Arrival::Wish(person(env, order.buyer), order.id)
            }
            1 => {
                let one = Money::usd(1);
                let word = about.words[0].clone();
                let state = IntentState::Captured;
                Arrival::Word(Intent { amount: one, captured: one, state, ..word })
            }
            2 => {
                let reference = PaymentId::new(env).to_string();
                Arrival::Word(Intent { reference, ..dice.among(&about.words).clone() })
            }
            3..=5 => {
                // Some ids come a second time with another body.
                let kind = ["moved", "changed"][dice.below(2)];
                let id = format!("evt_{}_{}", about.words[0].provider_ref, dice.below(3));
                let body = json!({"id": id, "kind": kind, "ref": about.words[0].provider_ref});
                Arrival::Message { body, times: 1 + dice.below(3) }
            }
            _ => Arrival::Word(dice.among(&about.words).clone()),
        }
    }

    /// The money that is owed is sent, and each refund told of thrice, and of some that they failed.
    async fn refund_words(&mut self) -> Vec<Arrival> {
        let mut all = Vec::new();
        for payment in self.payments().await {
            for refund in payment.refunds.iter().filter(|refund| refund.is_pending()) {
                let mut ends = vec![RefundState::Pending, RefundState::Succeeded];
                let last = if self.dice.one_in(5) { RefundState::Failed } else { ends[1] };
                ends.extend([RefundState::Succeeded, last]);
                all.extend(ends.into_iter().map(|state| {
                    Arrival::Word(Intent {
                        provider_ref: payment.provider_ref.clone().unwrap(),
                        reference: payment.id.to_string(),
                        amount: payment.amount,
                        captured: payment.captured,
                        state: IntentState::Captured,
                        action: None,
                        refunds: vec![SentRefund {
                            provider_ref: format!("re_{}", refund.id.uuid().simple()),
                            reference: refund.id.to_string(),
                            amount: refund.amount,
                            state,
                        }],
                    })
                }));
            }
        }
        self.dice.shuffle(&mut all);
        all
    }

    async fn deliver(&self, arrivals: Vec<Arrival>) {
        let arrivals = Arc::new(arrivals);
        let tasks = (0..TASKS).map(|task| {
            let (sales, arrivals) = (self.sales.clone(), arrivals.clone());
            tokio::spawn(async move {
                for arrival in arrivals.iter().skip(task).step_by(TASKS) {
                    arrives(&sales, arrival).await;
                }
            })
        });
        for done in join_all(tasks).await {
            done.unwrap();
        }
    }

    async fn payments(&self) -> Vec<Payment> {
        let mut all = Vec::new();
        for order in &self.orders {
            let found = self.db().of_order(order.id).await.unwrap();
            all.extend(found.into_iter().map(|stored| stored.state));
        }
        all
    }

    async fn orders(&self) -> Vec<Order> {
        let mut all = Vec::new();
        for order in &self.orders {
            let found: Option<commerce::Stored<Order>> = self.db().find(order.id).await.unwrap();
            all.push(found.unwrap().state);
        }
        all
    }

    /// Whoever was said to have paid has paid, whatever else was said.
    fn said_to_have_paid(&self, arrivals: &[Arrival]) -> BTreeSet<String> {
        let paid = |intent: &Intent| intent.state == IntentState::Captured;
        let asked = arrivals.iter().filter_map(|arrival| match arrival {
            Arrival::Message { body, .. } => body["ref"].as_str(),
            Arrival::Word(_) | Arrival::Wish(..) => None,
        });
        let asked: BTreeSet<_> = asked.collect();
        let ours: BTreeMap<_, _> =
            self.told.iter().map(|t| (t.payment.id.to_string(), t)).collect();
        let told = arrivals.iter().filter_map(|arrival| match arrival {
            Arrival::Word(intent) if paid(intent) => Some(intent),
            _ => None,
        });
        let right = |intent: &&Intent| {
            ours.get(&intent.reference).is_some_and(|told| told.payment.amount == intent.amount)
        };
        let heard = told.filter(right).map(|intent| intent.reference.clone());
        let fetched = self.told.iter().filter(|told| {
            asked.contains(told.words[0].provider_ref.as_str())
                && told.words.last().is_some_and(paid)
        });
        heard.chain(fetched.map(|told| told.payment.id.to_string())).collect()
    }

    async fn all_is_well(&self, paid: &BTreeSet<String>) {
        let (payments, orders) = (self.payments().await, self.orders().await);
        for payment in &payments {
            let captured = matches!(payment.state, PaymentState::Captured { .. });
            assert_eq!(captured, paid.contains(&payment.id.to_string()), "{payment:?}");
            assert!(!captured || payment.settles == payment.refunds.is_empty(), "{payment:?}");
        }
        for order in &orders {
            let keeps = payments.iter().filter(|p| p.order == order.id && p.settles).count();
            let is_paid = matches!(order.state, OrderState::Paid { .. });
            assert_eq!(keeps, usize::from(is_paid), "one payment keeps a paid order: {order:?}");
        }
        self.goods_are_conserved(&orders).await;
        self.money_is_conserved(&payments).await;
    }

    async fn goods_are_conserved(&self, orders: &[Order]) {
        for good in &self.goods {
            let units = |paid: bool| -> i64 {
                let orders = orders.iter().filter(|order| match order.state {
                    OrderState::Paid { .. } => paid,
                    OrderState::Pending { .. } => !paid,
                    OrderState::Cancelled { .. } => false,
                });
                let lines = orders.flat_map(|order| &order.lines);
                let taken = lines.filter_map(|line| line.reservation.as_ref());
                let taken = taken.filter(|taken| taken.resource == *good);
                taken.filter(|taken| paid || taken.policy == Policy::Hold).map(|t| t.units).sum()
            };
            let count = async |what: &str| {
                let sql = format!("select {what} from commerce_stock where resource = $1");
                self.test.number_of(&sql, [good.uuid().into()]).await
            };
            let there = count("on_hand").await;
            assert_eq!(there + units(true), i64::try_from(UNITS).unwrap(), "sold and left");
            assert_eq!(count("held").await, units(false), "held for those who wait");
        }
    }

    async fn money_is_conserved(&self, payments: &[Payment]) {
        let taken: i64 = payments.iter().map(|payment| payment.captured.minor).sum();
        let back: i64 = payments.iter().map(|payment| payment.refunded().unwrap().minor).sum();
        let unsold = payments.iter().filter(|payment| !payment.settles);
        let owed: i64 =
            unsold.map(|payment| payment.captured.minor - payment.refunded().unwrap().minor).sum();
        assert!(back > 0, "somebody came too late or paid twice");
        assert_eq!(self.balance("psp:model:clearing").await, taken - back);
        assert_eq!(self.balance("refund:payable").await, -owed);
        assert_eq!(self.balance("rev:sales").await, -(taken - back - owed));
        let books = self.db().trial_balance().await.unwrap();
        assert!(books.iter().all(|row| row.debits == row.credits), "{books:?}");
    }

    async fn balance(&self, code: &str) -> i64 {
        let page = PageRequest { limit: 1, cursor: None };
        let found = self.db().list_balances(code, page).await.unwrap().data;
        let ours = found.first().filter(|balance| balance.code == code);
        ours.map_or(0, |balance| balance.balance.minor)
    }
}

fn person(env: &Env, user: UserId) -> Actor {
    Actor { user, session: Id::new(env), role: Role::Customer }
}

/// As often as it takes until it was heard.
async fn arrives(sales: &Sales, arrival: &Arrival) {
    loop {
        let heard = match arrival {
            Arrival::Word(intent) => sales.settle("model", None, intent).await,
            Arrival::Message { body, times } => message(sales, body, *times).await,
            Arrival::Wish(buyer, order) => {
                let wish = sales.request_cancellation(buyer, *order, "too dear".into()).await;
                wish.map(drop).or_else(|error| match error.kind() {
                    Kind::Conflict if !is_stale(&error) => Ok(()),
                    _ => Err(error),
                })
            }
        };
        match heard {
            Ok(()) => return,
            Err(error) if is_stale(&error) => {}
            Err(error) => panic!("{arrival:?}: {error:?}"),
        }
    }
}

fn is_stale(error: &PaymentError) -> bool {
    matches!(error, PaymentError::Commit(CommitError::Stale))
}

/// Taken in at the door, and acted on as the worker would, which may be twice.
async fn message(sales: &Sales, body: &Value, times: usize) -> Result<(), PaymentError> {
    let headers = BTreeMap::from([("signature".to_owned(), "good".to_owned())]);
    let raw = serde_json::to_vec(body).unwrap();
    for _ in 0..times {
        if sales.receive_notice("model", &headers, &raw).await? == Reception::Quarantined {
            continue;
        }
        let told =
            json!({"provider": "model", "event_id": body["id"], "provider_ref": body["ref"]});
        let delivery = Delivery {
            id: sales.env.uuid(),
            event: sales.env.uuid(),
            subscriber: "settle_notices".into(),
            name: "provider_notice".into(),
            subject: sales.env.uuid(),
            body: told,
            at: sales.env.now(),
            attempts: 1,
        };
        SettleNotices(sales.clone()).handle(&delivery).await.unwrap();
    }
    Ok(())
}

async fn one_seed(test: TestDb, seed: u64) -> usize {
    let mut world = World::of(test, seed).await;
    world.people_order().await;
    let arrivals = world.arrivals();
    let paid = world.said_to_have_paid(&arrivals);
    let mut delivered = arrivals.len();

    world.deliver(arrivals).await;
    let refunds = world.refund_words().await;
    delivered += refunds.len();
    world.deliver(refunds).await;

    world.all_is_well(&paid).await;
    // And every invariant of the checker.
    world.test.finish().await;
    delivered
}

/// The seed that was asked for, or all of them.
fn seeds() -> Vec<u64> {
    let asked = std::env::var("SOUK_SEED").ok();
    asked.map_or(SEEDS.collect(), |seed| vec![seed.parse().unwrap()])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_comes_in_whatever_order_books_stock_and_orders_are_right_on_postgresql() {
    for seed in seeds() {
        println!("PostgreSQL, seed {seed}");
        let delivered = one_seed(TestDb::postgres().await, seed).await;
        println!("  {delivered} deliveries, and every promise is kept");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_comes_in_whatever_order_books_stock_and_orders_are_right_on_sqlite() {
    for seed in seeds() {
        println!("SQLite, seed {seed}");
        let delivered = one_seed(TestDb::sqlite().await, seed).await;
        println!("  {delivered} deliveries, and every promise is kept");
    }
}

/// Thirty-two orders that ran out long ago are paid while they are swept away.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_that_runs_out_while_it_is_paid_ends_in_one_way() {
    for test in TestDb::each_engine().await {
        let mut world = World::of(test, 1).await;
        let long_ago = support::still_env();
        for number in 0..32 {
            let good = world.goods[number % GOODS];
            let lines = vec![line(&long_ago, Some(Policy::Hold), good, 1)];
            let (order, effects) = raise(&long_ago, UserId::new(&long_ago), lines);
            world.someone_pays(order, effects, 1).await;
        }
        let captured = |told: &mut Told| {
            let mut books = world.model.books();
            let name = &told.words[0].provider_ref;
            books.moves(name, IntentState::Captured);
            books.intents[name].clone()
        };
        let words: Vec<_> = world.told.iter_mut().map(captured).collect();

        let pay = words.into_iter().map(|word| {
            let sales = world.sales.clone();
            tokio::spawn(async move { arrives(&sales, &Arrival::Word(word)).await })
        });
        let sweeps = (0..4).map(|_| {
            let sweep = ExpireOrders(world.sales.clone());
            tokio::spawn(async move { while sweep.run().await.unwrap() > 0 {} })
        });
        for done in join_all(sweeps.chain(pay).collect::<Vec<_>>()).await {
            done.unwrap();
        }

        let (orders, payments) = (world.orders().await, world.payments().await);
        for payment in &payments {
            let order = orders.iter().find(|order| order.id == payment.order).unwrap();
            let is_paid = matches!(order.state, OrderState::Paid { .. });
            assert_eq!(payment.captured, payment.amount, "{payment:?}");
            assert_eq!(payment.settles, is_paid, "{order:?}");
            assert_eq!(payment.refunds.is_empty(), is_paid, "{payment:?}");
        }
        world.goods_are_conserved(&orders).await;
        world.test.finish().await;
    }
}
