//! Many people at once, at every door of one shop.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::Barrier, task::JoinHandle};
use uuid::Uuid;

use crate::{
    Answer, Client, Engine, Goods, Server, Shop,
    shop::until,
    trade::{GOOD_CARD, address},
};

/// No storm lasts longer than this.
const STORM: Duration = Duration::from_mins(3);

/// Runs so many tasks at the same moment, on all threads, and returns what each came to, in order.
pub async fn together<T, R>(tasks: impl IntoIterator<Item = R>) -> Vec<T>
where
    R: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let tasks: Vec<R> = tasks.into_iter().collect();
    let start = Arc::new(Barrier::new(tasks.len()));
    let running: Vec<_> = tasks
        .into_iter()
        .map(|task| {
            let start = start.clone();
            tokio::spawn(async move {
                start.wait().await;
                task.await
            })
        })
        .collect();
    let mut outcomes = Vec::with_capacity(running.len());
    for task in running {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

/// The addresses at which one shop is served: by two processes on PostgreSQL, by one on SQLite.
pub struct Doors {
    urls: Vec<String>,
    other: Option<Server>,
}

impl Doors {
    pub async fn open(shop: &Shop) -> Self {
        let other = match shop.database.engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(shop.another_server(&[]).await),
        };
        let urls = [Some(shop.server()), other.as_ref()];
        let urls = urls.into_iter().flatten().map(|server| server.url.clone()).collect();
        Self { urls, other }
    }

    /// The same client at one door or another.
    pub fn at(&self, number: usize, client: &Client) -> Client {
        client.at(&self.urls[number % self.urls.len()])
    }

    /// Insists that nobody met a fault or a deadlock of ours, and closes the other door.
    pub async fn close(self, shop: &Shop) {
        shop.settled().await;
        for url in &self.urls {
            assert_calm(&Client::new(url)).await;
        }
        if let Some(other) = self.other {
            assert!(other.terminate().await.success(), "the second server ended badly");
        }
    }
}

/// No answer was a 5xx, and no commit met a deadlock.
pub async fn assert_calm(server: &Client) {
    let metrics = server.get("/metrics").await.expect(200);
    let metrics = metrics.body.as_str().unwrap();
    let bad = |line: &&str| {
        (line.contains("_seconds_count{") && line.contains("status=\"5"))
            || (line.starts_with("souk_deadlocks ") && !line.ends_with(" 0"))
    };
    assert_eq!(metrics.lines().find(bad), None);
    assert!(metrics.contains("souk_deadlocks 0"), "{metrics}");
}

/// Asks again and again under one `Idempotency-Key`, as whoever wants to buy in a storm does, until there is an answer
/// that counts. In between only a shop that is gone and problems that say "try again" are met.
pub async fn insist(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    let counts = async {
        loop {
            let headers = [("idempotency-key", key)];
            match client.try_ask(Method::POST, path, &headers, Some(body.clone())).await {
                Ok(answer) if answer.status == 503 || answer.code() == "request_in_progress" => {
                    assert!(answer.is_problem(), "{path} was answered {}", answer.body);
                }
                Ok(answer) => return answer,
                Err(error) => assert!(!error.is_timeout(), "{path} was never answered"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let answer = tokio::time::timeout(STORM, counts).await;
    answer.unwrap_or_else(|_| panic!("{path} never had an answer that counts"))
}

/// People who buy and pay, whatever happens to the shop meanwhile.
pub struct Storm {
    buyers: Vec<Client>,
    running: Vec<JoinHandle<Vec<String>>>,
    told: Arc<AtomicUsize>,
}

impl Storm {
    /// Each of the buyers buys one piece so many times.
    pub fn begin(shop: &Shop, buyers: Vec<Client>, goods: &Goods, times: usize) -> Self {
        let (gateway, told) = (Client::new(&shop.sandbox.url()), Arc::new(AtomicUsize::new(0)));
        let buy = |buyer: &Client| {
            let (buyer, gateway) = (buyer.clone(), gateway.clone());
            tokio::spawn(buy_on(buyer, gateway, goods.variant.clone(), times, told.clone()))
        };
        let running = buyers.iter().map(buy).collect();
        Self { buyers, running, told }
    }

    /// Waits until the shop has told of so many orders.
    pub async fn has_bought(&self, orders: usize) {
        until("trade goes on", || async { self.told.load(Ordering::Relaxed) >= orders }).await;
    }

    /// Waits until everyone is done and every order that the shop told of is paid; says how many there are.
    pub async fn blow_over(self) -> usize {
        let mut orders = 0;
        for (buyer, bought) in self.buyers.iter().zip(self.running) {
            for order in bought.await.unwrap() {
                buyer.order_becomes(&order, "paid").await;
                orders += 1;
            }
        }
        orders
    }
}

async fn buy_on(
    buyer: Client,
    gateway: Client,
    variant: String,
    times: usize,
    told: Arc<AtomicUsize>,
) -> Vec<String> {
    let mut orders = Vec::new();
    for _ in 0..times {
        let key = Uuid::new_v4().to_string();
        let item = json!({"variant": variant, "quantity": 1});
        insist(&buyer, "/v1/cart/items", &key, &item).await.expect(201);
        let order = insist(&buyer, "/v1/checkout", &key, &address()).await.expect(201).text("id");
        told.fetch_add(1, Ordering::Relaxed);
        let payment = start_payment(&buyer, &order, &key).await;
        gateway.confirm(&payment, GOOD_CARD).await.expect(200);
        orders.push(order);
    }
    orders
}

/// A payment that the gateway knows; it may not have heard of it at once.
async fn start_payment(buyer: &Client, order: &str, key: &str) -> Answer {
    let wish = json!({"order": order, "provider": "sandbox"});
    let payment = insist(buyer, "/v1/payments", key, &wish).await.expect(201);
    if payment.body["action"].is_object() {
        return payment;
    }
    buyer.payment_becomes(&payment.text("id"), "pending").await
}

impl Shop {
    /// Registers so many people and signs them in.
    pub async fn customers(&self, count: usize) -> Vec<Client> {
        stream::iter(0..count).map(|_| self.new_customer()).buffered(8).collect().await
    }

    /// Cents that the gateway captured and has not given back.
    pub fn money_kept(&self) -> i64 {
        self.sandbox.books().totals.values().map(|total| total.captured - total.refunded).sum()
    }
}
