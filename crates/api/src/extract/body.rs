//! A JSON body, checked by garde before anything else looks at it.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::{StatusCode, header},
    web::Bytes,
};
use commerce::FieldError;
use garde::Validate;
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::no_definitions;
use crate::{Limits, openapi, problem::Problem};

/// The body of a request, understood and checked.
#[derive(Debug)]
pub struct Body<T>(pub T);

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl<T> FromRequest for Body<T>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let raw = raw(request, payload);
        Box::pin(async move { understand(&raw.await?).map(Body) })
    }
}

/// The bytes of a JSON body, within the limit.
pub(super) fn raw(request: &HttpRequest, payload: &mut Payload) -> Reading<Bytes> {
    let refusal = refuse_media(request);
    let limit = Limits::of(request).json_bytes;
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let reading = collect(payload, limit);
    Box::pin(async move {
        if let Some(problem) = refusal {
            return Err(problem);
        }
        if declared.is_some_and(|length| length > limit) {
            return Err(too_large(limit));
        }
        reading.await
    })
}

fn collect(payload: &mut Payload, limit: usize) -> Reading<Bytes> {
    let payload = payload.take();
    Box::pin(async move {
        match actix_web::body::to_bytes_limited(actix_web::body::BodyStream::new(payload), limit)
            .await
        {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_)) => Err(Problem::unreadable("the body ended too early")),
            Err(_) => Err(too_large(limit)),
        }
    })
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("the body is larger than {limit} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
}

fn refuse_media(request: &HttpRequest) -> Option<Problem> {
    let unsupported = |detail: &str| {
        Some(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media", detail))
    };
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return unsupported("send the body without Content-Encoding");
    }
    let media = request.content_type().to_ascii_lowercase();
    if media == "application/json" { None } else { unsupported("send application/json") }
}

/// Reads JSON into a `T` and checks it; every field error comes back at once.
pub(super) fn understand<T>(bytes: &[u8]) -> Result<T, Problem>
where
    T: DeserializeOwned + Validate<Context = ()>,
{
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut json).map_err(unreadable)?;
    json.end().map_err(|error| Problem::unreadable(error.to_string()))?;
    check(&value)?;
    Ok(value)
}

fn unreadable(error: serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let path = pointer(&error.path().to_string());
    let error = error.into_inner();
    match error.classify() {
        Category::Data => {
            Problem::invalid(vec![FieldError::new(path, "bad_value", error.to_string())])
        }
        Category::Io | Category::Syntax | Category::Eof => Problem::unreadable(error.to_string()),
    }
}

/// Runs the rules of garde.
pub(crate) fn check<T: Validate<Context = ()>>(value: &T) -> Result<(), Problem> {
    let Err(report) = value.validate() else { return Ok(()) };
    let errors = report.iter().map(|(path, error)| {
        FieldError::new(pointer(&path.to_string()), "bad_value", error.to_string())
    });
    Err(Problem::invalid(errors.collect()))
}

/// `lines[0].quantity` as a JSON pointer fragment: `#/lines/0/quantity`.
fn pointer(path: &str) -> String {
    if path.is_empty() || path == "." {
        return "#".to_owned();
    }
    let segments = path.split(['.', '[', ']']).filter(|segment| !segment.is_empty());
    let escaped = segments.map(|segment| segment.replace('~', "~0").replace('/', "~1"));
    std::iter::once("#".to_owned()).chain(escaped).collect::<Vec<_>>().join("/")
}

impl<T> Apiv2Schema for Body<T> {}

impl<T: JsonSchema> OperationModifier for Body<T> {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        openapi::document_body::<T>(operation, "body");
        for status in [400, 413, 415, 422] {
            openapi::document_problem(operation, status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_json_pointer() {
        assert_eq!(pointer("lines[0].quantity"), "#/lines/0/quantity");
        assert_eq!(pointer("email"), "#/email");
        assert_eq!(pointer("."), "#");
    }
}
