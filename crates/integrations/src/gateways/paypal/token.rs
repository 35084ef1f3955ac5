//! PayPal's access token: asked for by one caller at a time, and kept until shortly before it runs out.

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::{Clock, Timestamp, payment::GatewayError};
use reqwest::{StatusCode, header::CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use tracing::error;

use crate::gateways::call::{Again, Answer, Line, Refusal};

/// A token is not used in its last minute, in which it could run out on the way.
const MARGIN: TimeDelta = TimeDelta::seconds(60);

pub(super) struct Tokens {
    pub client_id: String,
    pub client_secret: SecretString,
    pub clock: Arc<dyn Clock>,
    pub kept: Mutex<Option<Token>>,
}

pub(super) struct Token {
    text: SecretString,
    until: Timestamp,
}

#[derive(Deserialize)]
struct WireToken {
    access_token: SecretString,
    expires_in: i64,
}

impl Tokens {
    /// Others who need one wait for the one who asks. Where there is none, nothing can have been done with it.
    pub async fn token(&self, line: &Line) -> Result<SecretString, GatewayError> {
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        if let Some(token) = kept.as_ref().filter(|token| token.until > now) {
            return Ok(token.text.clone());
        }
        let token = self.ask(line).await.map_err(|_| GatewayError::Busy)?;
        let life = TimeDelta::try_seconds(token.expires_in).unwrap_or_default();
        let until = now.checked_add_signed(life).and_then(|end| end.checked_sub_signed(MARGIN));
        let text = token.access_token;
        *kept = Some(Token { text: text.clone(), until: until.unwrap_or(now) });
        Ok(text)
    }

    /// Forgets the token that PayPal refused, unless there is another one by now.
    pub async fn forget(&self, refused: &SecretString) {
        let mut kept = self.kept.lock().await;
        kept.take_if(|token| token.text.expose_secret() == refused.expose_secret());
    }

    async fn ask(&self, line: &Line) -> Result<WireToken, GatewayError> {
        let request = line
            .post("/v1/oauth2/token")
            .basic_auth(&self.client_id, Some(self.client_secret.expose_secret()))
            .header("Accept", "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        line.ask(request, Again::Harmless, judge).await
    }
}

/// Errors about tokens have a shape of their own: `{"error", "error_description"}`.
fn judge(answer: &Answer) -> Refusal {
    let status = answer.status;
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        error!("PayPal does not accept our client id and secret");
    }
    let again = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    Refusal { error: GatewayError::Busy, again }
}
