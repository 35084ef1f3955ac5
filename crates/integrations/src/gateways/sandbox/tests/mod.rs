//! Against the real sandbox gateway, on a port of its own.

mod sales;

use std::{collections::BTreeMap, str::FromStr};

use commerce::{Id, OrderId, PaymentId, payment::*, testing::TestEnv};
use sandbox::{Config, FaultPlan, Faults, Sandbox};
use serde_json::Value;

use super::*;

const KEY: &str = "sk_sandbox_test";

struct World {
    sandbox: Sandbox,
    gateway: SandboxGateway,
    env: TestEnv,
}

fn settings(base_url: String) -> SandboxSettings {
    SandboxSettings {
        base_url,
        api_key: KEY.into(),
        webhook_secrets: vec!["whsec_new".into(), "whsec_example".into()],
        tolerance: TimeDelta::seconds(300),
        timeout: Duration::from_millis(1_500),
        circuit: CircuitSettings::default(),
    }
}

impl World {
    async fn new() -> Self {
        let sandbox = sandbox::start(Config::default()).await.unwrap();
        let gateway = SandboxGateway::new(settings(sandbox.url())).unwrap();
        Self { sandbox, gateway, env: TestEnv::new() }
    }

    async fn with(faults: &str) -> Self {
        let world = Self::new().await;
        let always = Faults::from_str(faults).unwrap();
        world.sandbox.set_faults(FaultPlan { always, ..FaultPlan::default() });
        world
    }

    fn intent(&self, minor: i64) -> NewIntent {
        let env = self.env.env();
        NewIntent {
            payment: PaymentId::new(&env),
            order: OrderId::new(&env),
            amount: Money::usd(minor),
            description: "An order".into(),
        }
    }

    /// The shopper pays in a browser of their own.
    async fn pays(&self, intent: &Intent, number: &str) {
        let secret = intent.action.as_ref().unwrap().client_secret.clone().unwrap();
        let card = json!({"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"});
        let url = format!("{}/v1/intents/{}/confirm", self.sandbox.url(), intent.provider_ref);
        let client = http::client(Duration::from_secs(5)).unwrap();
        let body = json!({"client_secret": secret, "card": card});
        let answer = client.post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// As it is once the gateway has worked on it.
    async fn outcome(&self, provider_ref: &str) -> Intent {
        self.sandbox.advance(1);
        self.gateway.fetch(provider_ref).await.unwrap()
    }

    async fn captured(&self, minor: i64) -> Intent {
        let made = self.gateway.create(&self.intent(minor)).await.unwrap();
        self.pays(&made, "4242424242424242").await;
        let intent = self.outcome(&made.provider_ref).await;
        assert_eq!(intent.state, IntentState::Captured);
        intent
    }

    fn refund(&self, intent: &Intent, minor: i64) -> NewRefund {
        let refund = Id::new(&self.env.env());
        NewRefund { refund, provider_ref: intent.provider_ref.clone(), amount: Money::usd(minor) }
    }
}

#[tokio::test]
async fn a_payment_is_opened_paid_and_fetched() {
    let world = World::new().await;
    let new = world.intent(19_99);

    let made = world.gateway.create(&new).await.unwrap();
    assert_eq!((made.amount, made.state.clone()), (Money::usd(19_99), IntentState::Pending));
    assert_eq!(made.reference, new.payment.to_string());
    assert_eq!(made.action.as_ref().unwrap().kind, "confirm");
    world.pays(&made, "4242424242424242").await;
    let paid = world.outcome(&made.provider_ref).await;

    assert_eq!((paid.state, paid.captured), (IntentState::Captured, Money::usd(19_99)));
    assert_eq!(paid.action, None);
}

#[tokio::test]
async fn opening_a_payment_twice_opens_it_once() {
    let world = World::new().await;
    let new = world.intent(5_00);

    let first = world.gateway.create(&new).await.unwrap();
    let second = world.gateway.create(&new).await.unwrap();

    assert_eq!(first.provider_ref, second.provider_ref);
    assert_eq!(world.sandbox.books().intents.len(), 1);
}

#[tokio::test]
async fn a_declined_card_fails_the_payment() {
    let world = World::new().await;
    let made = world.gateway.create(&world.intent(5_00)).await.unwrap();

    world.pays(&made, "4000000000009995").await;

    let failed = IntentState::Failed { code: "insufficient_funds".into() };
    assert_eq!(world.outcome(&made.provider_ref).await.state, failed);
}

#[tokio::test]
async fn a_bank_that_asks_sends_the_shopper_to_a_page() {
    let world = World::new().await;
    let made = world.gateway.create(&world.intent(5_00)).await.unwrap();

    world.pays(&made, "4000002500003155").await;

    let asked = world.outcome(&made.provider_ref).await;
    assert_eq!(asked.state, IntentState::RequiresAction);
    assert_eq!(asked.action.unwrap().kind, "redirect");
}

#[tokio::test]
async fn an_open_payment_can_be_cancelled_and_a_paid_one_cannot() {
    let world = World::new().await;
    let open = world.gateway.create(&world.intent(5_00)).await.unwrap();
    let paid = world.captured(5_00).await;

    let cancelled = world.gateway.cancel(&open.provider_ref).await.unwrap();
    let refused = world.gateway.cancel(&paid.provider_ref).await;

    assert_eq!(cancelled.state, IntentState::Cancelled);
    assert_eq!(refused, Err(GatewayError::Refused { code: "intent_state".into() }));
}

#[tokio::test]
async fn a_refund_is_made_once_and_never_more_than_was_captured() {
    let world = World::new().await;
    let intent = world.captured(10_00).await;
    let refund = world.refund(&intent, 4_00);

    let first = world.gateway.refund(&refund).await.unwrap();
    let second = world.gateway.refund(&refund).await.unwrap();
    let too_much = world.gateway.refund(&world.refund(&intent, 7_00)).await;

    assert_eq!((first.state, first.amount), (RefundState::Succeeded, Money::usd(4_00)));
    assert_eq!(first.reference, refund.refund.to_string());
    assert_eq!(first.provider_ref, second.provider_ref);
    assert_eq!(too_much, Err(GatewayError::Refused { code: "refund_exceeds_captured".into() }));
    let refunds = world.gateway.fetch(&intent.provider_ref).await.unwrap().refunds;
    assert_eq!(refunds, [first]);
}

#[tokio::test]
async fn a_slow_refund_is_heard_of_by_asking_again() {
    let world = World::with("refund-delay=60000").await;
    let intent = world.captured(10_00).await;
    let refund = world.refund(&intent, 10_00);
    assert_eq!(world.gateway.refund(&refund).await.unwrap().state, RefundState::Pending);

    world.sandbox.advance(60_000);

    assert_eq!(world.gateway.refund(&refund).await.unwrap().state, RefundState::Succeeded);
}

#[tokio::test]
async fn a_refund_that_fails_says_so() {
    let world = World::with("refund-fail").await;
    let intent = world.captured(10_00).await;

    let refund = world.gateway.refund(&world.refund(&intent, 10_00)).await.unwrap();

    assert_eq!(refund.state, RefundState::Failed);
}

#[tokio::test]
async fn what_nobody_knows_is_unknown_and_asking_again_finds_out() {
    for faults in ["charge-then-timeout@create", "http=500@create", "timeout@create"] {
        let world = World::with(faults).await;
        let new = world.intent(5_00);

        let first = world.gateway.create(&new).await;
        let second = world.gateway.create(&new).await;

        assert_eq!(first, Err(GatewayError::Unknown), "{faults}");
        assert!(second.is_ok(), "{faults}: {second:?}");
        assert_eq!(world.sandbox.books().intents.len(), 1, "{faults}");
    }
}

#[tokio::test]
async fn what_certainly_did_not_happen_is_busy() {
    let world = World::with("http=429@create").await;
    let closed = SandboxGateway::new(settings("http://127.0.0.1:1".into())).unwrap();
    let stranger = SandboxSettings { api_key: "other".into(), ..settings(world.sandbox.url()) };
    let stranger = SandboxGateway::new(stranger).unwrap();
    let new = world.intent(5_00);

    for gateway in [&world.gateway, &closed, &stranger] {
        assert_eq!(gateway.create(&new).await, Err(GatewayError::Busy));
    }
}

#[tokio::test]
async fn a_payment_nobody_opened_is_not_found() {
    let world = World::new().await;

    for unknown in ["pi_1", "../refunds", ""] {
        assert_eq!(world.gateway.fetch(unknown).await, Err(GatewayError::NotFound), "{unknown}");
    }
}

/// The vector of `docs/sandbox-gateway.md`.
const BODY: &str = r#"{"id":"evt_1","type":"intent.captured","created":1700000000,"data":{"intent":{"id":"pi_1"}}}"#;
const V1: &str = "a94a6a02739a647b63ea8c672d425fd7b52eb9b35ca0c9563a71217aeb075011";

async fn verify(header: &str, body: &[u8], now: i64) -> Result<Notice, NoticeError> {
    let gateway = SandboxGateway::new(settings("http://127.0.0.1:1".into())).unwrap();
    let headers = BTreeMap::from([("sandbox-signature".to_owned(), header.to_owned())]);
    let now = Timestamp::from_timestamp(now, 0).unwrap();
    gateway.verify(&headers, body, now).await
}

#[tokio::test]
async fn a_signed_message_is_read() {
    let notice =
        verify(&format!("t=1700000000,v1={V1}"), BODY.as_bytes(), 1_700_000_000).await.unwrap();

    assert_eq!((notice.event_id.as_str(), notice.kind.as_str()), ("evt_1", "intent.captured"));
    assert_eq!(notice.provider_ref.as_deref(), Some("pi_1"));
    assert_eq!(notice.digest.len(), 64);
}

#[tokio::test]
async fn a_message_is_good_for_five_minutes_either_way() {
    let header = format!("t=1700000000,v1={V1}");

    for (now, good) in [(300, true), (-300, true), (301, false), (-301, false)] {
        let verified = verify(&header, BODY.as_bytes(), 1_700_000_000 + now).await;
        let expected = if good { None } else { Some(NoticeError::OutsideTolerance) };
        assert_eq!(verified.err(), expected, "{now}");
    }
}

#[tokio::test]
async fn any_live_secret_may_have_signed() {
    let newer = sandbox::signature("whsec_new", 1_700_000_000, BODY.as_bytes());
    let other = sandbox::signature("whsec_other", 1_700_000_000, BODY.as_bytes());

    for (signatures, good) in [
        (format!("v1={newer}"), true),
        (format!("v1={other},v1={V1}"), true),
        (format!("v0=zz, v1={V1}"), true),
        (format!("v1={other}"), false),
    ] {
        let verified =
            verify(&format!("t=1700000000,{signatures}"), BODY.as_bytes(), 1_700_000_000).await;
        let expected = if good { None } else { Some(NoticeError::Forged) };
        assert_eq!(verified.err(), expected, "{signatures}");
    }
}

#[tokio::test]
async fn another_body_is_refused_even_if_it_means_the_same() {
    let header = format!("t=1700000000,v1={V1}");
    let value: Value = serde_json::from_str(BODY).unwrap();
    let again = serde_json::to_string_pretty(&value).unwrap();

    for body in [again.as_bytes(), b"", &BODY.as_bytes()[..BODY.len() - 1]] {
        assert_eq!(verify(&header, body, 1_700_000_000).await.err(), Some(NoticeError::Forged));
    }
    let moved = format!("t=1700000001,v1={V1}");
    let moved = verify(&moved, BODY.as_bytes(), 1_700_000_000).await;
    assert_eq!(moved.err(), Some(NoticeError::Forged), "the time is signed too");
}

#[tokio::test]
async fn a_header_that_says_nothing_is_malformed() {
    for header in ["", "t=1700000000", "v1=aa", "t=now,v1=aa", "t=1700000000,v1=zz", "garbage"] {
        let verified = verify(header, BODY.as_bytes(), 1_700_000_000).await;
        assert_eq!(verified.err(), Some(NoticeError::Malformed), "{header}");
    }
}

#[tokio::test]
async fn a_signed_body_that_is_no_event_is_unreadable() {
    for body in ["[]", "{", "{\"id\":7}"] {
        let v1 = sandbox::signature("whsec_new", 1_700_000_000, body.as_bytes());
        let verified =
            verify(&format!("t=1700000000,v1={v1}"), body.as_bytes(), 1_700_000_000).await;
        assert_eq!(verified.err(), Some(NoticeError::Unreadable), "{body}");
    }
}

#[tokio::test]
async fn two_megabytes_are_verified_like_any_other_body() {
    let padding = "x".repeat(2 * 1_024 * 1_024);
    let body = format!(r#"{{"id":"evt_2","type":"other","data":{{"padding":"{padding}"}}}}"#);
    let v1 = sandbox::signature("whsec_new", 1_700_000_000, body.as_bytes());
    let header = format!("t=1700000000,v1={v1}");

    let notice = verify(&header, body.as_bytes(), 1_700_000_000).await.unwrap();
    let forged = verify(&format!("t=1700000000,v1={V1}"), body.as_bytes(), 1_700_000_000).await;

    assert_eq!(notice.provider_ref, None);
    assert_eq!(forged.err(), Some(NoticeError::Forged));
}
