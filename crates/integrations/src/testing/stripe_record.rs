//! Stripe's balance transactions as documented, which localstripe does not list: the newest first, by cursor, and
//! strict about parameters.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Counterpart, Heard, Reply};

const KNOWN: [&str; 5] = ["limit", "created[gte]", "created[lt]", "starting_after", "expand[0]"];

/// The movements of an account, in the order in which they happened, with their sources whole.
#[derive(Default)]
pub struct StripeRecord(Mutex<Vec<Value>>);

impl StripeRecord {
    pub fn movements(&self) -> MutexGuard<'_, Vec<Value>> {
        self.0.lock().unwrap()
    }

    fn list(&self, asked: &BTreeMap<String, String>) -> Reply {
        if let Some(strange) = asked.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return refused("parameter_unknown", strange);
        }
        let number = |name: &str| asked.get(name).map(|text| text.parse::<i64>().ok());
        let limit = number("limit").unwrap_or(Some(10)).filter(|limit| (1..=100).contains(limit));
        let (Some(limit), from, before) = (limit, number("created[gte]"), number("created[lt]"))
        else {
            return refused("parameter_invalid_integer", "limit");
        };
        if from == Some(None) || before == Some(None) {
            return refused("parameter_invalid_integer", "created");
        }
        let within = |movement: &&Value| {
            let created = movement["created"].as_i64().unwrap();
            from.flatten().is_none_or(|from| created >= from)
                && before.flatten().is_none_or(|before| created < before)
        };
        let movements = self.movements();
        let found: Vec<_> = movements.iter().rev().filter(within).collect();
        let begin = match asked.get("starting_after") {
            None => 0,
            Some(last) => match found.iter().position(|movement| movement["id"] == last.as_str()) {
                Some(at) => at.saturating_add(1),
                None => return refused("resource_missing", "starting_after"),
            },
        };
        let whole = asked.get("expand[0]").is_some_and(|field| field == "data.source");
        let limit = usize::try_from(limit).unwrap();
        let data: Vec<_> =
            found.iter().skip(begin).take(limit).map(|movement| shown(movement, whole)).collect();
        let has_more = found.len() > begin.saturating_add(limit);
        let url = "/v1/balance_transactions";
        let list = json!({"object": "list", "url": url, "has_more": has_more, "data": data});
        Reply::json(200, &list)
    }
}

#[async_trait]
impl Counterpart for StripeRecord {
    async fn answer(&self, heard: &Heard) -> Reply {
        if heard.header("stripe-version").is_empty() {
            return refused("version_missing", "");
        }
        if !heard.header("authorization").starts_with("Bearer sk_") {
            let error = json!({"type": "invalid_request_error", "message": "No."});
            return Reply::json(401, &json!({"error": error}));
        }
        match heard.call().as_str() {
            "GET /v1/balance_transactions" => self.list(&heard.query()),
            _ => refused("url_invalid", ""),
        }
    }
}

/// The source is its id unless it is asked for whole.
fn shown(movement: &Value, whole: bool) -> Value {
    let mut movement = movement.clone();
    if !whole && let Some(id) = movement.pointer("/source/id").cloned() {
        movement["source"] = id;
    }
    movement
}

fn refused(code: &str, param: &str) -> Reply {
    let error = json!({
        "type": "invalid_request_error", "code": code, "param": param, "message": "No.",
    });
    Reply::json(400, &json!({"error": error}))
}
