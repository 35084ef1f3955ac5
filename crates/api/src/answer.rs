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
    extract::{etag, no_definitions},
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

/// 200 with an `ETag`; 304 when the client has that version already.
#[derive(Debug)]
pub struct Tagged<T>(pub Version, pub T);

impl<T: Serialize> Responder for Tagged<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let tag = etag(self.0);
        let known =
            request.headers().get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
        if known.is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag)) {
            return HttpResponse::NotModified().insert_header((header::ETAG, tag)).finish();
        }
        json(HttpResponse::Ok().insert_header((header::ETAG, tag)), &self.1)
    }
}

impl<T> Apiv2Schema for Tagged<T> {}

impl<T: JsonSchema> OperationModifier for Tagged<T> {
    no_definitions!();

    fn update_parameter(_: &mut DefaultOperationRaw) {}

    fn update_response(operation: &mut DefaultOperationRaw) {
        openapi::document_response::<T>(operation, 200, "OK");
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
        response.insert_header((header::ETAG, etag(self.1)));
        json(&mut response, &self.2)
    }
}

impl<T> Apiv2Schema for CreatedAt<T> {}

impl<T: JsonSchema> OperationModifier for CreatedAt<T> {
    no_definitions!();

    fn update_parameter(_: &mut DefaultOperationRaw) {}

    fn update_response(operation: &mut DefaultOperationRaw) {
        openapi::document_response::<T>(operation, 201, "Created");
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
    }
}
