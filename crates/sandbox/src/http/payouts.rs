//! The routes of payouts.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::caller::{Body, authorize, read};
use crate::{books::NewPayout, error::Refusal, gateway::Gateway};

type Shared = web::Data<Gateway>;

pub async fn create(
    gateway: Shared,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let new: NewPayout = read(body)?;
    let made = gateway.with(|state| state.pay_out(new))?;
    Ok(HttpResponse::Created().json(made))
}

pub async fn fetch(
    gateway: Shared,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    Ok(HttpResponse::Ok().json(gateway.with(|state| state.find_payout(&id))?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Return {
    code: String,
}

/// For testers: the bank gives it back.
pub async fn give_back(
    gateway: Shared,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let Return { code } = read(body)?;
    Ok(HttpResponse::Ok().json(gateway.with(|state| state.return_payout(&id, code))?))
}
