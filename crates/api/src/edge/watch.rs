//! The outermost layer: names the request, counts it, and writes what every answer carries.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Instant};

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        Method,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::{Bytes, Data},
};
use commerce::Env;

use super::{
    address::{self, Cidr, Household},
    context::{self, Request},
    headers, patience, quota,
};
use crate::{
    metrics::{self, Metrics},
    serve::Draining,
};

/// The target of the line that each request leaves in the log.
pub const ACCESS: &str = "access";

/// What the outermost layer needs.
#[derive(Clone)]
pub struct Watch {
    pub env: Env,
    pub trusted_proxies: Arc<[Cidr]>,
    pub metrics: Metrics,
    pub draining: Draining,
    pub request_timeout: std::time::Duration,
}

pub async fn watch(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(watch) = request.app_data::<Data<Watch>>().cloned() else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    let started = Instant::now();
    let address = address::client(request.request(), &watch.trusted_proxies);
    let seen = Rc::new(Request {
        id: request_id(request.headers(), &watch.env),
        path: request.path().to_owned(),
        address,
        stranger: format!("client:{}", Household::of(address)),
        quota: Cell::new(None),
        reading: Cell::new(false),
        granted: Cell::new(None),
    });
    let method = metrics::name_of(request.method());
    let mut handled = context::with(seen.clone(), handle(request, next)).await;
    let (pattern, response) = match &mut handled {
        Ok(service) => (service.request().match_pattern(), service.response_mut()),
        Err(response) => (None, response),
    };
    let took = started.elapsed();
    watch.metrics.request(method, pattern.as_deref(), response.status(), took);
    tracing::info!(
        target: ACCESS, id = seen.id, method, path = seen.path, address = %seen.address,
        status = response.status().as_u16(), took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
    );
    dress(response.headers_mut(), &seen, &watch);
    headers::secure(response.headers_mut(), seen.path.starts_with("/docs"));
    handled.map_err(|response| InternalError::from_response("refused at the edge", response).into())
}

/// The answer; an `Err` is one that has lost its request, which must stay unshared while it is routed.
async fn handle(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, HttpResponse> {
    match next.call(request).await {
        Ok(response) => Ok(headers::as_problem(response.map_into_boxed_body())),
        Err(error) => Err(error.error_response()),
    }
}

/// The layer inside CORS, so that a browser may read its refusals, and behind the burst guard: counts the request,
/// ends what takes too long, answers HEAD like GET without the body, and words refusals that actix words itself.
pub async fn admit(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(watch) = request.app_data::<Data<Watch>>().cloned() else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    if *request.method() == Method::HEAD {
        // The connection remembers what was asked for and leaves the body out.
        request.head_mut().method = Method::GET;
    }
    let is_options = *request.method() == Method::OPTIONS;
    match patience::within(watch.request_timeout, counted(request, next)).await {
        Some(response) => {
            let response = response?;
            let response = if is_options { headers::options(response) } else { response };
            Ok(headers::as_problem(response))
        }
        None if context::is_reading() => Err(headers::spoke_too_slowly().into()),
        None => Err(headers::took_too_long().into()),
    }
}

async fn counted(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if is_counted(request.path())
        && let Err(problem) = quota::admit(request.request()).await
    {
        return Ok(request.error_response(problem));
    }
    next.call(request).await.map(ServiceResponse::map_into_boxed_body)
}

/// Providers are counted under a policy of their own.
fn is_counted(path: &str) -> bool {
    path.starts_with("/v1/") && !path.starts_with("/v1/webhooks/")
}

/// A sane id of the client's is kept; anything else gets one of ours.
fn request_id(headers: &HeaderMap, env: &Env) -> String {
    let sane = |id: &&str| {
        (8..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let theirs = headers.get("x-request-id").and_then(|id| id.to_str().ok()).filter(sane);
    let trace = headers.get("traceparent").and_then(|trace| trace.to_str().ok());
    let trace =
        trace.and_then(|trace| trace.split('-').nth(1)).filter(|id| id.len() == 32).filter(sane);
    theirs.or(trace).map_or_else(|| env.uuid().simple().to_string(), ToOwned::to_owned)
}

fn dress(headers: &mut HeaderMap, seen: &Request, watch: &Watch) {
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(value)) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("x-request-id", seen.id.clone());
    if let Some(met) = seen.quota.get() {
        let (name, verdict) = (met.policy, met.verdict);
        put("ratelimit-policy", format!("\"{name}\";q={};w={}", verdict.limit, met.window_s));
        let reset = verdict.reset.as_millis().div_ceil(1000);
        put("ratelimit", format!("\"{name}\";r={};t={reset}", verdict.remaining));
    }
    if watch.draining.is_draining() {
        put("connection", "close".into());
    }
}
