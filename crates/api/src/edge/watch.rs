//! The outermost layer: names the request, counts it, and writes what every answer carries.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Instant};

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    web::Data,
};
use commerce::Env;
use tracing::{Instrument, info_span};

use super::{
    address::{self, Cidr},
    context::{self, Request},
    headers, quota,
};
use crate::{metrics::Metrics, serve::Draining};

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
    let seen = Rc::new(Request {
        id: request_id(request.headers(), &watch.env),
        path: request.path().to_owned(),
        address: address::client(request.request(), &watch.trusted_proxies),
        quota: Cell::new(None),
    });
    let span = info_span!("request", id = %seen.id, method = %request.method(), path = %seen.path);
    let handled = context::with(seen.clone(), handle(request, next, &watch)).instrument(span);
    let mut response = handled.await?;
    let pattern = response.request().match_pattern();
    let method = response.request().method().clone();
    watch.metrics.request(&method, pattern.as_deref(), response.status(), started.elapsed());
    dress(response.response_mut().headers_mut(), &seen, &watch);
    let docs = seen.path.starts_with("/docs");
    headers::secure(response.response_mut().headers_mut(), docs);
    Ok(response)
}

async fn handle(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    watch: &Watch,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let anonymous = !request.headers().contains_key("authorization");
    let http = request.request().clone();
    if anonymous && http.path().starts_with("/v1/") {
        let principal = quota::principal(&http, None);
        if let Err(problem) = quota::meet(&http, "default", &principal).await {
            return Ok(ServiceResponse::from_err(problem, http));
        }
    }
    match tokio::time::timeout(watch.request_timeout, next.call(request)).await {
        Ok(Ok(response)) => Ok(headers::as_problem(response.map_into_boxed_body())),
        Ok(Err(error)) => Ok(headers::as_problem(ServiceResponse::from_err(error, http))),
        Err(_) => Ok(ServiceResponse::from_err(headers::took_too_long(), http)),
    }
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
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("x-request-id", seen.id.clone());
    if let Some((verdict, window)) = seen.quota.get() {
        put("ratelimit-policy", format!("\"default\";q={};w={window}", verdict.limit));
        let reset = verdict.reset.as_millis().div_ceil(1000);
        put("ratelimit", format!("\"default\";r={};t={reset}", verdict.remaining));
    }
    if watch.draining.is_draining() {
        put("connection", "close".into());
    }
}
