//! A client of the shop, as a browser or a phone would be one.

use reqwest::{Method, header::HeaderMap};
use serde_json::Value;
use uuid::Uuid;

/// What the shop answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
    pub request: String,
}

impl Answer {
    /// Insists on a status, and shows the whole answer when it is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} was answered {}", self.request, self.body);
        self
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The `code` of a problem, else nothing.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Whether the client was told no, and why (RFC 9457).
    #[track_caller]
    pub fn is_refusal(&self) -> bool {
        let refused = (400..500).contains(&self.status);
        assert!(!refused || self.is_problem(), "{} was answered {}", self.request, self.body);
        refused
    }

    #[track_caller]
    pub fn text(&self, field: &str) -> String {
        let value = self.body[field].as_str();
        value.unwrap_or_else(|| panic!("no {field} in {}", self.body)).to_owned()
    }

    /// Whether a refusal is a problem body (RFC 9457) that says what it must.
    pub fn is_problem(&self) -> bool {
        self.header("content-type").starts_with("application/problem+json")
            && self.body["status"] == self.status
            && self.body["code"].is_string()
            && self.body["title"].is_string()
            && self.body["request_id"].is_string()
    }
}

/// One who talks to the shop, signed in or not.
#[derive(Debug, Clone)]
pub struct Client {
    pub url: String,
    pub token: Option<String>,
    http: reqwest::Client,
}

impl Client {
    pub fn new(url: &str) -> Self {
        let http = reqwest::Client::builder().pool_max_idle_per_host(64).build().unwrap();
        Self { url: url.to_owned(), token: None, http }
    }

    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client at another server.
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], None).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, &[], Some(body)).await
    }

    /// A POST under an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, &[("idempotency-key", key)], Some(body)).await
    }

    /// A POST under an `Idempotency-Key` of its own.
    pub async fn post_fresh(&self, path: &str, body: Value) -> Answer {
        self.post_once(path, &Uuid::new_v4().to_string(), body).await
    }

    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        self.try_ask(method, path, headers, body).await.unwrap()
    }

    /// Like [`Self::ask`], where the server may be gone.
    pub async fn try_ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Answer, reqwest::Error> {
        let told = format!("{method} {path}");
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        answer(request, told).await
    }

    /// Sends a picture, under an `Idempotency-Key` of its own.
    pub async fn upload(&self, path: &str, picture: &[u8], fields: &[(&str, &str)]) -> Answer {
        let request = self.http.post(format!("{}{path}", self.url));
        let request = request.header("idempotency-key", Uuid::new_v4().to_string());
        let request = request.header("content-type", "multipart/form-data; boundary=xYz");
        let request = request.bearer_auth(self.token.as_deref().unwrap_or_default());
        let field = |about: &str, content: &[u8]| {
            let head = format!("--xYz\r\nContent-Disposition: form-data; name=\"{about}\"\r\n\r\n");
            [head.as_bytes(), content, b"\r\n"].concat()
        };
        let mut body = field("file", picture);
        for (name, value) in fields {
            body.extend(field(name, value.as_bytes()));
        }
        body.extend(b"--xYz--\r\n");
        answer(request.body(body), format!("POST {path}")).await.unwrap()
    }
}

async fn answer(request: reqwest::RequestBuilder, told: String) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await?;
    let body = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    Ok(Answer { status, headers, body, request: told })
}
