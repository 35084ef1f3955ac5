//! How a refusal tells the shell what kind it is.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

/// What a caller can do about a failure; the shell alone turns it into a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Understood, but some value is not acceptable.
    Invalid,
    /// It is not known who asks.
    Unauthenticated,
    /// It is known who asks, and they may not.
    Forbidden,
    /// There is no such thing, or none the caller may know of.
    NotFound,
    /// The state of things does not allow it.
    Conflict,
    /// It was there once and is over: a used or expired token.
    Gone,
    /// The caller decided on an older version.
    Stale,
    /// The caller must say which version was decided on.
    VersionRequired,
    /// Too often; try later.
    Limited,
    /// A part of the house is out of reach; try later.
    Unavailable,
    /// Our fault.
    Internal,
}

/// One value of a request that is not acceptable; `pointer` is a JSON pointer fragment (`#/lines/0/quantity`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub pointer: String,
    pub code: String,
    pub detail: String,
}

impl FieldError {
    pub fn new(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.to_owned(), detail: detail.into() }
    }
}

/// An error that a client may see.
pub trait Failure: std::error::Error {
    fn kind(&self) -> Kind;

    /// A stable name in `snake_case` that a client may match on.
    fn code(&self) -> &'static str;

    /// Which values of the request are at fault.
    fn fields(&self) -> Vec<FieldError> {
        Vec::new()
    }

    /// What helps the caller to act, such as the old and the new price; a JSON object.
    fn facts(&self) -> Option<Value> {
        None
    }

    /// When it may make sense to try again.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}
