//! A JSON body, checked by garde before anything else looks at it.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    body::{BodyStream, to_bytes_limited},
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
use serde_json::Value;

use super::{Object, auth, no_definitions, shape};
use crate::{Limits, edge::context, openapi, problem::Problem};

/// How JSON writes one.
const NUL: &[u8] = br"\u0000";

/// What the schema cannot tell, serde tells one at a time; each time costs reading the body again.
const MOST_ROUNDS: usize = 20;

/// The body of a request, understood and checked.
#[derive(Debug)]
pub struct Body<T>(pub T);

pub(super) type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl<T> FromRequest for Body<T>
where
    T: DeserializeOwned + Validate<Context = ()> + JsonSchema + 'static,
{
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let raw = of_those_let_in(request, payload);
        Box::pin(async move { understand(&raw.await?).map(Body) })
    }
}

/// The same as [`raw`], told only to those who may ask at all.
pub(super) fn of_those_let_in(request: &HttpRequest, payload: &mut Payload) -> Reading<Bytes> {
    let raw = raw(request, payload);
    let request = request.clone();
    Box::pin(async move {
        auth::let_in(&request).await;
        raw.await
    })
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

/// The whole body, if it is no larger than `limit`.
pub(crate) fn collect(payload: &mut Payload, limit: usize) -> Reading<Bytes> {
    let body = BodyStream::new(payload.take());
    Box::pin(async move {
        match context::reading(to_bytes_limited(body, limit)).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_)) => Err(Problem::unreadable("the body ended too early")),
            Err(_) => Err(too_large(limit)),
        }
    })
}

pub(crate) fn too_large(limit: usize) -> Problem {
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
    T: DeserializeOwned + Validate<Context = ()> + JsonSchema + 'static,
{
    let Understood { value, faults: mut told } = read::<T>(bytes)?;
    let rules = faults(&value).into_iter().filter(|rule| shape::is_news(rule, &told));
    let rules: Vec<_> = rules.collect();
    told.extend(rules);
    if told.is_empty() { Ok(value) } else { Err(Problem::invalid(told)) }
}

/// What was read from JSON, with stand-ins where its shape is at fault, so that the rest can be looked at.
pub(super) struct Understood<T> {
    pub value: T,
    pub faults: Vec<FieldError>,
}

/// Reads JSON into a `T`, as far as it can be.
pub(super) fn read<T>(bytes: &[u8]) -> Result<Understood<T>, Problem>
where
    T: DeserializeOwned + JsonSchema + 'static,
{
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read: Result<Object<T>, _> = serde_path_to_error::deserialize(&mut json);
    match read {
        Err(error) => mended(&error, bytes),
        Ok(Object(value)) => {
            json.end().map_err(|error| Problem::unreadable(error.to_string()))?;
            refuse_nul(bytes)?;
            Ok(Understood { value, faults: Vec::new() })
        }
    }
}

/// Puts a stand-in wherever the shape is at fault, until serde has nothing more to say or has said enough.
fn mended<T>(
    error: &serde_path_to_error::Error<serde_json::Error>,
    bytes: &[u8],
) -> Result<Understood<T>, Problem>
where
    T: DeserializeOwned + JsonSchema + 'static,
{
    // A number where a name is due is a mistake of the syntax to serde_json, though the JSON is sound.
    let Ok(mut json) = serde_json::from_slice(bytes) else {
        return Err(Problem::unreadable(error.inner().to_string()));
    };
    let mut faults = shape::faults::<T>(&json, met(error));
    let mut news = faults.clone();
    for _ in 0..MOST_ROUNDS {
        shape::mend::<T>(&mut json, &news);
        let read: Result<Object<T>, _> = serde_path_to_error::deserialize(&json);
        let error = match read {
            Ok(Object(value)) => return Ok(Understood { value, faults }),
            Err(error) => met(&error),
        };
        if faults.len() >= shape::MOST || !shape::is_news(&error, &faults) {
            break;
        }
        faults.push(error.clone());
        news = vec![error];
    }
    Err(Problem::invalid(faults))
}

/// What serde met first, and where.
fn met(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let detail = error.inner().to_string();
    let detail = detail.rsplit_once(" at line ").map_or(detail.as_str(), |(what, _)| what);
    FieldError::new(pointer(&error.path().to_string()), "bad_value", without_our_types(detail))
}

/// Serde names the type of ours that it wanted; to a client each of them is an object.
fn without_our_types(detail: &str) -> String {
    match detail.split_once(", expected ") {
        Some((met, wanted)) if wanted.contains("struct ") || wanted.contains("tagged enum ") => {
            format!("{met}, expected an object")
        }
        _ => detail.to_owned(),
    }
}

/// No text has a NUL in it: PostgreSQL could not keep it.
fn refuse_nul(bytes: &[u8]) -> Result<(), Problem> {
    if !bytes.windows(NUL.len()).any(|some| some == NUL) {
        return Ok(());
    }
    let mut found = Vec::new();
    find_nul(&serde_json::from_slice(bytes).unwrap_or_default(), "#", &mut found);
    if found.is_empty() { Ok(()) } else { Err(Problem::invalid(found)) }
}

fn find_nul(value: &Value, at: &str, found: &mut Vec<FieldError>) {
    let refused = || FieldError::new(at.to_owned(), "bad_value", "has a NUL in it");
    match value {
        Value::String(text) if text.contains('\0') => found.push(refused()),
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                find_nul(item, &format!("{at}/{number}"), found);
            }
        }
        Value::Object(members) => {
            if members.keys().any(|name| name.contains('\0')) {
                found.push(refused());
            }
            for (name, member) in members {
                find_nul(member, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// Runs the rules of garde.
pub(crate) fn check<T: Validate<Context = ()>>(value: &T) -> Result<(), Problem> {
    let faults = faults(value);
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
}

/// What the rules of garde say of a value.
pub(crate) fn faults<T: Validate<Context = ()>>(value: &T) -> Vec<FieldError> {
    let Err(report) = value.validate() else { return Vec::new() };
    let told = report.iter().map(|(path, error)| {
        FieldError::new(pointer(&path.to_string()), "bad_value", error.to_string())
    });
    told.collect()
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

    #[test]
    fn a_fault_is_told_without_the_names_of_our_types() {
        for (serdes, told) in [
            ("invalid type: string \"1.00\", expected struct MoneyInput", "an object"),
            ("invalid type: null, expected internally tagged enum Payload", "an object"),
            ("invalid type: null, expected a string", "a string"),
        ] {
            let (met, _) = serdes.split_once(", ").unwrap();
            assert_eq!(without_our_types(serdes), format!("{met}, expected {told}"));
        }
    }
}
