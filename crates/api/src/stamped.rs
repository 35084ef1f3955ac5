//! Answers whose `ETag` tells the version, and beside it what else is in the body.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{StatusCode, header},
};
use commerce::Version;
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{answer::not_modified, edge::etag, extract::no_definitions, openapi};

/// A body with `ETag: "3.5e7d…"`: the version for `If-Match`, and a print of the body, which prices and stock
/// change without a new version. A client that has exactly this body is answered 304.
#[derive(Debug)]
pub struct Stamped<T, const STATUS: u16 = 200> {
    version: Version,
    body: T,
    headers: Vec<(&'static str, String)>,
    cache: Option<&'static str>,
}

impl<T, const STATUS: u16> Stamped<T, STATUS> {
    pub fn new(version: Version, body: T) -> Self {
        Self { version, body, headers: Vec::new(), cache: None }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<Option<String>>) -> Self {
        self.headers.extend(value.into().map(|value| (name, value)));
        self
    }

    /// Whether it is the same for everyone, so that caches on the way may keep it.
    pub fn public(self, is_public: bool) -> Self {
        Self { cache: is_public.then_some(etag::PUBLIC), ..self }
    }
}

impl<T: Serialize, const STATUS: u16> Responder for Stamped<T, STATUS> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let body = serde_json::to_vec(&self.body).unwrap_or_default();
        let tag = etag::of_version(self.version, &body);
        if etag::is_known(request, &tag) {
            return not_modified(tag, self.cache);
        }
        let status = StatusCode::from_u16(STATUS).unwrap_or(StatusCode::OK);
        let mut response = HttpResponse::build(status);
        response.content_type("application/json").insert_header((header::ETAG, tag));
        if let Some(cache) = self.cache {
            response.insert_header((header::CACHE_CONTROL, cache));
        }
        for header in self.headers {
            response.insert_header(header);
        }
        response.body(body)
    }
}

impl<T, const STATUS: u16> Apiv2Schema for Stamped<T, STATUS> {}

impl<T: JsonSchema, const STATUS: u16> OperationModifier for Stamped<T, STATUS> {
    no_definitions!();

    fn update_parameter(_: &mut DefaultOperationRaw) {}

    fn update_response(operation: &mut DefaultOperationRaw) {
        let what = if STATUS == 201 { "Created" } else { "OK" };
        openapi::document_response::<T>(operation, STATUS, what);
        openapi::document_response_header(operation, STATUS, "ETag");
        if STATUS == 201 {
            openapi::document_response_header(operation, STATUS, "Location");
        }
    }
}
