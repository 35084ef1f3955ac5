//! What can go wrong, for those who run the gateway and for those who call it.

use std::{io, path::PathBuf};

use serde::Serialize;

use crate::model::IntentStatus;

/// Why the gateway does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot listen on {bind}")]
    Bind { bind: String, source: io::Error },
    #[error("cannot use the journal {}", path.display())]
    Journal { path: PathBuf, source: io::Error },
    #[error("line {line} of the journal {} cannot be understood", path.display())]
    JournalLine { path: PathBuf, line: usize, source: serde_json::Error },
    #[error("cannot prepare to send webhooks")]
    Webhooks(#[from] reqwest::Error),
    #[error("the gateway ended with an error")]
    Server(#[source] io::Error),
    #[error("the gateway ended before it was ready")]
    Ended,
}

/// Why a call is refused, as the caller is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    #[serde(skip)]
    pub status: u16,
    pub code: String,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
}

impl Refusal {
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), param: None }
    }

    pub fn at(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub fn invalid(param: &str, message: impl Into<String>) -> Self {
        Self::new(422, "invalid_request", message).at(param)
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(404, "not_found", format!("there is no such {what}"))
    }

    pub fn client_secret() -> Self {
        Self::new(401, "client_secret_invalid", "the client secret does not open this intent")
            .at("client_secret")
    }

    pub fn state(wish: &str, status: IntentStatus) -> Self {
        let message = format!("an intent that is {} cannot be {wish}", status.name());
        Self::new(409, "intent_state", message)
    }
}
