//! PayPal's Orders v2 as documented: strict about tokens, headers, fields and amounts, and every request id answered once.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use serde_json::{Value, json};

use super::{Counterpart, Heard, Reply, shape::strange};

pub const PAYPAL_CLIENT: &str = "cid";
pub const PAYPAL_SECRET: &str = "sec";
pub const PAYPAL_MERCHANT: &str = "MERCHANT1";

/// How long a token is good, in seconds.
pub const PAYPAL_TOKEN_LIFE: i64 = 32_400;

#[derive(Default)]
pub struct PayPalBooks {
    tokens: HashSet<String>,
    pub tokens_given: usize,
    orders: BTreeMap<String, Value>,
    answered: HashMap<String, (String, Reply)>,
    /// The next captures are declined.
    pub declines: usize,
    /// What becomes of captures and refunds; `COMPLETED` if nothing is said.
    pub captures_are: Option<String>,
    pub refunds_are: Option<String>,
    /// What moved the balance, the oldest first.
    pub record: Vec<Value>,
    /// Up to when the record is known; up to now if nothing is said.
    pub refreshed: Option<String>,
    /// Bodies of messages by their transmission ids.
    sent: HashMap<String, Vec<u8>>,
    made: usize,
}

/// A PayPal of its own.
#[derive(Default)]
pub struct PayPalFake(Mutex<PayPalBooks>);

impl PayPalFake {
    pub fn books(&self) -> MutexGuard<'_, PayPalBooks> {
        self.0.lock().unwrap()
    }

    /// The customer agrees at the approval link.
    pub fn approve(&self, order: &str) {
        let mut books = self.books();
        let made = books.next();
        let order = books.orders.get_mut(order).unwrap();
        order["status"] = json!("APPROVED");
        order["update_time"] = json!(format!("2026-05-01T12:00:{made:02}Z"));
    }

    /// Every token given so far stops being good.
    pub fn revoke_tokens(&self) {
        self.books().tokens.clear();
    }

    /// Headers of a message that postback will find genuine.
    pub fn transmission(&self, body: &[u8]) -> BTreeMap<String, String> {
        let mut books = self.books();
        let id = format!("transmission-{}", books.next());
        books.sent.insert(id.clone(), body.to_vec());
        let url = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270";
        let pairs = [
            ("paypal-transmission-id", &*id),
            ("paypal-transmission-time", "2026-05-01T12:00:00Z"),
            ("paypal-transmission-sig", "c2lnbmVk"),
            ("paypal-cert-url", url),
            ("paypal-auth-algo", "SHA256withRSA"),
            ("paypal-auth-version", "v2"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }
}

impl PayPalBooks {
    pub fn orders(&self) -> Vec<Value> {
        self.orders.values().cloned().collect()
    }

    fn next(&mut self) -> usize {
        self.made = self.made.saturating_add(1);
        self.made
    }

    fn answer(&mut self, heard: &Heard) -> Reply {
        if heard.call() == "POST /v1/oauth2/token" {
            return self.token(heard);
        }
        let token = heard.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
        if !self.tokens.contains(token) {
            return refused(401, "AUTHENTICATION_FAILURE", "TOKEN_EXPIRED");
        }
        if heard.method == "GET" {
            return self.show(heard);
        }
        if heard.header("content-type") != "application/json" {
            return refused(415, "UNSUPPORTED_MEDIA_TYPE", "");
        }
        if heard.path == "/v1/notifications/verify-webhook-signature" {
            return self.postback(heard);
        }
        let request_id = heard.header("paypal-request-id").to_owned();
        if request_id.is_empty() || request_id.len() > 108 {
            return refused(400, "INVALID_REQUEST", "INVALID_PAYPAL_REQUEST_ID");
        }
        let place = format!("{request_id} at {}", heard.path);
        match self.answered.get(&place) {
            Some((body, _)) if *body != heard.text() => {
                refused(422, "UNPROCESSABLE_ENTITY", "PAYPAL_REQUEST_ID_REUSED")
            }
            Some((_, reply)) => Reply { status: 200, ..reply.clone() },
            None => {
                let reply = self.act(heard);
                if reply.status < 400 {
                    self.answered.insert(place, (heard.text(), reply.clone()));
                }
                reply
            }
        }
    }

    fn token(&mut self, heard: &Heard) -> Reply {
        let basic = STANDARD.encode(format!("{PAYPAL_CLIENT}:{PAYPAL_SECRET}"));
        let known = heard.header("authorization") == format!("Basic {basic}");
        if !known || heard.text() != "grant_type=client_credentials" {
            let said = json!({"error": "invalid_client", "error_description": "No."});
            return Reply::json(401, &said);
        }
        let token = format!("A21AA{}", self.next());
        self.tokens.insert(token.clone());
        self.tokens_given = self.tokens_given.saturating_add(1);
        Reply::json(
            200,
            &json!({
                "scope": "x", "access_token": token, "token_type": "Bearer", "app_id": "APP-1",
                "expires_in": PAYPAL_TOKEN_LIFE, "nonce": "n",
            }),
        )
    }

    fn show(&self, heard: &Heard) -> Reply {
        if heard.call() == "GET /v1/reporting/transactions" {
            return self.search(&heard.query());
        }
        let parts: Vec<_> = heard.path.trim_start_matches('/').split('/').collect();
        let found = match parts.as_slice() {
            ["v2", "checkout", "orders", id] => self.orders.get(*id).cloned(),
            ["v2", "payments", "captures", id] => self.capture(id).cloned(),
            _ => None,
        };
        found.map_or_else(not_found, |found| Reply::json(200, &found))
    }

    /// Transaction search: 31 days at most, and nothing of the time after the last refresh.
    fn search(&self, asked: &BTreeMap<String, String>) -> Reply {
        if asked.keys().any(|name| !SEARCHED_BY.contains(&name.as_str())) {
            return malformed("an unknown parameter");
        }
        let time = |name: &str| {
            let text = asked.get(name).filter(|text| text.len() >= 20)?;
            DateTime::parse_from_rfc3339(text).ok()
        };
        let (Some(start), Some(end)) = (time("start_date"), time("end_date")) else {
            return malformed("start_date and end_date");
        };
        let number = |name: &str, usual: usize| {
            asked.get(name).map_or(Some(usual), |text| text.parse::<usize>().ok())
        };
        let size = number("page_size", 100).filter(|size| (1..=500).contains(size));
        let page = number("page", 1).filter(|page| *page > 0);
        let (Some(size), Some(page)) = (size, page) else { return malformed("page_size") };
        if end.signed_duration_since(start).num_days() > 31 {
            return malformed("Date range is greater than 31 days");
        }
        let refreshed = self.refreshed.clone().unwrap_or_else(|| end.to_rfc3339());
        if DateTime::parse_from_rfc3339(&refreshed).unwrap() < start {
            return malformed("Data for the given start date is not available.");
        }
        let at = |entry: &Value| {
            let text = entry["transaction_info"]["transaction_initiation_date"].as_str().unwrap();
            DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z").unwrap()
        };
        let found: Vec<_> =
            self.record.iter().filter(|entry| (start..=end).contains(&at(entry))).collect();
        let begin = page.saturating_sub(1).saturating_mul(size);
        let details: Vec<_> = found.iter().skip(begin).take(size).collect();
        Reply::json(
            200,
            &json!({
                "transaction_details": details, "account_number": PAYPAL_MERCHANT,
                "last_refreshed_datetime": refreshed, "page": page,
                "total_items": found.len(), "total_pages": found.len().div_ceil(size),
            }),
        )
    }

    fn capture(&self, id: &str) -> Option<&Value> {
        let captures = self
            .orders
            .values()
            .filter_map(|order| order.pointer("/purchase_units/0/payments/captures/0"));
        captures.into_iter().find(|capture| capture["id"] == id)
    }

    fn act(&mut self, heard: &Heard) -> Reply {
        let parts: Vec<_> = heard.path.trim_start_matches('/').split('/').collect();
        match parts.as_slice() {
            ["v2", "checkout", "orders"] => self.create(heard),
            ["v2", "checkout", "orders", id, "capture"] => self.take(id, heard),
            ["v2", "payments", "captures", id, "refund"] => self.refund(id, heard),
            _ => not_found(),
        }
    }

    fn create(&mut self, heard: &Heard) -> Reply {
        let Ok(asked) = serde_json::from_slice::<Value>(&heard.body) else { return malformed("") };
        if let Some(place) = strange(&asked, &order_shape()) {
            return malformed(&place);
        }
        let Some(unit) = asked.pointer("/purchase_units/0") else {
            return malformed("/purchase_units is missing");
        };
        if let Some(reply) = wrong_amount(&unit["amount"]) {
            return reply;
        }
        let id = format!("5O190127TN{:06}", self.next());
        let mut unit = unit.clone();
        unit["payee"] =
            json!({"email_address": "shop@example.com", "merchant_id": PAYPAL_MERCHANT});
        let order = json!({
            "id": id, "intent": "CAPTURE", "status": "PAYER_ACTION_REQUIRED",
            "purchase_units": [unit], "create_time": "2026-05-01T12:00:00Z",
            "links": [
                {"rel": "self", "href": format!("https://x/v2/checkout/orders/{id}"), "method": "GET"},
                {"rel": "payer-action", "href": format!("https://paypal.example/checkoutnow?token={id}"), "method": "GET"},
            ],
        });
        self.orders.insert(id, order.clone());
        Reply::json(201, &order)
    }

    fn take(&mut self, id: &str, heard: &Heard) -> Reply {
        let number = self.next();
        let status = self.captures_are.clone().unwrap_or_else(|| "COMPLETED".to_owned());
        let Some(order) = self.orders.get_mut(id) else { return not_found() };
        if !heard.body.is_empty() {
            return malformed("/ has a body");
        }
        let unprocessable = |issue| refused(422, "UNPROCESSABLE_ENTITY", issue);
        match order["status"].as_str() {
            Some("APPROVED") => {}
            Some("COMPLETED") => return unprocessable("ORDER_ALREADY_CAPTURED"),
            _ => return unprocessable("ORDER_NOT_APPROVED"),
        }
        if self.declines > 0 {
            self.declines = self.declines.saturating_sub(1);
            order["status"] = json!("PAYER_ACTION_REQUIRED");
            return unprocessable("INSTRUMENT_DECLINED");
        }
        let unit = &mut order["purchase_units"][0];
        let capture = json!({
            "id": format!("2GG279541U{number:06}"), "status": status, "amount": unit["amount"],
            "custom_id": unit["custom_id"], "invoice_id": unit["invoice_id"],
            "supplementary_data": {"related_ids": {"order_id": id}},
        });
        unit["payments"] = json!({"captures": [capture]});
        order["status"] = json!("COMPLETED");
        let reply = Reply::json(201, order);
        self.record.push(movement("T0006", &capture, ("ODR", id), ""));
        reply
    }

    fn refund(&mut self, capture: &str, heard: &Heard) -> Reply {
        let number = self.next();
        let status = self.refunds_are.clone().unwrap_or_else(|| "COMPLETED".to_owned());
        let Ok(asked) = serde_json::from_slice::<Value>(&heard.body) else { return malformed("") };
        if let Some(place) = strange(&asked, &refund_shape()) {
            return malformed(&place);
        }
        if let Some(reply) = wrong_amount(&asked["amount"]) {
            return reply;
        }
        let order = self.orders.values_mut().find(|order| {
            order.pointer("/purchase_units/0/payments/captures/0/id") == Some(&json!(capture))
        });
        let Some(order) = order else { return not_found() };
        let payments = &mut order["purchase_units"][0]["payments"];
        let mut refunds = payments["refunds"].as_array().cloned().unwrap_or_default();
        let given: i64 = refunds.iter().map(|refund| cents(&refund["amount"])).sum();
        let total = given.saturating_add(cents(&asked["amount"]));
        let captured = cents(&payments["captures"][0]["amount"]);
        if total > captured {
            return refused(422, "UNPROCESSABLE_ENTITY", "REFUND_AMOUNT_EXCEEDED");
        }
        let refund = json!({
            "id": format!("1JU08902{number:06}"), "status": status, "amount": asked["amount"],
            "custom_id": asked["custom_id"], "links": [
                {"rel": "up", "href": format!("https://x/v2/payments/captures/{capture}")},
            ],
        });
        refunds.push(refund.clone());
        payments["refunds"] = json!(refunds);
        let whole = if total == captured { "REFUNDED" } else { "PARTIALLY_REFUNDED" };
        payments["captures"][0]["status"] = json!(whole);
        self.record.push(movement("T1107", &refund, ("TXN", capture), "-"));
        Reply::json(201, &refund)
    }

    /// Genuine is what was sent under this transmission id, byte for byte.
    fn postback(&self, heard: &Heard) -> Reply {
        let asked: Value = serde_json::from_slice(&heard.body).unwrap_or_default();
        let shape = json!({
            "auth_algo": "", "cert_url": "", "transmission_id": "", "transmission_sig": "",
            "transmission_time": "", "webhook_id": "", "webhook_event": {"*": null},
        });
        let event = json!({"webhook_event": {}});
        let mut outside = asked.clone();
        outside["webhook_event"] = event["webhook_event"].clone();
        if let Some(place) = strange(&outside, &shape) {
            return malformed(&place);
        }
        let text = heard.text();
        let (_, event) = text.split_once("\"webhook_event\":").unwrap_or_default();
        let event = event.strip_suffix('}').unwrap_or_default();
        let sent = asked["transmission_id"].as_str().and_then(|id| self.sent.get(id));
        let genuine = asked["webhook_id"] == "1JE4291016473214C"
            && sent.is_some_and(|sent| sent == event.as_bytes());
        let verdict = if genuine { "SUCCESS" } else { "FAILURE" };
        Reply::json(200, &json!({"verification_status": verdict}))
    }
}

#[async_trait]
impl Counterpart for PayPalFake {
    async fn answer(&self, heard: &Heard) -> Reply {
        self.books().answer(heard)
    }
}

const SEARCHED_BY: [&str; 6] =
    ["start_date", "end_date", "fields", "balance_affecting_records_only", "page_size", "page"];

/// A capture or a refund as transaction search shows it; PayPal keeps fifty cents of a capture.
fn movement(code: &str, of: &Value, (kind, about): (&str, &str), sign: &str) -> Value {
    let pending = of["status"] == "PENDING";
    let currency = &of["amount"]["currency_code"];
    let value = format!("{sign}{}", of["amount"]["value"].as_str().unwrap());
    let mut info = json!({
        "paypal_account_id": "PAYER1", "transaction_id": of["id"], "paypal_reference_id": about,
        "paypal_reference_id_type": kind, "transaction_event_code": code,
        "transaction_initiation_date": "2026-05-01T12:00:00+0000",
        "transaction_updated_date": "2026-05-01T12:00:00+0000",
        "transaction_amount": {"currency_code": currency, "value": value},
        "transaction_status": if pending { "P" } else { "S" },
        "custom_field": of["custom_id"], "protection_eligibility": "01",
    });
    if sign.is_empty() {
        info["fee_amount"] = json!({"currency_code": currency, "value": "-0.50"});
    }
    json!({"transaction_info": info})
}

fn order_shape() -> Value {
    json!({
        "intent": "", "purchase_units": [{
            "reference_id": "", "custom_id": "", "invoice_id": "", "description": "",
            "amount": {"currency_code": "", "value": ""},
        }],
        "payment_source": {"paypal": {"experience_context": {
            "return_url": "", "cancel_url": "", "user_action": "", "shipping_preference": "",
            "payment_method_preference": "", "brand_name": "", "locale": "", "landing_page": "",
        }}},
    })
}

fn refund_shape() -> Value {
    json!({
        "amount": {"currency_code": "", "value": ""},
        "invoice_id": "", "custom_id": "", "note_to_payer": "",
    })
}

fn wrong_amount(amount: &Value) -> Option<Reply> {
    let value = amount["value"].as_str().unwrap_or_default();
    let digits = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if value.is_empty() || value.len() > 32 || !digits {
        return Some(malformed("/amount/value"));
    }
    let places = value.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let allowed = match amount["currency_code"].as_str() {
        Some("JPY" | "HUF" | "TWD") => 0,
        Some(_) => 2,
        None => return Some(malformed("/amount/currency_code")),
    };
    let unprocessable = |issue| refused(422, "UNPROCESSABLE_ENTITY", issue);
    (places > allowed).then(|| unprocessable("DECIMAL_PRECISION"))
}

/// Hundredths, of any currency.
fn cents(amount: &Value) -> i64 {
    let value = amount["value"].as_str().unwrap_or_default();
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "00"));
    format!("{whole}{fraction:0<2}").parse().unwrap_or_default()
}

fn refused(status: u16, name: &str, issue: &str) -> Reply {
    let details = json!([{"issue": issue, "description": "No."}]);
    let body = json!({"name": name, "message": "No.", "details": details, "debug_id": "d1"});
    Reply::json(status, &body).with("paypal-debug-id", "d1")
}

fn malformed(place: &str) -> Reply {
    refused(400, "INVALID_REQUEST", &format!("MALFORMED {place}"))
}

fn not_found() -> Reply {
    refused(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
}
