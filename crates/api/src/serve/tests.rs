//! The layers in the order in which a request passes them.

use std::{
    collections::{BTreeMap, HashMap},
    pin::Pin,
    rc::Rc,
    sync::{Mutex, PoisonError, atomic::AtomicUsize},
};

use actix_web::{
    body::to_bytes,
    dev::Service,
    http::Method,
    test::{TestRequest, init_service},
};
use async_trait::async_trait;
use buy::testing::World;
use commerce::{
    Actor, AuthError, Id, Role, StoreError, UserId,
    limit::{Limiter, Quota, Verdict},
};
use uuid::Uuid;

use super::*;
use crate::Check;

/// Knows the operator, and counts how often it was asked.
#[derive(Default)]
struct Doorkeeper(AtomicUsize);

#[async_trait]
impl Authenticator for Doorkeeper {
    async fn authenticate(&self, token: &str) -> Result<Actor, AuthError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let role = Role::parse(token).ok_or(AuthError::Invalid)?;
        let (user, session) = (UserId::from_uuid(Uuid::nil()), Id::from_uuid(Uuid::nil()));
        Ok(Actor { user, session, role })
    }
}

/// Counts for ever, by policy and principal.
#[derive(Default)]
struct Counter(Mutex<HashMap<(String, String), u32>>);

impl Counter {
    fn hits(&self) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

#[async_trait]
impl Limiter for Counter {
    async fn hit(&self, quota: &Quota, principal: &str) -> Result<Verdict, StoreError> {
        let mut hits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hits = hits.entry((quota.policy.clone(), principal.to_owned())).or_default();
        *hits = hits.saturating_add(1);
        let (limit, reset) = (quota.limit, quota.period);
        let remaining = limit.saturating_sub(*hits);
        Ok(Verdict { allowed: *hits <= limit, limit, remaining, reset })
    }
}

struct Well;

#[async_trait]
impl Health for Well {
    async fn check(&self) -> Vec<Check> {
        Vec::new()
    }
}

type Answering = Pin<Box<dyn Future<Output = (u16, String)>>>;

/// The whole shell around buying, without a socket.
struct House {
    counter: Arc<Counter>,
    doorkeeper: Arc<Doorkeeper>,
    door: Box<dyn Fn(TestRequest) -> Answering>,
}

impl House {
    async fn with_policies(policies: &[(&str, u32)]) -> Self {
        Self::open(policies, (1_000, 1_000)).await
    }

    async fn open(policies: &[(&str, u32)], edge: (u32, u32)) -> Self {
        let (counter, doorkeeper) = (Arc::<Counter>::default(), Arc::<Doorkeeper>::default());
        let period = Duration::from_secs(60);
        let quota = |&(policy, limit): &(&str, u32)| {
            (policy.to_owned(), Quota { policy: policy.to_owned(), limit, period })
        };
        let policies: BTreeMap<_, _> = policies.iter().map(quota).collect();
        let world = World::default();
        let shell = Shell {
            settings: settings(edge),
            env: world.env.env(),
            authenticator: doorkeeper.clone(),
            quotas: Quotas { limiter: counter.clone(), policies: Arc::new(policies) },
            health: Arc::new(Well),
            metrics: Metrics::new(None).unwrap(),
            draining: Draining::default(),
            mounts: vec![crate::buy::routes(world.buy, 0)],
            pictures: None,
        };
        let app = Rc::new(init_service(app(&Shared::new(shell).unwrap())).await);
        let door = move |request: TestRequest| -> Answering {
            let app = app.clone();
            let request = request.peer_addr("192.0.2.1:4711".parse().unwrap()).to_request();
            Box::pin(async move {
                let response = app.call(request).await.unwrap();
                let status = response.status().as_u16();
                let body = to_bytes(response.into_body()).await.unwrap();
                (status, String::from_utf8(body.to_vec()).unwrap())
            })
        };
        Self { counter, doorkeeper, door: Box::new(door) }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        (self.door)(TestRequest::get().uri(path)).await
    }

    async fn status_with(&self, token: &str, path: &str) -> u16 {
        let header = ("authorization", format!("Bearer {token}"));
        (self.door)(TestRequest::get().uri(path).insert_header(header)).await.0
    }
}

fn settings(edge: (u32, u32)) -> Settings {
    Settings {
        bind: String::new(),
        workers: 1,
        max_connections: 1,
        trusted_proxies: Vec::new(),
        cors_origins: Vec::new(),
        limits: Limits::default(),
        request_timeout: Duration::from_secs(10),
        drain_pause: Duration::ZERO,
        shutdown_grace: Duration::ZERO,
        edge,
        metrics_from: vec![Cidr::parse("192.0.2.0/24").unwrap()],
    }
}

#[actix_web::test]
async fn a_method_that_was_made_up_gets_no_series_of_its_own() {
    let house = House::with_policies(&[]).await;
    let brew = Method::from_bytes(b"BREW").unwrap();

    (house.door)(TestRequest::default().method(brew).uri("/v1/categories")).await;
    house.get("/v1/categories").await;

    let (_, metrics) = house.get("/metrics").await;
    assert!(!metrics.contains("BREW"), "{metrics}");
    assert!(metrics.contains("method=\"other\"") && metrics.contains("method=\"GET\""));
}

#[actix_web::test]
async fn a_token_that_opens_nothing_leads_past_no_quota() {
    for path in ["/v1/categories", "/v1/products", "/v1/nowhere", "/v1/cart", "/v1/coupons"] {
        let house = House::with_policies(&[("default", 3)]).await;

        for _ in 0..3 {
            assert_ne!(house.status_with("x", path).await, 429, "{path}");
        }

        assert_eq!(house.status_with("x", path).await, 429, "{path}");
        assert_eq!(house.get("/v1/categories").await.0, 429, "it is the address's quota");
    }
}

#[actix_web::test]
async fn whoever_is_signed_in_is_counted_once_and_apart_from_their_address() {
    let house = House::with_policies(&[("default", 3)]).await;

    for path in ["/v1/categories", "/v1/coupons", "/v1/nowhere"] {
        assert_ne!(house.status_with("operator", path).await, 429, "{path}");
    }

    assert_eq!(house.counter.hits(), 3);
    assert_eq!(house.status_with("operator", "/v1/categories").await, 429);
    assert_eq!(house.get("/v1/categories").await.0, 200);
}

#[actix_web::test]
async fn a_user_whose_quota_is_spent_does_not_pass_as_a_stranger() {
    let house = House::with_policies(&[("default", 1), ("search", 9)]).await;

    assert_eq!(house.status_with("operator", "/v1/products?q=tea").await, 200);

    assert_eq!(house.status_with("operator", "/v1/products?q=tea").await, 429);
}

#[actix_web::test]
async fn a_token_is_looked_at_once_whoever_asks_for_it() {
    for (token, status) in [("operator", 200), ("x", 401)] {
        let house = House::with_policies(&[("cart", 9), ("default", 9)]).await;

        assert_eq!(house.status_with(token, "/v1/cart").await, status);

        assert_eq!(house.doorkeeper.0.load(Ordering::Relaxed), 1, "{token}");
    }
}

/// With the guard or without.
#[actix_web::test]
async fn a_path_is_taken_as_it_was_sent() {
    let house = House::with_policies(&[]).await;

    assert_eq!(house.get("/v1/categories").await.0, 200);
    assert_eq!(house.get("/v1//categories").await.0, 404);
}

#[cfg(feature = "edge-guard")]
#[actix_web::test]
async fn what_the_guard_refused_meets_no_quota() {
    let house = House::open(&[("default", 1_000)], (1, 1)).await;

    let mut passed: u32 = 0;
    for _ in 0..40 {
        if house.get("/v1/categories").await.0 != 429 {
            passed = passed.saturating_add(1);
        }
    }

    assert!((1..40).contains(&passed), "{passed} passed");
    assert_eq!(house.counter.hits(), passed);
}
