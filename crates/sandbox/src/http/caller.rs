//! Who calls, with which key, and what the request says.

use actix_web::{HttpRequest, http::header, web};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::error::Category;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{Faults, books::Key, error::Refusal, gateway::Gateway};

/// A body, or why there is none.
pub type Body = Result<web::Bytes, actix_web::Error>;

/// Refuses whoever does not hold the merchant's secret key.
pub fn authorize(gateway: &Gateway, request: &HttpRequest) -> Result<(), Refusal> {
    let given = text_header(request, header::AUTHORIZATION.as_str())
        .and_then(|value| value.strip_prefix("Bearer "));
    let key = given.unwrap_or_default().as_bytes();
    if bool::from(gateway.api_key.as_bytes().ct_eq(key)) && !key.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(401, "unauthorized", "send the secret key as a bearer token"))
}

/// An absent body reads as `{}`.
pub fn read<T: DeserializeOwned>(body: Body) -> Result<T, Refusal> {
    let body = body.map_err(|error| match error.as_response_error().status_code().as_u16() {
        413 => Refusal::new(413, "too_large", "a body has at most 64 KiB"),
        _ => Refusal::new(400, "invalid_json", "the body cannot be read"),
    })?;
    let body = if body.is_empty() { b"{}".as_slice() } else { &body };
    serde_json::from_slice(body).map_err(|error| {
        let message = error.to_string();
        match error.classify() {
            Category::Data => {
                let field = message.split('`').nth(1).map(str::to_owned);
                Refusal { param: field, ..Refusal::new(422, "invalid_request", message) }
            }
            Category::Io | Category::Syntax | Category::Eof => {
                Refusal::new(400, "invalid_json", message)
            }
        }
    })
}

pub fn query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Refusal> {
    web::Query::from_query(request.query_string())
        .map(web::Query::into_inner)
        .map_err(|error| Refusal::new(400, "invalid_query", error.to_string()))
}

/// The caller's idempotency key, bound to the route and to what the request says.
pub fn key(request: &HttpRequest, said: &impl Serialize) -> Result<Option<Key>, Refusal> {
    let Some(key) = text_header(request, "idempotency-key") else { return Ok(None) };
    if !(1..=200).contains(&key.len()) {
        return Err(Refusal::invalid("Idempotency-Key", "from 1 to 200 characters"));
    }
    let said = serde_json::to_vec(said)
        .map_err(|error| Refusal::new(400, "invalid_json", error.to_string()))?;
    let scope = format!("{} {key}", request.path());
    Ok(Some(Key { scope, digest: hex::encode(Sha256::digest(said)) }))
}

/// The faults the caller wishes for.
pub fn wish(request: &HttpRequest) -> Result<Faults, Refusal> {
    let text = text_header(request, "sandbox-fault").unwrap_or_default();
    text.parse::<Faults>()
        .map_err(|error| Refusal::new(422, "invalid_fault", error.to_string()).at("Sandbox-Fault"))
}

fn text_header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}
