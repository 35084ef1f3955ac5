//! The version a caller decided on, from `If-Match`.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode, http::header};
use commerce::Version;
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};

use super::no_definitions;
use crate::{openapi, problem::Problem};

/// The version in `If-Match: "3"`; a change without it is answered 428, and one over another version 412.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub Version);

impl IfMatch {
    /// Refuses when what is there is not what the caller decided on.
    pub fn check(self, found: Version) -> Result<(), Problem> {
        if self.0 == found { Ok(()) } else { Err(stale()) }
    }
}

fn stale() -> Problem {
    let detail = "it has another version by now; read it again";
    Problem::new(StatusCode::PRECONDITION_FAILED, "stale_version", detail)
}

/// A strong entity tag of a version.
pub fn etag(version: Version) -> String {
    format!("\"{}\"", version.0)
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(tag) = request.headers().get(header::IF_MATCH) else {
            let detail = "send If-Match with the ETag of what you change";
            let problem =
                Problem::new(StatusCode::PRECONDITION_REQUIRED, "version_required", detail);
            return ready(Err(problem));
        };
        // What follows a dot is a print of the body, not part of the version.
        let version = tag.to_str().ok().map(|tag| tag.trim().trim_matches('"'));
        let version = version.map(|tag| tag.split_once('.').map_or(tag, |(version, _)| version));
        let version = version.and_then(|version| version.parse().ok()).map(Version);
        ready(version.map(Self).ok_or_else(stale))
    }
}

impl Apiv2Schema for IfMatch {}

impl OperationModifier for IfMatch {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        openapi::document_header(
            operation,
            "If-Match",
            true,
            "The ETag of the version you change.",
        );
        for status in [412, 428] {
            openapi::document_problem(operation, status);
        }
    }
}
