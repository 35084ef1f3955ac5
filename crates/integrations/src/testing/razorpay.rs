//! Razorpay's orders as documented: strict about keys, fields and amounts, with refunds made once a key.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Counterpart, Heard, Reply, shape::strange};

pub const RAZORPAY_KEY: &str = "rzp_test_1DP5mmOlF5G5ag";
pub const RAZORPAY_SECRET: &str = "thisissecret";
/// The moment at which everything happens at the fake: noon of the first of May 2026.
pub const RAZORPAY_NOW: i64 = 1_777_636_800;

#[derive(Default)]
pub struct RazorpayBooks {
    orders: BTreeMap<String, Value>,
    payments: BTreeMap<String, Value>,
    refunds: BTreeMap<String, Value>,
    keys: HashMap<String, (String, Reply)>,
    /// What becomes of refunds; `processed` if nothing is said.
    pub refunds_are: Option<String>,
    /// Paid out to the merchant's bank.
    pub settlements: Vec<Value>,
    made: usize,
}

/// A Razorpay of its own.
#[derive(Default)]
pub struct RazorpayFake(Mutex<RazorpayBooks>);

impl RazorpayFake {
    pub fn books(&self) -> MutexGuard<'_, RazorpayBooks> {
        self.0.lock().unwrap()
    }

    /// The customer pays in Razorpay's form, with the outcome `authorized`, `captured` or `failed`. Answers what
    /// the form gives to bring back.
    pub fn pay(&self, order: &str, outcome: &str) -> BTreeMap<String, String> {
        let mut books = self.books();
        let id = format!("pay_{:014}", books.next());
        let ordered = books.orders.get_mut(order).unwrap();
        ordered["attempts"] = json!(1);
        ordered["status"] = json!(if outcome == "captured" { "paid" } else { "attempted" });
        let payment = json!({
            "id": id, "entity": "payment", "amount": ordered["amount"],
            "currency": ordered["currency"], "status": outcome, "order_id": order,
            "captured": outcome == "captured", "amount_refunded": 0, "refund_status": null,
            "notes": [], "error_code": null, "created_at": RAZORPAY_NOW,
            "fee": fee_of(&ordered["amount"], outcome), "tax": 0,
        });
        books.payments.insert(id.clone(), payment);
        let pairs = [
            ("razorpay_order_id", order.to_owned()),
            ("razorpay_payment_id", id.clone()),
            ("razorpay_signature", sign(RAZORPAY_SECRET, format!("{order}|{id}").as_bytes())),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).into()
    }
}

/// As Razorpay signs what it sends.
pub fn sign(secret: &str, message: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hex::encode(mac.chain_update(message).finalize().into_bytes())
}

impl RazorpayBooks {
    pub fn orders(&self) -> Vec<Value> {
        self.orders.values().cloned().collect()
    }

    pub fn refunds(&self) -> Vec<Value> {
        self.refunds.values().cloned().collect()
    }

    fn next(&mut self) -> usize {
        self.made = self.made.saturating_add(1);
        self.made
    }

    fn answer(&mut self, heard: &Heard) -> Reply {
        let basic = STANDARD.encode(format!("{RAZORPAY_KEY}:{RAZORPAY_SECRET}"));
        if heard.header("authorization") != format!("Basic {basic}") {
            return refused(401, "Authentication failed");
        }
        let call = heard.call();
        let path = call.split_whitespace().nth(1).unwrap_or_default();
        let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
        match (heard.method.as_str(), parts.as_slice()) {
            ("POST", ["v1", "orders"]) => self.order(heard),
            ("GET", ["v1", "orders"]) => {
                let receipt = heard.query().remove("receipt").unwrap_or_default();
                list(self.orders.values().filter(|order| order["receipt"] == receipt.as_str()))
            }
            ("GET", ["v1", "orders", id]) => one(self.orders.get(*id)),
            ("GET", ["v1", "orders", id, "payments"]) => {
                list(self.payments.values().filter(|payment| payment["order_id"] == *id))
            }
            ("GET", ["v1", "payments"]) => within(heard, self.payments.values()),
            ("GET", ["v1", "refunds"]) => within(heard, self.refunds.values()),
            ("GET", ["v1", "settlements"]) => within(heard, self.settlements.iter()),
            ("GET", ["v1", "payments", id]) => one(self.payments.get(*id)),
            ("POST", ["v1", "payments", id, "capture"]) => self.capture(id, heard),
            ("POST", ["v1", "payments", id, "refund"]) => self.refund_once(id, heard),
            ("GET", ["v1", "payments", id, "refunds"]) => {
                list(self.refunds.values().filter(|refund| refund["payment_id"] == *id))
            }
            ("GET", ["v1", "refunds", id]) => one(self.refunds.get(*id)),
            _ => refused(404, "no such place"),
        }
    }

    fn order(&mut self, heard: &Heard) -> Reply {
        let shape = json!({"amount": 1, "currency": "", "receipt": "", "notes": {"*": ""}});
        let asked = match read(heard, &shape) {
            Ok(asked) => asked,
            Err(reply) => return reply,
        };
        let amount = asked["amount"].as_i64().unwrap_or_default();
        if amount < 100 {
            return refused(400, "Order amount less than minimum amount allowed");
        }
        if asked["receipt"].as_str().is_some_and(|receipt| receipt.len() > 40) {
            return refused(400, "receipt: the length must be no more than 40.");
        }
        let id = format!("order_{:014}", self.next());
        let order = json!({
            "id": id, "entity": "order", "amount": amount, "amount_paid": 0, "amount_due": amount,
            "currency": asked["currency"], "receipt": asked["receipt"], "status": "created",
            "attempts": 0, "notes": asked["notes"], "created_at": 1_777_636_800,
        });
        self.orders.insert(id, order.clone());
        Reply::json(200, &order)
    }

    /// Only from `authorized`, and only the exact amount.
    fn capture(&mut self, id: &str, heard: &Heard) -> Reply {
        let asked = match read(heard, &json!({"amount": 1, "currency": ""})) {
            Ok(asked) => asked,
            Err(reply) => return reply,
        };
        let Some(payment) = self.payments.get_mut(id) else {
            return refused(400, "The id provided does not exist");
        };
        if payment["status"] != "authorized" {
            return refused(400, "This payment has already been captured");
        }
        if payment["amount"] != asked["amount"] || payment["currency"] != asked["currency"] {
            return refused(400, "Capture amount must be equal to the amount authorized");
        }
        payment["status"] = json!("captured");
        payment["captured"] = json!(true);
        payment["fee"] = fee_of(&payment["amount"], "captured");
        Reply::json(200, payment)
    }

    fn refund_once(&mut self, id: &str, heard: &Heard) -> Reply {
        let key = heard.header("x-refund-idempotency").to_owned();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if key.len() < 10 || !key.bytes().all(plain) {
            return refused(400, "the idempotency key is not valid");
        }
        match self.keys.get(&key) {
            Some((body, _)) if *body != heard.text() => {
                refused(409, "Different request with the same idempotency key")
            }
            Some((_, reply)) => reply.clone(),
            None => {
                let reply = self.refund(id, heard);
                self.keys.insert(key, (heard.text(), reply.clone()));
                reply
            }
        }
    }

    fn refund(&mut self, id: &str, heard: &Heard) -> Reply {
        let shape = json!({"amount": 1, "speed": "", "notes": {"*": ""}, "receipt": ""});
        let asked = match read(heard, &shape) {
            Ok(asked) => asked,
            Err(reply) => return reply,
        };
        let number = self.next();
        let status = self.refunds_are.clone().unwrap_or_else(|| "processed".to_owned());
        let Some(payment) = self.payments.get_mut(id) else {
            return refused(400, "The id provided does not exist");
        };
        let amount = asked["amount"].as_i64().unwrap_or_default();
        let given = payment["amount_refunded"].as_i64().unwrap_or_default();
        let total = given.saturating_add(amount);
        let captured = payment["amount"].as_i64().unwrap_or_default();
        if payment["captured"] != true || total > captured {
            return refused(
                400,
                "The total refund amount is greater than the refund payment amount",
            );
        }
        payment["amount_refunded"] = json!(total);
        payment["refund_status"] = json!(if total == captured { "full" } else { "partial" });
        if total == captured {
            payment["status"] = json!("refunded");
        }
        let refund = json!({
            "id": format!("rfnd_{number:014}"), "entity": "refund", "amount": amount,
            "currency": payment["currency"], "payment_id": id, "notes": asked["notes"],
            "receipt": asked["receipt"], "status": status, "speed_requested": asked["speed"],
            "acquirer_data": {"arn": null}, "created_at": RAZORPAY_NOW,
        });
        self.refunds.insert(format!("rfnd_{number:014}"), refund.clone());
        Reply::json(200, &refund)
    }
}

#[async_trait]
impl Counterpart for RazorpayFake {
    async fn answer(&self, heard: &Heard) -> Reply {
        self.books().answer(heard)
    }
}

fn read(heard: &Heard, shape: &Value) -> Result<Value, Reply> {
    let asked: Value = serde_json::from_slice(&heard.body).unwrap_or_default();
    match strange(&asked, shape) {
        Some(place) => Err(refused(400, &format!("{place} is/are not required"))),
        None => Ok(asked),
    }
}

fn one(found: Option<&Value>) -> Reply {
    let missing = || refused(400, "The id provided does not exist");
    found.map_or_else(missing, |found| Reply::json(200, found))
}

fn list<'a>(items: impl Iterator<Item = &'a Value>) -> Reply {
    let items: Vec<_> = items.collect();
    Reply::json(200, &json!({"entity": "collection", "count": items.len(), "items": items}))
}

/// Two in a hundred, once it is captured.
fn fee_of(amount: &Value, outcome: &str) -> Value {
    let captured = amount.as_i64().filter(|_| outcome == "captured");
    captured.map_or(Value::Null, |amount| json!(amount.saturating_mul(2) / 100))
}

/// A list by time of creation, both ends included, the newest first.
fn within<'a>(heard: &Heard, items: impl Iterator<Item = &'a Value>) -> Reply {
    let asked = heard.query();
    let known = ["from", "to", "count", "skip"];
    if let Some(strange) = asked.keys().find(|name| !known.contains(&name.as_str())) {
        return refused(400, &format!("{strange} is/are not required and should not be sent"));
    }
    let number = |name: &str, usual: i64| {
        asked.get(name).map_or(Some(usual), |text| text.parse::<i64>().ok())
    };
    let (from, to) = (number("from", 946_684_800), number("to", 4_765_046_400));
    let (Some(from), Some(to)) = (from, to) else { return refused(400, "from must be an integer") };
    let sane = 946_684_800..=4_765_046_400;
    if !sane.contains(&from) || !sane.contains(&to) {
        return refused(400, "from must be between 946684800 and 4765046400");
    }
    let count = number("count", 10).filter(|count| (1..=100).contains(count));
    let Some(count) = count else { return refused(400, "The count may not be greater than 100") };
    let skip = usize::try_from(number("skip", 0).unwrap_or_default()).unwrap_or_default();
    let mut found: Vec<_> = items
        .filter(|item| (from..=to).contains(&item["created_at"].as_i64().unwrap_or_default()))
        .collect();
    found.reverse();
    list(found.into_iter().skip(skip).take(usize::try_from(count).unwrap_or_default()))
}

fn refused(status: u16, description: &str) -> Reply {
    let error = json!({
        "code": "BAD_REQUEST_ERROR", "description": description, "source": "business",
        "step": "payment_initiation", "reason": "input_validation_failed", "metadata": {},
    });
    Reply::json(status, &json!({"error": error}))
}
