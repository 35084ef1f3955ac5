//! Calls to a store, made again while that may help: every one of them may be made twice.

use std::time::Duration;

use ::media::StoreTrouble;
use reqwest::{Client, RequestBuilder, StatusCode, header::RETRY_AFTER};
use tracing::warn;

/// A store's answers are short.
const LARGEST: usize = 1024 * 1024;
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often a call is made before it is given up.
#[derive(Debug, Clone, Copy)]
pub struct Persistence {
    pub attempts: u32,
    /// Before the second try; doubled before each further one.
    pub first_pause: Duration,
}

impl Default for Persistence {
    fn default() -> Self {
        Self { attempts: 3, first_pause: Duration::from_millis(200) }
    }
}

#[derive(Debug)]
pub(super) struct Caller {
    pub store: &'static str,
    pub client: Client,
    pub persistence: Persistence,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
    pause: Option<Duration>,
}

impl Caller {
    /// The answer when it is a yes; `fine` names another status that is as good.
    pub async fn call(
        &self,
        fine: Option<StatusCode>,
        request: impl Fn() -> RequestBuilder + Send + Sync,
    ) -> Result<Answer, StoreTrouble> {
        let mut pause = self.persistence.first_pause;
        let mut attempt = 1;
        loop {
            let answer = self.attempt(request()).await;
            let (trouble, asked) = match answer {
                Ok(answer) if answer.status.is_success() || Some(answer.status) == fine => {
                    return Ok(answer);
                }
                Ok(answer) => (self.refusal(&answer), answer.pause),
                Err(trouble) => (trouble, None),
            };
            let lasting = matches!(trouble, StoreTrouble::Lasting(_));
            if lasting || attempt >= self.persistence.attempts {
                return Err(trouble);
            }
            tokio::time::sleep(asked.unwrap_or(pause).min(LONGEST_PAUSE)).await;
            pause = pause.saturating_mul(2);
            attempt = attempt.saturating_add(1);
        }
    }

    async fn attempt(&self, request: RequestBuilder) -> Result<Answer, StoreTrouble> {
        let silence = |error: reqwest::Error| {
            warn!(store = self.store, timeout = error.is_timeout(), "a store did not answer");
            StoreTrouble::Passing(format!("{} did not answer", self.store))
        };
        let mut response = request.send().await.map_err(silence)?;
        let status = response.status();
        let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let pause = asked.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(silence)? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return Err(StoreTrouble::Passing(format!("{} talks without end", self.store)));
            }
        }
        Ok(Answer { status, body, pause })
    }

    /// 420 and 423 are Cloudinary's: too many calls, and a picture still in work.
    fn refusal(&self, answer: &Answer) -> StoreTrouble {
        let status = answer.status.as_u16();
        let said: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
        warn!(store = self.store, status, said, "a store said no");
        let error = format!("{} answered {status}", self.store);
        match status {
            408 | 420 | 423 | 425 | 429 | 500.. => StoreTrouble::Passing(error),
            _ => StoreTrouble::Lasting(error),
        }
    }
}
