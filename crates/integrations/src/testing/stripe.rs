//! Stands before localstripe and makes up for where it departs from Stripe: idempotency keys, parameters it does
//! not know, `amount_received`, refunds above the charge, and types of errors.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
    time::Duration,
};

use async_trait::async_trait;
use reqwest::Client;
use serde_json::{Value, json};

use super::{Counterpart, Heard, Reply};

/// Parameters of Stripe that localstripe does not know.
const UNKNOWN_TO_IT: [&str; 4] =
    ["automatic_payment_methods[enabled]", "description", "reason", "cancellation_reason"];

/// How many bytes an idempotency key may have.
const LONGEST_KEY: usize = 255;

pub struct StripeFront {
    localstripe: String,
    client: Client,
    answered: Mutex<HashMap<String, (Vec<u8>, Reply)>>,
}

/// The pairs of a form, in their order.
pub fn form_pairs(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

impl StripeFront {
    /// `localstripe` is its base URL.
    pub fn new(localstripe: String) -> Self {
        Self {
            localstripe,
            client: crate::http::client(Duration::from_secs(10)).unwrap(),
            answered: Mutex::default(),
        }
    }

    /// Asks localstripe itself, as the customer's browser or the provider's own staff would.
    pub async fn beside(&self, method: &str, path: &str, pairs: &[(&str, &str)]) -> Value {
        let form = pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
        let reply = self.pass_on(method, path, "Bearer sk_test_12345", form.collect()).await;
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }

    async fn pass_on(
        &self,
        method: &str,
        path: &str,
        authorization: &str,
        form: Vec<(String, String)>,
    ) -> Reply {
        let url = format!("{}{path}", self.localstripe);
        let request = self.client.request(method.parse().unwrap(), url);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = request
            .header("authorization", authorization)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.bytes().await.unwrap().to_vec();
        Reply { status, headers: Vec::new(), body }
    }

    /// What Stripe answers to what localstripe would let pass.
    async fn refused(&self, heard: &Heard, form: &[(String, String)]) -> Option<Reply> {
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        if heard.call() != "POST /v1/refunds" {
            return None;
        }
        let intent = field("payment_intent")?;
        let amount: i64 = field("amount")?.parse().ok()?;
        let path = format!("/v1/payment_intents/{intent}");
        let intent = self.beside("GET", &path, &[]).await;
        let charged = intent.pointer("/latest_charge/amount")?.as_i64()?;
        let refunded = intent.pointer("/latest_charge/amount_refunded")?.as_i64()?;
        let too_much = amount > charged.saturating_sub(refunded);
        too_much.then(|| refusal(400, "invalid_request_error", "charge_exceeds_source_limit"))
    }

    async fn forward(&self, heard: &Heard) -> Reply {
        let form = form_pairs(&heard.body);
        if let Some(refused) = self.refused(heard, &form).await {
            return refused;
        }
        let form = form.into_iter().filter(|(key, _)| !UNKNOWN_TO_IT.contains(&key.as_str()));
        let authorization = heard.header("authorization");
        let reply = self.pass_on(&heard.method, &heard.path, authorization, form.collect()).await;
        as_stripe_says_it(reply)
    }
}

#[async_trait]
impl Counterpart for StripeFront {
    async fn answer(&self, heard: &Heard) -> Reply {
        if heard.header("stripe-version").is_empty() {
            return refusal(400, "invalid_request_error", "version_missing");
        }
        let key = heard.header("idempotency-key").to_owned();
        if heard.method != "POST" {
            return self.forward(heard).await;
        }
        if key.is_empty() || key.len() > LONGEST_KEY {
            return refusal(400, "invalid_request_error", "idempotency_key_missing");
        }
        let request = [heard.path.as_bytes(), b"?", &heard.body].concat();
        let known = self.answered.lock().unwrap().get(&key).cloned();
        match known {
            Some((first, _)) if first != request => refusal(400, "idempotency_error", ""),
            Some((_, reply)) => reply.with("idempotent-replayed", "true"),
            None => {
                let reply = self.forward(heard).await;
                if reply.status < 400 {
                    self.answered.lock().unwrap().insert(key, (request, reply.clone()));
                }
                reply
            }
        }
    }
}

fn refusal(status: u16, kind: &str, code: &str) -> Reply {
    let mut error = BTreeMap::from([("type", kind), ("message", "No.")]);
    if !code.is_empty() {
        error.insert("code", code);
    }
    Reply::json(status, &json!({"error": error}))
}

fn as_stripe_says_it(reply: Reply) -> Reply {
    let Ok(mut body) = serde_json::from_slice::<Value>(&reply.body) else { return reply };
    if body.get("object") == Some(&json!("payment_intent")) {
        let paid = body.get("status") == Some(&json!("succeeded"));
        let charged = body.pointer("/latest_charge/amount").cloned();
        let charged = charged.filter(|_| paid).unwrap_or(json!(0));
        if let Some(fields) = body.as_object_mut() {
            fields.insert("amount_received".to_owned(), charged);
        }
    }
    Reply { body: body.to_string().into_bytes(), ..reply }
}
