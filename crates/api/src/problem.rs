//! The body of every refusal (RFC 9457), and the one place that decides its status.

use std::{fmt, time::Duration};

use actix_web::{HttpResponse, ResponseError, http::StatusCode, http::header};
use commerce::{Failure, FieldError, Kind};
use paperclip::v2::{models::DefaultOperationRaw, schema::Apiv2Errors};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::{error, info};

use crate::{edge::context, openapi};

/// One value of the request that is not acceptable.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "FieldError")]
pub struct FieldErrorView {
    /// A JSON pointer into the request body (`#/lines/0/quantity`), or the name of a parameter.
    pub pointer: String,
    /// A stable name of what is wrong.
    pub code: String,
    pub detail: String,
}

impl From<FieldError> for FieldErrorView {
    fn from(FieldError { pointer, code, detail }: FieldError) -> Self {
        Self { pointer, code, detail }
    }
}

/// Problem details (RFC 9457). Some problems carry further members, named where they occur.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemView {
    pub r#type: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    /// A stable name in `snake_case` to match on.
    pub code: String,
    /// Tell this to support.
    pub request_id: String,
    /// Every unacceptable value of the request.
    pub errors: Vec<FieldErrorView>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub facts: Map<String, Value>,
}

/// A refusal on its way to a client.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    facts: Map<String, Value>,
    retry_after: Option<Duration>,
}

fn status_of(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Gone => StatusCode::GONE,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::VersionRequired => StatusCode::PRECONDITION_REQUIRED,
        Kind::Limited => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let (errors, facts) = (Vec::new(), Map::new());
        Self { status, code, detail: detail.into(), errors, facts, retry_after: None }
    }

    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable", detail)
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
    }

    pub fn with_errors(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = "some values of the request are not acceptable";
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", detail) }
    }

    /// The server forgot to wire something in.
    pub(crate) fn unwired() -> Self {
        error!("a handler asked for something the server did not wire in");
        Self::internal()
    }

    /// What went wrong is in the log.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong on our side")
    }

    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "your role does not allow this")
    }

    pub fn with_fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    pub fn retry_after(self, after: Duration) -> Self {
        Self { retry_after: Some(after), ..self }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl<F: Failure> From<F> for Problem {
    fn from(failure: F) -> Self {
        let status = status_of(failure.kind());
        log(status, &failure);
        let ours = status.is_server_error();
        let detail =
            if ours { "something went wrong on our side".into() } else { failure.to_string() };
        let detail = if failure.kind() == Kind::Unavailable {
            "a part of the shop is out of reach; try again".into()
        } else {
            detail
        };
        let facts = match failure.facts() {
            Some(Value::Object(facts)) => facts,
            _ => Map::new(),
        };
        let busy = failure.kind() == Kind::Unavailable;
        let retry_after = failure.retry_after().or(busy.then_some(Duration::from_secs(1)));
        let (code, errors) = (failure.code(), failure.fields());
        Self { status, code, detail, errors, facts, retry_after }
    }
}

fn log(status: StatusCode, failure: &dyn Failure) {
    let id = context::request_id();
    if status.is_server_error() {
        let mut causes = Vec::new();
        let mut source = failure.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        error!(request_id = %id, code = failure.code(), causes = causes.join(": "), "{failure}");
    } else {
        info!(request_id = %id, code = failure.code(), "{failure}");
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let view = ProblemView {
            r#type: "about:blank".into(),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            instance: context::path(),
            code: self.code.to_owned(),
            request_id: context::request_id(),
            errors: self.errors.iter().cloned().map(Into::into).collect(),
            facts: self.facts.clone(),
        };
        let mut response = HttpResponse::build(self.status);
        response.content_type("application/problem+json");
        if let Some(after) = self.retry_after {
            let seconds = after.as_millis().div_ceil(1000).max(1);
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.body(serde_json::to_vec(&view).unwrap_or_default())
    }
}

/// A [`Problem`] whose type says which statuses this operation may refuse with: `Result<_, Fail<404, 409>>`.
#[derive(Debug)]
pub struct Fail<const A: u16 = 0, const B: u16 = 0, const C: u16 = 0, const D: u16 = 0>(
    pub Problem,
);

impl<F: Into<Problem>, const A: u16, const B: u16, const C: u16, const D: u16> From<F>
    for Fail<A, B, C, D>
{
    fn from(failure: F) -> Self {
        Self(failure.into())
    }
}

impl<const A: u16, const B: u16, const C: u16, const D: u16> fmt::Display for Fail<A, B, C, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<const A: u16, const B: u16, const C: u16, const D: u16> ResponseError for Fail<A, B, C, D> {
    fn status_code(&self) -> StatusCode {
        self.0.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        self.0.error_response()
    }
}

impl<const A: u16, const B: u16, const C: u16, const D: u16> Apiv2Errors for Fail<A, B, C, D> {
    fn update_error_definitions(operation: &mut DefaultOperationRaw) {
        for status in [A, B, C, D].into_iter().filter(|status| *status != 0) {
            openapi::document_problem(operation, status);
        }
    }
}
