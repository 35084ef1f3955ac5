//! The routes of intents: the merchant's and the shopper's.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{
    answer::{Call, answer},
    caller::{Body, authorize, key, query, read, wish},
};
use crate::{
    books::{IntentFilter, NewCard, NewIntent},
    error::Refusal,
    fault::Op,
    gateway::Gateway,
};

type Shared = web::Data<Gateway>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    client_secret: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    client_secret: String,
    card: NewCard,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authenticate {
    client_secret: String,
    outcome: Verdict,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Pass,
    Fail,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Capture {
    amount: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

pub async fn create(
    gateway: Shared,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let new: NewIntent = read(body)?;
    new.check()?;
    let wish = wish(&request)?;
    let faults = gateway.read(|state| state.faults_for(&new, &wish));
    let key = key(&request, &new)?;
    let call = Call::new(Op::Create, &new.reference, faults.clone()).keyed(key).creates();
    answer(&gateway, call, |state| state.create(new, faults)).await
}

pub async fn list(gateway: Shared, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let filter: IntentFilter = query(&request)?;
    let listed = gateway.read(|state| state.intents(&filter))?;
    Ok(HttpResponse::Ok().json(listed))
}

pub async fn fetch(
    gateway: Shared,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    match query::<Secret>(&request)?.client_secret {
        Some(secret) => gateway.read(|state| state.open(&id, &secret))?,
        None => authorize(&gateway, &request)?,
    }
    answer(&gateway, on(&gateway, Op::Fetch, &id), |state| state.intent(&id)).await
}

pub async fn confirm(
    gateway: Shared,
    id: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    let Confirm { client_secret, card } = read(body)?;
    gateway.read(|state| state.open(&id, &client_secret))?;
    answer(&gateway, on(&gateway, Op::Confirm, &id), |state| state.confirm(&id, &card)).await
}

pub async fn authenticate(
    gateway: Shared,
    id: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    let Authenticate { client_secret, outcome } = read(body)?;
    gateway.read(|state| state.open(&id, &client_secret))?;
    let passed = outcome == Verdict::Pass;
    answer(&gateway, on(&gateway, Op::Authenticate, &id), |state| state.authenticate(&id, passed))
        .await
}

pub async fn capture(
    gateway: Shared,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let asked: Capture = read(body)?;
    let call = on(&gateway, Op::Capture, &id).keyed(key(&request, &asked)?);
    answer(&gateway, call, |state| state.capture(&id, asked.amount)).await
}

pub async fn cancel(
    gateway: Shared,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let asked: Nothing = read(body)?;
    let call = on(&gateway, Op::Cancel, &id).keyed(key(&request, &asked)?);
    answer(&gateway, call, |state| state.cancel(&id)).await
}

/// A call on an intent that exists, struck by that intent's faults.
fn on(gateway: &Gateway, op: Op, id: &str) -> Call {
    Call::new(op, id, gateway.read(|state| state.faults_of(id)))
}
