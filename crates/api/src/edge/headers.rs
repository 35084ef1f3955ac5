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
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut answer: HttpResponse = problem.error_response();
    if let Some(allow) = allow {
        answer.headers_mut().insert(header::ALLOW, allow);
    }
    let (request, _) = response.into_parts();
    ServiceResponse::new(request, answer)
}

fn is_problem(response: &ServiceResponse<BoxBody>) -> bool {
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    let ours = media.is_some_and(|media| media.starts_with("application/"));
    ours && response.response().body().size() != BodySize::None
}
