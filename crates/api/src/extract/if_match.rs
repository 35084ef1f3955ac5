//! The version a caller decided on, from `If-Match`.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode, http::header};
use commerce::Version;
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};

use super::{
    auth::{Checking, told_inside},
    no_definitions,
};
use crate::{openapi, problem::Problem};

/// The version in `If-Match: "3"`; a change without it is answered 428, and one over another version 412.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub Version);

impl IfMatch {
    /// What the request says.
    pub(crate) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let Some(tag) = request.headers().get(header::IF_MATCH) else {
            let detail = "send If-Match with the ETag of what you change";
            return Err(Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                "version_required",
                detail,
            ));
        };
        read(tag.to_str().unwrap_or_default().trim())
    }

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
    type Future = Checking<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        told_inside(request, Self::of(request))
    }
}

/// What follows a dot is a print of the body, not part of the version. A tag that is none of ours, or weak, is an
/// old one; what is no tag at all is a mistake.
fn read(tag: &str) -> Result<IfMatch, Problem> {
    let version = tag.trim_matches('"');
    let version = version.split_once('.').map_or(version, |(version, _)| version);
    if let Ok(version) = version.parse() {
        return Ok(IfMatch(Version(version)));
    }
    let is_tag = tag == "*" || (tag.len() > 1 && tag.ends_with('"'));
    if is_tag { Err(stale()) } else { Err(no_tag()) }
}

fn no_tag() -> Problem {
    let detail = "If-Match is an ETag in its quotes";
    Problem::new(StatusCode::BAD_REQUEST, "bad_if_match", detail)
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
        for status in [400, 412, 428] {
            openapi::document_problem(operation, status);
        }
    }
}
