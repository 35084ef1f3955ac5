//! What keeps browsers careful, and what makes actix's own refusals look like ours.

use actix_web::{
    HttpResponse, ResponseError,
    body::{BodySize, BoxBody, MessageBody},
    dev::ServiceResponse,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};

use crate::problem::Problem;

const STRICT: &str = "default-src 'none'; frame-ancestors 'none'";
const DOCS: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/// Security headers of every answer (OWASP ASVS 5.0, V3.4).
pub fn secure(headers: &mut HeaderMap, docs: bool) {
    let policy = if docs { DOCS } else { STRICT };
    let fixed = [
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ];
    for (name, value) in fixed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The problem of a handler that took longer than a client waits.
pub fn took_too_long() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "took_too_long", "it took too long; try again")
        .retry_after(std::time::Duration::from_secs(1))
}

/// The problem of a client that takes too long to say what it wants.
pub fn spoke_too_slowly() -> Problem {
    let detail = "the body did not arrive in time";
    Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail)
}

/// Refusals that actix words itself (404, 405, 400) become problems.
pub fn as_problem(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || is_problem(&response) {
        return response;
    }
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new(status, "method_not_allowed", "this method is not for this path")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "too_large", "the body is too large"),
        status if status.is_client_error() => {
            Problem::new(status, "bad_request", "the request cannot be understood")
        }
        status => Problem::new(status, "internal", "something went wrong on our side"),
    };
    let allow = allowed(response.headers());
    let mut answer: HttpResponse = problem.error_response();
    if let Some(allow) = allow {
        answer.headers_mut().insert(header::ALLOW, allow);
    }
    let (request, _) = response.into_parts();
    ServiceResponse::new(request, answer)
}

/// Where OPTIONS is not a browser's question before a request (CORS), it asks what is allowed.
pub fn options(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let allow = allowed(response.headers());
    let (Some(allow), StatusCode::METHOD_NOT_ALLOWED) = (allow, response.status()) else {
        return response;
    };
    let (request, _) = response.into_parts();
    let answer = HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish();
    ServiceResponse::new(request, answer)
}

/// What actix lists, and what the shell itself answers beside it.
fn allowed(headers: &HeaderMap) -> Option<HeaderValue> {
    let listed = headers.get(header::ALLOW)?.to_str().ok()?;
    let reads = listed.split(", ").any(|method| method == "GET");
    let head = if reads { ", HEAD" } else { "" };
    HeaderValue::try_from(format!("{listed}{head}, OPTIONS")).ok()
}

fn is_problem(response: &ServiceResponse<BoxBody>) -> bool {
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    let ours = media.is_some_and(|media| media.starts_with("application/"));
    ours && response.response().body().size() != BodySize::None
}
