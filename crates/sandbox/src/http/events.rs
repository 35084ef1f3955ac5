//! The routes of those who check: events and the statement.

use actix_web::{HttpRequest, HttpResponse, web};

use super::caller::{authorize, query};
use crate::{
    books::{EventFilter, Span},
    error::Refusal,
    gateway::Gateway,
};

type Shared = web::Data<Gateway>;

pub async fn list(gateway: Shared, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let filter: EventFilter = query(&request)?;
    let listed = gateway.read(|state| state.events(&filter))?;
    Ok(HttpResponse::Ok().json(listed))
}

pub async fn fetch(
    gateway: Shared,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let event = gateway.read(|state| state.event_with_log(&id))?;
    Ok(HttpResponse::Ok().json(event))
}

pub async fn resend(
    gateway: Shared,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let event = gateway.with(|state| {
        state.resend(&id)?;
        state.event_with_log(&id)
    })?;
    Ok(HttpResponse::Accepted().json(event))
}

pub async fn statement(gateway: Shared, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let span: Span = query(&request)?;
    let statement = gateway.read(|state| state.statement(&span))?;
    Ok(HttpResponse::Ok().json(statement))
}
