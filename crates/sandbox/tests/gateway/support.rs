//! A merchant for the tests: a client of the gateway, and a place that receives its webhooks.

use std::{
    collections::{BTreeMap, VecDeque},
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use sandbox::{Config, Sandbox};
use serde_json::{Value, json};

pub const KEY: &str = "sk_sandbox_of_the_tests";
pub const SECRET: &str = "whsec_of_the_tests";
pub const GOOD: &str = "4242424242424242";

/// How long a condition may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Merchant {
    pub sandbox: Sandbox,
    pub inbox: Inbox,
    client: Client,
}

pub fn config() -> Config {
    Config { api_key: KEY.into(), webhook_secret: SECRET.into(), ..Config::default() }
}

impl Merchant {
    pub async fn open() -> Self {
        Self::with(config()).await
    }

    pub async fn with(config: Config) -> Self {
        let inbox = Inbox::open();
        let webhook_url = Some(inbox.url.clone());
        let sandbox = sandbox::start(Config { webhook_url, ..config }).await.unwrap();
        Self { sandbox, inbox, client: Client::builder().no_proxy().build().unwrap() }
    }

    /// Any request, without a key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.sandbox.url()))
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path).bearer_auth(KEY)
    }

    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).bearer_auth(KEY).json(body)
    }

    pub async fn create(&self, amount: i64, faults: &str) -> Value {
        let body = json!({"amount": amount, "currency": "USD", "reference": "pay_1"});
        let request = self.post("/v1/intents", &body).header("Sandbox-Fault", faults);
        expect(StatusCode::CREATED, request).await
    }

    pub fn confirmation(&self, intent: &Value, card: &str) -> RequestBuilder {
        let path = format!("/v1/intents/{}/confirm", text(&intent["id"]));
        let card = json!({"number": card, "exp_month": 12, "exp_year": 2040, "cvc": "123"});
        let body = json!({"client_secret": intent["client_secret"], "card": card});
        self.request(Method::POST, &path).json(&body)
    }

    pub async fn confirm(&self, intent: &Value, card: &str) -> Value {
        expect(StatusCode::OK, self.confirmation(intent, card)).await
    }

    pub async fn authenticate(&self, intent: &Value, outcome: &str) -> Value {
        let path = format!("/v1/intents/{}/authenticate", text(&intent["id"]));
        let body = json!({"client_secret": intent["client_secret"], "outcome": outcome});
        expect(StatusCode::OK, self.request(Method::POST, &path).json(&body)).await
    }

    pub async fn fetch(&self, intent: &Value) -> Value {
        expect(StatusCode::OK, self.get(&path(intent))).await
    }

    /// An intent that is paid by a good card.
    pub async fn paid(&self, amount: i64, faults: &str) -> Value {
        let intent = self.create(amount, faults).await;
        self.confirm(&intent, GOOD).await;
        self.fetch(&intent).await
    }

    pub fn refunding(&self, intent: &Value, amount: i64) -> RequestBuilder {
        let body = json!({"intent": intent["id"], "amount": amount, "reference": "ref_1"});
        self.post("/v1/refunds", &body)
    }

    pub async fn refund(&self, intent: &Value, amount: i64) -> Value {
        expect(StatusCode::CREATED, self.refunding(intent, amount)).await
    }

    /// Waits for the first webhook of a type.
    pub async fn webhook(&self, kind: &str) -> Webhook {
        self.inbox.until(|all| all.iter().find(|webhook| webhook.kind() == kind).cloned()).await
    }

    /// Waits until every event has been delivered or given up, and tells how often each was tried.
    pub async fn until_attempts(&self, count: usize) {
        until(|| (self.sandbox.books().webhooks.len() >= count).then_some(())).await;
    }
}

pub fn path(intent: &Value) -> String {
    format!("/v1/intents/{}", text(&intent["id"]))
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub async fn expect(status: StatusCode, request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let found = response.status();
    let body = response.text().await.unwrap();
    assert_eq!(found, status, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// The status and the error's code of a call that is refused.
pub async fn refused(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, text(&body(response).await["error"]["code"]).to_owned())
}

pub async fn body(response: Response) -> Value {
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

/// Looks until it finds.
pub async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    found.await.expect("the condition never came true")
}

#[derive(Debug, Clone)]
pub struct Webhook {
    pub headers: BTreeMap<String, String>,
    pub raw: Vec<u8>,
    pub body: Value,
}

impl Webhook {
    pub fn kind(&self) -> &str {
        text(&self.body["type"])
    }

    /// The time and the signatures of the header.
    pub fn signatures(&self) -> (i64, Vec<String>) {
        let elements = self.headers["sandbox-signature"].split(',');
        let mut pairs = elements.map(|element| element.split_once('=').unwrap());
        let (name, t) = pairs.next().unwrap();
        assert_eq!(name, "t");
        let signatures =
            pairs.map(|(name, value)| (name == "v1").then(|| value.to_owned()).unwrap());
        (t.parse().unwrap(), signatures.collect())
    }
}

/// Where webhooks arrive. It answers 200, unless told otherwise.
#[derive(Clone)]
pub struct Inbox {
    pub url: String,
    received: Arc<Mutex<Vec<Webhook>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Inbox {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let inbox = Self { url, received: Arc::default(), answers: Arc::default() };
        let shared = inbox.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(shared.clone()))
                .route("/hook", web::post().to(receive))
        });
        let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
        actix_web::rt::spawn(server);
        inbox
    }

    /// What the next webhooks are answered.
    pub fn answer(&self, statuses: impl IntoIterator<Item = u16>) {
        self.answers.lock().unwrap().extend(statuses);
    }

    pub fn all(&self) -> Vec<Webhook> {
        self.received.lock().unwrap().clone()
    }

    pub fn kinds(&self) -> Vec<String> {
        self.all().iter().map(|webhook| webhook.kind().to_owned()).collect()
    }

    pub async fn until<T>(&self, mut look: impl FnMut(&[Webhook]) -> Option<T>) -> T {
        until(|| look(&self.all())).await
    }

    pub async fn count(&self, count: usize) -> Vec<Webhook> {
        self.until(|all| (all.len() >= count).then(|| all.to_vec())).await
    }
}

async fn receive(inbox: web::Data<Inbox>, request: HttpRequest, raw: web::Bytes) -> HttpResponse {
    let header = |(name, value): (
        &actix_web::http::header::HeaderName,
        &actix_web::http::header::HeaderValue,
    )| { (name.as_str().to_owned(), value.to_str().unwrap().to_owned()) };
    let headers = request.headers().iter().map(header).collect();
    let body = serde_json::from_slice(&raw).unwrap();
    inbox.received.lock().unwrap().push(Webhook { headers, raw: raw.to_vec(), body });
    let status = inbox.answers.lock().unwrap().pop_front().unwrap_or(200);
    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).finish()
}
