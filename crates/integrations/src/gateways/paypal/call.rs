//! One call to PayPal, and what its answer means.

use commerce::payment::GatewayError;
use reqwest::{RequestBuilder, StatusCode, header::CONTENT_TYPE};
use secrecy::ExposeSecret;
use serde::{Deserialize, de::DeserializeOwned};
use tracing::error;

use super::token::Tokens;
use crate::gateways::call::{Again, Answer, Line, Refusal};

pub(super) struct Caller {
    pub line: Line,
    pub tokens: Tokens,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    name: String,
    details: Vec<ErrorDetail>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorDetail {
    issue: String,
}

impl Caller {
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, GatewayError> {
        self.ask(self.line.get(path)).await
    }

    /// Asking twice with one request id does it once. An empty body is JSON all the same.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        request_id: Option<&str>,
        body: Vec<u8>,
    ) -> Result<T, GatewayError> {
        let request = self.line.post(path).header(CONTENT_TYPE, "application/json").body(body);
        let request = request_id.into_iter().fold(request, |request, id| {
            request.header("PayPal-Request-Id", id).header("Prefer", "return=representation")
        });
        self.ask(request).await
    }

    /// A token that is refused is replaced once.
    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, GatewayError> {
        let request = request.header("Accept", "application/json");
        let again = request.try_clone();
        let answer = self.send(request).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return self.line.read(&answer);
        }
        let answer = self.send(again.ok_or(GatewayError::Busy)?).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            error!("PayPal does not accept the token it gave us");
            return Err(GatewayError::Busy);
        }
        self.line.read(&answer)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, GatewayError> {
        let token = self.tokens.token(&self.line).await?;
        let request = request.bearer_auth(token.expose_secret());
        let answer = self.line.call(request, Again::Harmless, judge).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            self.tokens.forget(&token).await;
        }
        Ok(answer)
    }
}

/// Says nothing of a token that was refused.
fn judge(answer: &Answer) -> Option<Refusal> {
    let error: ErrorBody = answer.read().unwrap_or_default();
    let issue = error.details.into_iter().map(|detail| detail.issue).find(|text| !text.is_empty());
    let refusal = match answer.status {
        StatusCode::UNAUTHORIZED => return None,
        StatusCode::FORBIDDEN => {
            error!(issue, "PayPal does not let us do this");
            Refusal::last(GatewayError::Busy)
        }
        StatusCode::NOT_FOUND => Refusal::last(GatewayError::NotFound),
        StatusCode::TOO_MANY_REQUESTS => Refusal::passing(GatewayError::Busy),
        // Another call about this is on its way.
        StatusCode::CONFLICT => Refusal::passing(GatewayError::Unknown),
        _ if issue.as_deref() == Some("ORDER_COMPLETION_IN_PROGRESS") => {
            Refusal::passing(GatewayError::Unknown)
        }
        status if status.is_client_error() && !error.name.is_empty() => {
            Refusal::refused(issue.unwrap_or(error.name))
        }
        status => Refusal { error: GatewayError::Unknown, again: status.is_server_error() },
    };
    Some(refusal)
}
