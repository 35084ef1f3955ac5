//! One call to the gateway, and what its answer means.

use commerce::payment::GatewayError;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tracing::{error, warn};

use crate::gateways::Circuit;

pub(super) struct Caller {
    pub client: Client,
    pub base_url: String,
    pub api_key: SecretString,
    pub circuit: Circuit,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Deserialize)]
struct ErrorDetail {
    code: String,
}

impl Caller {
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, GatewayError> {
        let request = self.client.get(self.url(path));
        self.circuit.call(self.send(request)).await
    }

    /// With a key, asking twice does it once.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Result<T, GatewayError> {
        let request = self.client.post(self.url(path)).json(body);
        let request = key.into_iter().fold(request, |r, key| r.header("Idempotency-Key", key));
        self.circuit.call(self.send(request)).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// Tries once more when nobody answered the door: then nothing can have happened yet.
    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, GatewayError> {
        let request = request.bearer_auth(self.api_key.expose_secret());
        let second = request.try_clone();
        let answer = match (request.send().await, second) {
            (Err(error), Some(second)) if error.is_connect() => second.send().await,
            (answer, _) => answer,
        };
        read(answer.map_err(|error| silence(&error))?).await
    }
}

fn silence(error: &reqwest::Error) -> GatewayError {
    let connected = !error.is_connect();
    warn!(connected, timeout = error.is_timeout(), "the sandbox gateway did not answer");
    if connected { GatewayError::Unknown } else { GatewayError::Busy }
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, GatewayError> {
    let status = answer.status();
    if !status.is_success() {
        let code = answer.json::<ErrorBody>().await.ok().map(|body| body.error.code);
        return Err(refusal(status, code));
    }
    answer.json().await.map_err(|error| {
        error!(status = status.as_u16(), %error, "the sandbox gateway's answer cannot be read");
        GatewayError::Unknown
    })
}

/// Only what the gateway certainly did not do, and never will, counts as refused.
fn refusal(status: StatusCode, code: Option<String>) -> GatewayError {
    let code = code.unwrap_or_default();
    match status {
        StatusCode::NOT_FOUND => GatewayError::NotFound,
        StatusCode::TOO_MANY_REQUESTS => GatewayError::Busy,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            error!(%code, "the sandbox gateway does not accept our key");
            GatewayError::Busy
        }
        _ if code == "idempotency_key_reused" => {
            error!("the sandbox gateway knows our idempotency key from another request");
            GatewayError::Unknown
        }
        status if status.is_client_error() && !code.is_empty() => GatewayError::Refused { code },
        status => {
            warn!(status = status.as_u16(), %code, "the sandbox gateway failed");
            GatewayError::Unknown
        }
    }
}
