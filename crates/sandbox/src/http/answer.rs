//! The way of every call: strike or let through, replay or do, keep the answer, and hold it back if asked.

use std::time::Duration;

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use crate::{
    Faults,
    books::{Kept, Key, State},
    error::Refusal,
    fault::{Op, Strike},
    gateway::Gateway,
};

/// A call that faults may strike.
pub struct Call {
    pub op: Op,
    /// The intent or refund, or the reference of one that is not yet.
    pub target: String,
    pub faults: Faults,
    pub key: Option<Key>,
    pub status: u16,
}

impl Call {
    pub fn new(op: Op, target: &str, faults: Faults) -> Self {
        Self { op, target: target.to_owned(), faults, key: None, status: 200 }
    }

    pub fn keyed(self, key: Option<Key>) -> Self {
        Self { key, ..self }
    }

    pub fn creates(self) -> Self {
        Self { status: 201, ..self }
    }
}

enum Reply {
    Done { status: u16, body: String, replayed: bool },
    Struck(Strike),
}

pub async fn answer<T: Serialize>(
    gateway: &Gateway,
    call: Call,
    act: impl FnOnce(&mut State) -> Result<T, Refusal>,
) -> Result<HttpResponse, Refusal> {
    match gateway.with(|state| reply(state, call, act))? {
        Reply::Done { status, body, replayed } => Ok(done(status, body, replayed)),
        Reply::Struck(Strike::Http(status)) => {
            Err(Refusal::new(status, "injected_fault", "a fault was asked for"))
        }
        Reply::Struck(Strike::Timeout(ms) | Strike::ChargeThenTimeout(ms)) => {
            hold(gateway, ms).await;
            Err(Refusal::new(504, "timeout", "a fault was asked for"))
        }
    }
}

fn reply<T: Serialize>(
    state: &mut State,
    call: Call,
    act: impl FnOnce(&mut State) -> Result<T, Refusal>,
) -> Result<Reply, Refusal> {
    let Call { op, target, faults, key, status } = call;
    if let Some(strike) = state.strike_before(op, &target, &faults) {
        return Ok(Reply::Struck(strike));
    }
    if let Some(key) = &key
        && let Some(Kept { status, body, .. }) = state.replay(key)?
    {
        return Ok(Reply::Done { status, body, replayed: true });
    }
    let result = act(state)?;
    let body = serde_json::to_string(&result)
        .map_err(|error| Refusal::new(500, "internal", error.to_string()))?;
    if let Some(key) = key {
        state.keep(key, status, &body);
    }
    match state.strike_after(op, &target, &faults) {
        Some(strike) => Ok(Reply::Struck(strike)),
        None => Ok(Reply::Done { status, body, replayed: false }),
    }
}

fn done(status: u16, body: String, replayed: bool) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap_or_default());
    response.content_type("application/json");
    if replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    response.body(body)
}

async fn hold(gateway: &Gateway, ms: u64) {
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(ms)) => {}
        () = gateway.stopping() => {}
    }
}
