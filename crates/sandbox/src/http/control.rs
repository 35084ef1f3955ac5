//! The routes of testers: default faults, the webhook's address, time, and the books.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::caller::{Body, authorize, read};
use crate::{FaultPlan, error::Refusal, gateway::Gateway};

type Shared = web::Data<Gateway>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    ms: u64,
}

const LONGEST_MS: u64 = 366 * 86_400_000;

pub async fn faults(gateway: Shared, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    Ok(HttpResponse::Ok().json(gateway.read(|state| state.setup.plan.clone())))
}

pub async fn set_faults(
    gateway: Shared,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let plan: FaultPlan = read(body)?;
    gateway.with(|state| state.setup.plan = plan.clone());
    Ok(HttpResponse::Ok().json(plan))
}

pub async fn set_webhook(
    gateway: Shared,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let Webhook { url } = read(body)?;
    if url.as_ref().is_some_and(|url| !url.starts_with("http")) {
        return Err(Refusal::invalid("url", "a URL begins with http:// or https://"));
    }
    gateway.with(|state| state.setup.webhook_url.clone_from(&url));
    Ok(HttpResponse::Ok().json(json!({"url": url})))
}

pub async fn advance(
    gateway: Shared,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let Advance { ms } = read(body)?;
    if ms > LONGEST_MS {
        return Err(Refusal::invalid("ms", "at most a year"));
    }
    gateway.advance(ms);
    Ok(HttpResponse::Ok().json(json!({"advanced_ms": ms})))
}

/// What the gateway holds goes to the merchant's bank.
pub async fn pay_out_all(gateway: Shared, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let paid = gateway.with(crate::books::State::pay_out_all);
    Ok(HttpResponse::Created().json(json!({"data": paid})))
}

pub async fn books(gateway: Shared, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    Ok(HttpResponse::Ok().json(gateway.read(crate::books::State::snapshot)))
}
