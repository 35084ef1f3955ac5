//! A shop over memory, behind the routes of the core.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use actix_web::{
    App,
    http::{Method, StatusCode},
    test::{TestRequest, call_service, init_service, read_body},
    web::Data,
};
use async_trait::async_trait;
use chrono::TimeDelta;
use commerce::{
    Actor, AuthError, Authenticator, Currency, Effects, Id, Money, Order, OrderId, Page,
    PageRequest, Repository, Role, StoreError,
    event::{Backlog, DeadLetter, Delivery, Outbox, Outcome},
    order::{NewOrder, OrderLine, Origin, Totals},
    payment::{Gateways, IntentState, PaymentGateway},
    sales::{Sales, SalesSettings},
    seller::NoSellers,
    testing::{Memory, ModelProvider, TestEnv},
    wallet::{TopUpLimits, WalletSettings},
};
use paperclip::actix::OpenApiExt;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Mount, commerce::Commerce, extract::InFlight};

pub struct House {
    pub memory: Memory,
    pub provider: ModelProvider,
    commerce: Commerce,
    people: Arc<People>,
    in_flight: InFlight,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    headers: Vec<(String, String)>,
    pub body: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    pub fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_default().to_owned()
    }

    pub fn code(&self) -> String {
        self.text("code")
    }
}

/// Tokens are names: `buyer`, `stranger`, `seller`, `operator`.
struct People {
    buyer: Actor,
    stranger: Actor,
    seller: Actor,
    operator: Actor,
}

#[async_trait]
impl Authenticator for People {
    async fn authenticate(&self, token: &str) -> Result<Actor, AuthError> {
        match token {
            "buyer" => Ok(self.buyer),
            "stranger" => Ok(self.stranger),
            "seller" => Ok(self.seller),
            "operator" => Ok(self.operator),
            _ => Err(AuthError::Invalid),
        }
    }
}

/// An outbox with one delivery that was given up.
struct OneDeadLetter(Mutex<Option<DeadLetter>>);

#[async_trait]
impl Outbox for OneDeadLetter {
    async fn lease(
        &self,
        _: &[&str],
        _: u32,
        _: std::time::Duration,
    ) -> Result<Vec<Delivery>, StoreError> {
        Ok(Vec::new())
    }

    async fn settle(&self, _: &[(Delivery, Outcome)]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn dead_letters(&self, page: PageRequest) -> Result<Page<DeadLetter>, StoreError> {
        Ok(Memory::page(self.0.lock().unwrap().iter().cloned().collect(), &page))
    }

    async fn replay(&self, delivery: Uuid) -> Result<bool, StoreError> {
        let mut letter = self.0.lock().unwrap();
        Ok(letter.take_if(|letter| letter.delivery.id == delivery).is_some())
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        Ok(Backlog::default())
    }
}

impl House {
    pub fn new() -> Self {
        let (memory, provider) = (Memory::default(), ModelProvider::default());
        let env = TestEnv::new().env();
        let store = Arc::new(memory.clone());
        let gateway: Arc<dyn PaymentGateway> = Arc::new(provider.clone());
        let sales = Sales {
            orders: store.clone(),
            payments: store.clone(),
            inbox: store.clone(),
            receipts: store.clone(),
            sellers: Arc::new(NoSellers),
            seller_books: store.clone(),
            journal: store.clone(),
            gateways: Gateways::new([gateway]),
            env: env.clone(),
            settings: SalesSettings { wallet: wallets(), ..SalesSettings::default() },
        };
        let person = |role| Actor { user: Id::new(&env), session: Id::new(&env), role };
        let people = People {
            buyer: person(Role::Customer),
            stranger: person(Role::Customer),
            seller: person(Role::Seller),
            operator: person(Role::Operator),
        };
        let outbox = Arc::new(OneDeadLetter(Mutex::new(Some(dead_letter(&sales)))));
        let commerce =
            Commerce { sales, feed: store.clone(), journal: store.clone(), outbox, audits: store };
        let people = Arc::new(people);
        Self { memory, provider, commerce, people, in_flight: InFlight::default() }
    }

    pub fn mount(&self) -> Mount {
        crate::commerce::routes(self.commerce.clone())
    }

    /// An order of 10.00 and 1.90 tax, waiting for payment.
    pub async fn order(&self) -> String {
        let env = &self.commerce.sales.env;
        let (price, zero) = (Money::usd(10_00), Money::usd(0));
        let line = OrderLine {
            id: env.uuid(),
            sku: "TEA".into(),
            name: "Green tea".into(),
            quantity: 1,
            unit_price: price,
            total: price,
            tax: zero,
            seller: None,
            commission: None,
            reservation: None,
            snapshot: json!({}),
        };
        let new = NewOrder {
            id: OrderId::new(env),
            buyer: self.people.buyer.user,
            origin: Origin { mode: "buy".into(), reference: env.uuid() },
            lines: vec![line],
            totals: Totals::of(price, zero, Money::usd(1_90), zero, "default").unwrap(),
            address: None,
            until: env.now() + TimeDelta::minutes(30),
        };
        let (order, effects) = Order::raise(new, env.now()).unwrap();
        let write = effects.orders[0].clone();
        self.memory.commit(write.with(Effects::none())).await.unwrap();
        order.id.to_string()
    }

    pub async fn pay(&self, order: &str, key: &str) -> Reply {
        let body = json!({"order": order, "provider": "model"});
        self.post_keyed("buyer", "/v1/payments", key, &body).await
    }

    /// A paid order and its payment.
    pub async fn sold(&self) -> (String, String) {
        let order = self.order().await;
        let payment = self.pay(&order, &order).await.text("id");
        self.provider_moves(IntentState::Captured).await;
        (order, payment)
    }

    /// Moves everything that is open at the provider, and acts on the messages about it.
    pub async fn provider_moves(&self, state: IntentState) {
        let uncaptured = self.provider.books().uncaptured();
        for provider_ref in uncaptured {
            self.provider.books().moves(&provider_ref, state.clone());
        }
        let notices = std::mem::take(&mut self.provider.books().notices);
        for notice in notices {
            let reply = self.webhook("model", "good", notice.to_string().as_bytes()).await;
            assert_eq!(reply.status, StatusCode::OK);
        }
        self.tell_all().await;
    }

    /// Tells every event to everyone who wants to hear of it.
    pub async fn tell_all(&self) {
        let mut at = 0;
        while let Some(event) = { self.memory.read().events.get(at).cloned() } {
            at += 1;
            for subscriber in self.commerce.sales.subscribers() {
                if subscriber.events().contains(&event.name) {
                    let delivery = Delivery {
                        id: event.id,
                        event: event.id,
                        subscriber: subscriber.name().into(),
                        name: event.name.into(),
                        subject: event.subject,
                        body: event.body.clone(),
                        at: event.at,
                        attempts: 1,
                    };
                    subscriber.handle(&delivery).await.unwrap();
                }
            }
        }
    }

    pub async fn get(&self, who: &str, path: &str) -> Reply {
        self.call(TestRequest::get().uri(path), who).await
    }

    pub async fn post(&self, who: &str, path: &str, body: &Value) -> Reply {
        self.call(TestRequest::post().uri(path).set_json(body), who).await
    }

    pub async fn post_keyed(&self, who: &str, path: &str, key: &str, body: &Value) -> Reply {
        let request = TestRequest::post().uri(path).set_json(body);
        self.call(request.insert_header(("idempotency-key", key)), who).await
    }

    pub async fn webhook(&self, provider: &str, signature: &str, body: &[u8]) -> Reply {
        let request = TestRequest::default().method(Method::POST);
        let request = request.uri(&format!("/v1/webhooks/{provider}"));
        let request = request.insert_header(("signature", signature)).set_payload(body.to_vec());
        self.call(request, "").await
    }

    async fn call(&self, request: TestRequest, who: &str) -> Reply {
        let mount = self.mount();
        let authenticator: Arc<dyn Authenticator> = self.people.clone();
        let app = App::new()
            .app_data(Data::<dyn Authenticator>::from(authenticator))
            .app_data(Data::new(self.in_flight.clone()))
            .wrap_api()
            .configure(|config| mount(config))
            .build();
        let app = init_service(app).await;
        let request = if who.is_empty() {
            request
        } else {
            request.insert_header(("authorization", format!("Bearer {who}")))
        };
        let response = call_service(&app, request.to_request()).await;
        let status = response.status();
        let text = |value: &actix_web::http::header::HeaderValue| {
            value.to_str().unwrap_or_default().to_owned()
        };
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str().to_owned(), text(value)));
        let headers = headers.collect();
        let body = read_body(response).await;
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Reply { status, headers, body }
    }
}

fn wallets() -> WalletSettings {
    let usd = TopUpLimits { least_minor: 1_00, most_minor: 200_00, balance_minor: 500_00 };
    let limits = BTreeMap::from([(Currency::USD, usd)]);
    WalletSettings { enabled: true, limits, ..WalletSettings::default() }
}

fn dead_letter(sales: &Sales) -> DeadLetter {
    let (env, now) = (&sales.env, sales.env.now());
    let delivery = Delivery {
        id: env.uuid(),
        event: env.uuid(),
        subscriber: "send_refunds".into(),
        name: "refund_due".into(),
        subject: env.uuid(),
        body: json!({}),
        at: now,
        attempts: 12,
    };
    DeadLetter { delivery, error: "the payment provider is busy".into(), died_at: now }
}
