//! What every provider's tests use.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use commerce::{
    Id, Money, OrderId, PaymentId, Timestamp,
    payment::{NewIntent, NewRefund},
    testing::TestEnv,
};
use integrations::{
    gateways::{CallSettings, CircuitSettings, Patience},
    testing::{Counterpart, Heard, LocalServer, Reply},
};
use serde_json::Value;

/// Quick, so that what never comes is given up at once, and second tries follow close.
pub fn quick() -> CallSettings {
    let patience = Patience {
        attempts: 3,
        first_pause: Duration::from_millis(5),
        longest_pause: Duration::from_millis(20),
        total: Duration::from_secs(20),
    };
    let circuit = CircuitSettings { failures: 1_000, ..CircuitSettings::default() };
    CallSettings { timeout: Duration::from_secs(2), patience, circuit }
}

/// Gives up on silence soon, for tests in which it never ends.
pub fn hasty() -> CallSettings {
    CallSettings { timeout: Duration::from_millis(300), ..quick() }
}

pub fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).unwrap()
}

pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer}"))
}

pub fn headers(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

pub fn new_intent(env: &TestEnv, amount: Money) -> NewIntent {
    let env = env.env();
    NewIntent {
        payment: PaymentId::new(&env),
        order: OrderId::new(&env),
        amount,
        description: "Order of two mugs".into(),
    }
}

pub fn new_refund(env: &TestEnv, provider_ref: &str, amount: Money) -> NewRefund {
    NewRefund { refund: Id::new(&env.env()), provider_ref: provider_ref.into(), amount }
}

/// Answers the same to everything.
pub struct Always(pub Reply);

#[async_trait]
impl Counterpart for Always {
    async fn answer(&self, _: &Heard) -> Reply {
        self.0.clone()
    }
}

pub async fn always(status: u16, body: Value) -> LocalServer {
    LocalServer::start(Arc::new(Always(Reply::json(status, &body)))).await
}

/// A request of a provider's own library, taken down by a capture server.
pub struct Recording {
    pub call: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// The recordings of one provider.
pub fn recordings(provider: &str) -> Vec<Recording> {
    let all = include_str!("recordings.txt");
    let of = all.split("######## ").find(|part| part.starts_with(provider)).unwrap();
    let (_, requests) = of.split_once('\n').unwrap();
    requests.split("-----\n").filter(|text| !text.trim().is_empty()).map(recording).collect()
}

fn recording(text: &str) -> Recording {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let call = lines.next().unwrap().to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers =
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Recording { call, headers, body: body.trim().to_owned() }
}

/// The recorded headers that matter, as we sent them; a key is ours, so only that there is one counts.
pub fn assert_headers(heard: &Heard, recorded: &Recording, names: &[&str], keys: &[&str]) {
    for name in names {
        let theirs = recorded.headers.get(*name).map(String::as_str).unwrap_or_default();
        assert_eq!(heard.header(name), theirs, "{} of {}", name, recorded.call);
    }
    for name in keys {
        let theirs = recorded.headers.contains_key(*name);
        assert_eq!(!heard.header(name).is_empty(), theirs, "{} of {}", name, recorded.call);
    }
}
