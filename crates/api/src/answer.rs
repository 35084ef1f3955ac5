//! What handlers answer with; each documents itself.

use std::marker::PhantomData;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, Responder,
    body::BoxBody,
    http::{StatusCode, header},
};
use commerce::{Answer, Version};
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    edge::etag,
    extract::{self, no_definitions},
    openapi,
};

macro_rules! json_answers {
    ($($(#[$doc:meta])* $name:ident $status:literal $reason:literal;)+) => { $(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<T>(pub T);

        impl<T: Serialize> Responder for $name<T> {
            type Body = BoxBody;

            fn respond_to(self, _: &HttpRequest) -> HttpResponse {
                json(&mut HttpResponse::build(status($status)), &self.0)
            }
        }

        impl<T> Apiv2Schema for $name<T> {}

        impl<T: JsonSchema> OperationModifier for $name<T> {
            no_definitions!();

            fn update_parameter(_: &mut DefaultOperationRaw) {}

            fn update_response(operation: &mut DefaultOperationRaw) {
                openapi::document_response::<T>(operation, $status, $reason);
            }
        }
    )+ };
}

json_answers! {
    /// 200 with a body.
    Json 200 "OK";
    /// 201 with what was made.
    Created 201 "Created";
    /// 202: it will be done.
    Accepted 202 "Accepted";
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::OK)
}

fn json<T: Serialize>(response: &mut HttpResponseBuilder, body: &T) -> HttpResponse {
    response.content_type("application/json").body(serde_json::to_vec(body).unwrap_or_default())
}

/// 204: done, nothing to say.
#[derive(Debug)]
pub struct NoContent;

impl Responder for NoContent {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}

impl Apiv2Schema for NoContent {}

impl OperationModifier for NoContent {
    no_definitions!();

    fn update_parameter(_: &mut DefaultOperationRaw) {}

    fn update_response(operation: &mut DefaultOperationRaw) {
        let response = paperclip::v2::models::DefaultResponseRaw {
            description: Some("No content".into()),
            ..Default::default()
        };
        operation.responses.insert("204".into(), paperclip::v2::models::Either::Right(response));
    }
}

/// 200 with the version as its `ETag`; 304 when the client has that version already.
#[derive(Debug)]
pub struct Tagged<T> {
    version: Version,
    body: T,
    cache: Option<&'static str>,
}

impl<T> Tagged<T> {
    pub fn new(version: Version, body: T) -> Self {
        Self { version, body, cache: None }
    }

    /// The same for everyone, so that caches on the way may keep it.
    pub fn public(self) -> Self {
        Self { cache: Some(etag::PUBLIC), ..self }
    }
}

impl<T: Serialize> Responder for Tagged<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let tag = extract::etag(self.version);
        if etag::is_known(request, &tag) {
            return not_modified(tag, self.cache);
        }
        let mut response = HttpResponse::Ok();
        response.insert_header((header::ETAG, tag));
        if let Some(cache) = self.cache {
            response.insert_header((header::CACHE_CONTROL, cache));
        }
        json(&mut response, &self.body)
    }
}

/// The client has it; the headers are those that 200 would have carried.
pub(crate) fn not_modified(tag: String, cache: Option<&'static str>) -> HttpResponse {
    let mut response = HttpResponse::NotModified();
    response.insert_header((header::ETAG, tag));
    if let Some(cache) = cache {
        response.insert_header((header::CACHE_CONTROL, cache));
    }
    response.finish()
}

impl<T> Apiv2Schema for Tagged<T> {}

impl<T: JsonSchema> OperationModifier for Tagged<T> {
    no_definitions!();

    fn update_parameter(_: &mut DefaultOperationRaw) {}

    fn update_response(operation: &mut DefaultOperationRaw) {
        openapi::document_response::<T>(operation, 200, "OK");
        openapi::document_response_header(operation, 200, "ETag");
    }
}

/// What a page of a list usually takes.
const USUAL_BYTES: usize = 12 << 10;

/// 200 with something the same for everyone, whose `ETag` is a print of it; 304 when the client has it already.
#[derive(Debug)]
pub struct Fresh<T>(pub T);

impl<T: Serialize> Responder for Fresh<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut body = Vec::with_capacity(USUAL_BYTES);
        if serde_json::to_writer(&mut body, &self.0).is_err() {
            body.clear();
        }
        let tag = format!("\"{}\"", etag::print(&body));
        if etag::is_known(request, &tag) {
            return not_modified(tag, Some(etag::PUBLIC));
        }
        let mut response = HttpResponse::Ok();
        response.content_type("application/json").insert_header((header::ETAG, tag));
        response.insert_header((header::CACHE_CONTROL, etag::PUBLIC)).body(body)
    }
}

impl<T> Apiv2Schema for Fresh<T> {}

impl<T: JsonSchema> OperationModifier for Fresh<T> {
    no_definitions!();

    fn update_parameter(_: &mut DefaultOperationRaw) {}

    fn update_response(operation: &mut DefaultOperationRaw) {
        openapi::document_response::<T>(operation, 200, "OK");
        openapi::document_response_header(operation, 200, "ETag");
    }
}

/// 201 with an `ETag` and a `Location`.
#[derive(Debug)]
pub struct CreatedAt<T>(pub String, pub Version, pub T);

impl<T: Serialize> Responder for CreatedAt<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Created();
        response.insert_header((header::LOCATION, self.0));
        response.insert_header((header::ETAG, extract::etag(self.1)));
        json(&mut response, &self.2)
    }
}

impl<T> Apiv2Schema for CreatedAt<T> {}

impl<T: JsonSchema> OperationModifier for CreatedAt<T> {
    no_definitions!();

    fn update_parameter(_: &mut DefaultOperationRaw) {}

    fn update_response(operation: &mut DefaultOperationRaw) {
        openapi::document_response::<T>(operation, 201, "Created");
        openapi::document_response_header(operation, 201, "ETag");
        openapi::document_response_header(operation, 201, "Location");
    }
}

/// The answer to a request under an `Idempotency-Key`: the first, or the first again. `T` is what its body holds.
#[derive(Debug)]
pub struct Once<T> {
    answer: Answer,
    again: bool,
    body: PhantomData<fn() -> T>,
}

impl<T> Once<T> {
    pub fn first(answer: Answer) -> Self {
        Self { answer, again: false, body: PhantomData }
    }

    pub fn again(answer: Answer) -> Self {
        Self { answer, again: true, body: PhantomData }
    }
}

/// Words a 201 answer, to be kept with the effect it answers for.
pub fn created<T: Serialize>(location: String, view: &T) -> Answer {
    Answer {
        status: StatusCode::CREATED.as_u16(),
        headers: vec![("location".into(), location)],
        body: serde_json::to_string(view).unwrap_or_default(),
    }
}

impl<T> Responder for Once<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::build(status(self.answer.status));
        response.content_type("application/json");
        for header in self.answer.headers {
            response.insert_header(header);
        }
        if self.again {
            response.insert_header(("idempotent-replayed", "true"));
        }
        response.body(self.answer.body)
    }
}

impl<T> Apiv2Schema for Once<T> {}

impl<T: JsonSchema> OperationModifier for Once<T> {
    no_definitions!();

    fn update_parameter(_: &mut DefaultOperationRaw) {}

    fn update_response(operation: &mut DefaultOperationRaw) {
        openapi::document_response::<T>(operation, 201, "Created");
        openapi::document_response_header(operation, 201, "Location");
        openapi::document_response_header(operation, 201, "Idempotent-Replayed");
    }
}
