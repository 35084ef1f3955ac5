//! One call to Razorpay, and what its answer means.

use commerce::payment::GatewayError;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tracing::error;

use crate::gateways::call::{Again, Answer, Line, Refusal};

/// The header that makes a refund once, however often it is asked for.
const REFUND_KEY: &str = "X-Refund-Idempotency";

pub(super) struct Caller {
    pub line: Line,
    pub key_id: String,
    pub key_secret: SecretString,
}

/// What makes a second try harmless.
pub(super) enum Repeat<'a> {
    ByKey(&'a str),
    /// It is done once by its nature.
    Harmless,
    /// Only looking whether the first one was done.
    AfterALook,
}

/// Errors come as an object, as a message, or as a bare text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ErrorBody {
    Told { error: ErrorDetail },
    Message { message: String },
    Text(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorDetail {
    code: Option<String>,
    description: Option<String>,
    reason: Option<String>,
}

impl Caller {
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, GatewayError> {
        self.line.ask(self.known(self.line.get(path)), Again::Harmless, judge).await
    }

    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        repeat: Repeat<'_>,
        body: &Value,
    ) -> Result<T, GatewayError> {
        let request = self.known(self.line.post(path).json(body));
        match repeat {
            Repeat::ByKey(key) => {
                let request = request.header(REFUND_KEY, key);
                self.line.ask(request, Again::Harmless, judge).await
            }
            Repeat::Harmless => self.line.ask(request, Again::Harmless, judge).await,
            Repeat::AfterALook => {
                self.line.ask(request, Again::UnlessItMayHaveHappened, judge).await
            }
        }
    }

    fn known(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.key_id, Some(self.key_secret.expose_secret()))
    }
}

fn judge(answer: &Answer) -> Refusal {
    let (code, words) = told(answer);
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => Refusal::passing(GatewayError::Busy),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            error!(code, "Razorpay does not accept our key");
            Refusal::last(GatewayError::Busy)
        }
        StatusCode::NOT_FOUND => Refusal::last(GatewayError::NotFound),
        // "The id provided does not exist" comes as 400.
        StatusCode::BAD_REQUEST if words.contains("does not exist") => {
            Refusal::last(GatewayError::NotFound)
        }
        StatusCode::CONFLICT if words.contains("in progress") => {
            Refusal::passing(GatewayError::Unknown)
        }
        StatusCode::CONFLICT => {
            error!(code, "Razorpay knows our refund key from another request");
            Refusal::last(GatewayError::Unknown)
        }
        status if status.is_client_error() && !code.is_empty() => Refusal::refused(code),
        status => Refusal { error: GatewayError::Unknown, again: status.is_server_error() },
    }
}

/// The most exact code, and the words.
fn told(answer: &Answer) -> (String, String) {
    match answer.read() {
        Some(ErrorBody::Told { error }) => {
            let exact = error.reason.filter(|reason| reason != "NA").or(error.code);
            (exact.unwrap_or_default(), error.description.unwrap_or_default())
        }
        Some(ErrorBody::Message { message } | ErrorBody::Text(message)) => {
            ("BAD_REQUEST_ERROR".to_owned(), message)
        }
        None => (String::new(), String::new()),
    }
}
