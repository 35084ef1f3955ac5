//! One call to Stripe, and what its answer means.

use commerce::payment::GatewayError;
use reqwest::{RequestBuilder, StatusCode, header::CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use tracing::error;

use super::form::Form;
use crate::gateways::call::{Again, Answer, Line, Refusal};

const FORM: &str = "application/x-www-form-urlencoded";

pub(super) struct Caller {
    pub line: Line,
    pub secret_key: SecretString,
    pub api_version: String,
}

#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorDetail {
    #[serde(rename = "type")]
    kind: String,
    code: Option<String>,
    decline_code: Option<String>,
}

impl Caller {
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, GatewayError> {
        self.line.ask(self.known(self.line.get(path)), Again::Harmless, judge).await
    }

    /// Asking twice with one key does it once.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        form: Form,
    ) -> Result<T, GatewayError> {
        let request = self.line.post(path).header("Idempotency-Key", key);
        let request = request.header(CONTENT_TYPE, FORM).body(form.body());
        self.line.ask(self.known(request), Again::Harmless, judge).await
    }

    fn known(&self, request: RequestBuilder) -> RequestBuilder {
        request
            .bearer_auth(self.secret_key.expose_secret())
            .header("Stripe-Version", &self.api_version)
    }
}

/// Stripe's own word in `stripe-should-retry` wins over what we make of the status.
fn judge(answer: &Answer) -> Refusal {
    let refusal = meaning(answer);
    match answer.header("stripe-should-retry") {
        Some("true") => Refusal { again: true, ..refusal },
        Some("false") => Refusal { again: false, ..refusal },
        _ => refusal,
    }
}

fn meaning(answer: &Answer) -> Refusal {
    let detail = answer.read::<ErrorBody>().unwrap_or_default().error;
    let code = detail.code.as_deref().unwrap_or_default();
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => Refusal::passing(GatewayError::Busy),
        _ if matches!(code, "rate_limit" | "lock_timeout") => Refusal::passing(GatewayError::Busy),
        // Another call with this key is on its way.
        StatusCode::CONFLICT => Refusal::passing(GatewayError::Unknown),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            error!(code, "Stripe does not accept our key");
            Refusal::last(GatewayError::Busy)
        }
        StatusCode::NOT_FOUND => Refusal::last(GatewayError::NotFound),
        _ if detail.kind == "idempotency_error" => {
            error!("Stripe knows our idempotency key from another request");
            Refusal::last(GatewayError::Unknown)
        }
        status if status.is_client_error() && !detail.kind.is_empty() => {
            Refusal::refused(detail.decline_code.or(detail.code).unwrap_or(detail.kind))
        }
        status => Refusal { error: GatewayError::Unknown, again: status.is_server_error() },
    }
}
