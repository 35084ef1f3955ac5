//! One call to a provider over HTTP: tried again where that is harmless, and given up in good time.

use std::time::{Duration, Instant};

use commerce::payment::GatewayError;
use rand::Rng;
use reqwest::{
    Client, Method, RequestBuilder, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde::de::DeserializeOwned;
use tracing::{error, warn};

use super::Circuit;

/// No answer we read is nearly as large.
const LARGEST: usize = 4_194_304;

/// How long a call is tried again. A second try carries the key of the first.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub attempts: u32,
    /// Before the second attempt; it doubles from there, up to `longest_pause`, each between half of it and all.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// No attempt is begun that could not end within this.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 3,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(5),
            total: Duration::from_secs(9),
        }
    }
}

/// How one provider is called.
#[derive(Debug, Clone, Copy)]
pub struct CallSettings {
    /// An attempt that takes longer has an unknown outcome.
    pub timeout: Duration,
    pub patience: Patience,
    pub circuit: super::CircuitSettings,
}

/// What came back, read whole.
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// What an answer that is no success means, and whether asking again may help.
#[derive(Debug)]
pub(super) struct Refusal {
    pub error: GatewayError,
    pub again: bool,
}

/// When a call may be made a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It only asks, carries a key, or does once what is asked twice.
    Harmless,
    UnlessItMayHaveHappened,
}

/// The way to one provider.
pub(super) struct Line {
    provider: &'static str,
    /// The header by which the provider finds our call in its own logs.
    trace: &'static str,
    base_url: String,
    client: Client,
    circuit: Circuit,
    timeout: Duration,
    patience: Patience,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    fn retry_after(&self) -> Option<Duration> {
        let seconds = self.header(RETRY_AFTER.as_str())?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

impl Refusal {
    pub fn last(error: GatewayError) -> Self {
        Self { error, again: false }
    }

    pub fn passing(error: GatewayError) -> Self {
        Self { error, again: true }
    }

    pub fn refused(code: impl Into<String>) -> Self {
        Self::last(GatewayError::Refused { code: code.into() })
    }
}

impl Line {
    pub fn new(
        provider: &'static str,
        trace: &'static str,
        base_url: &str,
        settings: CallSettings,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            provider,
            trace,
            base_url: base_url.trim_end_matches('/').to_owned(),
            client: crate::http::client(settings.timeout)?,
            circuit: Circuit::new(settings.circuit),
            timeout: settings.timeout,
            patience: settings.patience,
        })
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base_url))
    }

    /// Sends the request until it is answered with success, or `judge` or our patience says that it is over.
    /// What `judge` has nothing to say of is the answer.
    pub async fn call(
        &self,
        request: RequestBuilder,
        again: Again,
        judge: impl Fn(&Answer) -> Option<Refusal> + Send,
    ) -> Result<Answer, GatewayError> {
        self.circuit.call(self.attempts(request, again, judge)).await
    }

    /// The same, and the answer read.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        again: Again,
        judge: impl Fn(&Answer) -> Refusal + Send,
    ) -> Result<T, GatewayError> {
        let answer = self.call(request, again, move |answer| Some(judge(answer))).await?;
        self.read(&answer)
    }

    pub fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, GatewayError> {
        serde_json::from_slice(&answer.body).map_err(|error| {
            error!(provider = self.provider, %error, "a provider's answer cannot be read");
            GatewayError::Unknown
        })
    }

    async fn attempts(
        &self,
        request: RequestBuilder,
        again: Again,
        judge: impl Fn(&Answer) -> Option<Refusal> + Send,
    ) -> Result<Answer, GatewayError> {
        let began = Instant::now();
        let mut may_have_happened = false;
        for attempt in 1.. {
            let request = request.try_clone().ok_or(GatewayError::Unknown)?;
            let (refusal, wait) = match self.attempt(request).await {
                Ok(answer) if answer.status.is_success() => return Ok(answer),
                Ok(answer) => {
                    let Some(refusal) = judge(&answer) else { return Ok(answer) };
                    self.tell(&answer, &refusal);
                    (refusal, answer.retry_after())
                }
                Err(error) => (Refusal::passing(error), None),
            };
            may_have_happened |= refusal.error == GatewayError::Unknown;
            let pause = wait.unwrap_or_else(|| self.pause(attempt));
            let harmful = may_have_happened && again == Again::UnlessItMayHaveHappened;
            let last = attempt >= self.patience.attempts || !self.allows(began, pause);
            if !refusal.again || harmful || last {
                return Err(together(refusal.error, may_have_happened));
            }
            tokio::time::sleep(pause).await;
        }
        Err(GatewayError::Unknown)
    }

    async fn attempt(&self, request: RequestBuilder) -> Result<Answer, GatewayError> {
        let mut response = request.send().await.map_err(|error| self.silence(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.silence(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                error!(provider = self.provider, "a provider's answer has no end");
                return Err(GatewayError::Unknown);
            }
        }
        Ok(Answer { status, headers, body })
    }

    /// Where no connection was made nothing can have happened.
    fn silence(&self, error: &reqwest::Error) -> GatewayError {
        let (connected, timeout) = (!error.is_connect(), error.is_timeout());
        warn!(provider = self.provider, connected, timeout, "a provider did not answer");
        if connected { GatewayError::Unknown } else { GatewayError::Busy }
    }

    fn tell(&self, answer: &Answer, refusal: &Refusal) {
        let trace = answer.header(self.trace).unwrap_or_default();
        let status = answer.status.as_u16();
        warn!(provider = self.provider, status, trace, error = %refusal.error, "a provider said no");
    }

    fn pause(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(16);
        let pause = self.patience.first_pause.saturating_mul(2_u32.saturating_pow(doublings));
        let most = pause.min(self.patience.longest_pause);
        let half = most.checked_div(2).unwrap_or(most);
        rand::rng().random_range(half..=most)
    }

    fn allows(&self, began: Instant, pause: Duration) -> bool {
        let ends = began.elapsed().saturating_add(pause).saturating_add(self.timeout);
        ends <= self.patience.total
    }
}

/// An earlier attempt that may have happened is not undone by a later one that did not.
fn together(error: GatewayError, may_have_happened: bool) -> GatewayError {
    match error {
        GatewayError::Busy if may_have_happened => GatewayError::Unknown,
        error => error,
    }
}

/// What goes into a path holds nothing that could lead elsewhere.
pub(super) fn plain(id: &str) -> Result<&str, GatewayError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !id.is_empty() && id.bytes().all(plain) { Ok(id) } else { Err(GatewayError::NotFound) }
}
