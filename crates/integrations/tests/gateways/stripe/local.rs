//! Against localstripe, a process of its own, and every request checked by the types of Stripe's own library.
//!
//! `tests/bin/python-tools` installs both from `PyPI` under `target/`.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, OnceLock},
    time::Duration,
};

use commerce::{
    Money,
    payment::{GatewayError, Intent, IntentState, PaymentGateway, RefundState},
    testing::TestEnv,
};
use integrations::{
    gateways::stripe::StripeGateway,
    testing::{Fault, LocalServer, StripeFront, form_pairs},
};
use serde_json::json;

use super::gateway;
use crate::common::{hasty, new_intent, new_refund, quick, text};

const TOOLS: [&str; 3] = ["localstripe==1.15.10", "stripe==16.1.0", "pydantic==2.12.4"];

/// The folder with localstripe and a Python that knows Stripe's library.
fn tools() -> &'static Path {
    static TOOLS_AT: OnceLock<PathBuf> = OnceLock::new();
    TOOLS_AT.get_or_init(|| {
        let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let made =
            Command::new(house.join("tests/bin/python-tools")).arg("stripe").args(TOOLS).output();
        let made = made.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        PathBuf::from(String::from_utf8(made.stdout).unwrap().trim())
    })
}

struct World {
    process: Child,
    front: Arc<StripeFront>,
    stripe: LocalServer,
    env: TestEnv,
}

/// How long something may take to come true before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until there is something; fails with its name when there never is.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    found.await.unwrap_or_else(|_| panic!("waited in vain until {what}"))
}

impl World {
    async fn new() -> Self {
        let tools = tokio::task::spawn_blocking(tools).await.unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(tools.join("localstripe"))
            .args(["--from-scratch", "--port", &port.to_string()])
            .env("TMPDIR", tempfile::tempdir().unwrap().keep())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let localstripe = format!("http://127.0.0.1:{port}");
        until("localstripe answers", async || reqwest::get(&localstripe).await.ok()).await;
        let front = Arc::new(StripeFront::new(localstripe));
        let stripe = LocalServer::start(front.clone()).await;
        Self { process: process.unwrap(), front, stripe, env: TestEnv::new() }
    }

    fn gateway(&self) -> StripeGateway {
        gateway(&self.stripe.url, quick())
    }

    async fn opened(&self, minor: i64) -> Intent {
        let new = new_intent(&self.env, Money::usd(minor));
        self.gateway().create(&new).await.unwrap()
    }

    /// The customer fills in Stripe's form in a browser of their own.
    async fn pays(&self, provider_ref: &str, number: &str) {
        let method = self
            .front
            .beside(
                "POST",
                "/v1/payment_methods",
                &[
                    ("type", "card"),
                    ("card[number]", number),
                    ("card[exp_month]", "12"),
                    ("card[exp_year]", "2040"),
                    ("card[cvc]", "123"),
                ],
            )
            .await;
        let path = format!("/v1/payment_intents/{provider_ref}");
        let method = text(&method, "/id");
        self.front.beside("POST", &path, &[("payment_method", method)]).await;
        self.front.beside("POST", &format!("{path}/confirm"), &[]).await;
    }

    async fn captured(&self, minor: i64) -> Intent {
        let made = self.opened(minor).await;
        self.pays(&made.provider_ref, "4242424242424242").await;
        self.gateway().fetch(&made.provider_ref).await.unwrap()
    }

    /// Everything we sent is right by the types of Stripe's library.
    fn assert_well_formed(&self) {
        let requests: Vec<_> = self
            .stripe
            .heard()
            .iter()
            .map(|heard| {
                let query: Vec<_> = heard.query().into_iter().collect();
                let form = if heard.method == "GET" { query } else { form_pairs(&heard.body) };
                json!({"call": heard.call(), "form": form})
            })
            .collect();
        let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gateways/stripe/oracle.py");
        let mut oracle = Command::new(tools().join("python3"))
            .arg(oracle)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        oracle.stdin.take().unwrap().write_all(json!(requests).to_string().as_bytes()).unwrap();
        let output = oracle.wait_with_output().unwrap();
        assert!(output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_goes_its_whole_way_at_stripe() {
    let world = World::new().await;
    let gateway = world.gateway();
    let new = new_intent(&world.env, Money::usd(19_99));

    let made = gateway.create(&new).await.unwrap();
    let again = gateway.create(&new).await.unwrap();
    assert_eq!((made.state.clone(), &made), (IntentState::Pending, &again));
    assert_eq!(made.reference, new.payment.to_string());
    world.pays(&made.provider_ref, "4242424242424242").await;
    let paid = gateway.fetch(&made.provider_ref).await.unwrap();
    assert_eq!((paid.state, paid.captured), (IntentState::Captured, Money::usd(19_99)));

    let refund = new_refund(&world.env, &made.provider_ref, Money::usd(4_00));
    let first = gateway.refund(&refund).await.unwrap();
    let second = gateway.refund(&refund).await.unwrap();
    let too_much = new_refund(&world.env, &made.provider_ref, Money::usd(16_00));
    let too_much = gateway.refund(&too_much).await;
    assert_eq!((first.state, first.amount), (RefundState::Succeeded, Money::usd(4_00)));
    assert_eq!((&first.reference, &first), (&refund.refund.to_string(), &second));
    assert_eq!(too_much, Err(GatewayError::Refused { code: "charge_exceeds_source_limit".into() }));
    assert_eq!(gateway.fetch(&made.provider_ref).await.unwrap().refunds, [first]);
    world.assert_well_formed();
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_are_declined_ask_for_more_and_intents_are_cancelled() {
    let world = World::new().await;
    let gateway = world.gateway();

    let declined = world.opened(5_00).await.provider_ref;
    world.pays(&declined, "4000000000000341").await;
    let asked = world.opened(5_00).await.provider_ref;
    world.pays(&asked, "4000002760003184").await;
    let given_up = world.opened(5_00).await.provider_ref;
    let cancelled = gateway.cancel(&given_up).await.unwrap();
    let paid = world.captured(5_00).await.provider_ref;

    let declined = gateway.fetch(&declined).await.unwrap();
    assert_eq!(declined.state, IntentState::Pending, "another card may be tried");
    assert!(declined.action.is_some());
    assert_eq!(gateway.fetch(&asked).await.unwrap().state, IntentState::RequiresAction);
    assert_eq!(cancelled.state, IntentState::Cancelled);
    assert!(matches!(gateway.cancel(&paid).await, Err(GatewayError::Refused { .. })));
    assert_eq!(gateway.fetch("pi_none").await, Err(GatewayError::NotFound));
    world.assert_well_formed();
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_money_is_captured_once() {
    let world = World::new().await;
    let made = world
        .front
        .beside(
            "POST",
            "/v1/payment_intents",
            &[
                ("amount", "1500"),
                ("currency", "usd"),
                ("capture_method", "manual"),
                ("metadata[payment_id]", "pay_1"),
            ],
        )
        .await;
    let made = text(&made, "/id");
    world.pays(made, "4242424242424242").await;
    let gateway = world.gateway();
    assert_eq!(gateway.fetch(made).await.unwrap().state, IntentState::Approved);

    world.stripe.next("/capture", Fault::Cut);
    let captured = gateway.capture(made, Money::usd(15_00)).await.unwrap();

    assert_eq!((captured.state, captured.captured), (IntentState::Captured, Money::usd(15_00)));
    world.assert_well_formed();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_before_the_line_was_cut_is_done_once() {
    let world = World::new().await;
    let hasty = gateway(&world.stripe.url, hasty());
    let paid = world.captured(10_00).await.provider_ref;

    for fault in [Fault::Silence, Fault::Cut] {
        world.stripe.next("POST /v1/payment_intents", fault.clone());
        hasty.create(&new_intent(&world.env, Money::usd(7_00))).await.unwrap();
        world.stripe.next("POST /v1/refunds", fault);
        hasty.refund(&new_refund(&world.env, &paid, Money::usd(1_00))).await.unwrap();
    }
    let refund = new_refund(&world.env, &paid, Money::usd(2_00));
    world.stripe.next("POST /v1/refunds", Fault::Garbage);
    assert_eq!(hasty.refund(&refund).await, Err(GatewayError::Unknown));
    hasty.refund(&refund).await.unwrap();

    let intents = world.front.beside("GET", "/v1/payment_intents", &[]).await;
    let amounts = intents["data"].as_array().unwrap().iter().map(|made| made["amount"].as_i64());
    let mut counted = BTreeMap::new();
    amounts.for_each(|amount| *counted.entry(amount.unwrap()).or_insert(0) += 1);
    assert_eq!(counted, BTreeMap::from([(7_00, 2), (10_00, 1)]));
    let refunds = hasty.fetch(&paid).await.unwrap().refunds;
    assert_eq!(refunds.iter().map(|refund| refund.amount.minor).sum::<i64>(), 4_00);
    world.assert_well_formed();
}

#[tokio::test(flavor = "multi_thread")]
async fn its_messages_are_signed_as_stripes_are() {
    let world = World::new().await;
    let inbox = crate::common::always(200, json!({})).await;
    let hook = [("url", &*inbox.url), ("secret", super::WEBHOOK)];
    world.front.beside("POST", "/_config/webhooks/souk", &hook).await;

    let paid = world.captured(5_00).await;
    let message = until("localstripe tells of it", async || inbox.heard().pop()).await;

    let signed_at = message.header("stripe-signature")[2..].split(',').next().unwrap().parse();
    let now = crate::common::at(signed_at.unwrap());
    let notice = world.gateway().verify(&message.headers, &message.body, now).await.unwrap();
    assert_eq!(notice.kind, "payment_intent.succeeded");
    assert_eq!(notice.provider_ref, Some(paid.provider_ref));
}
