//! PayPal's signature vector, its certificates, and which order a message speaks of.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use commerce::{
    Money, Timestamp,
    payment::{DisputeNews, DisputeStands, Notice, NoticeError, PaymentGateway},
    testing::TestEnv,
};
use integrations::{
    gateways::paypal::{CertificateSettings, PayPalCheck, PayPalGateway, PayPalSettings, Roots},
    testing::{Fault, LocalServer, Reply},
};
use serde_json::json;

use super::{
    WEBHOOK_ID, World,
    authority::{Authority, Signer},
    settings,
};
use crate::common::{Always, headers, quick, text, vectors};

const URL: &str = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270";
const BODY: &str = r#"{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{"id":"2GG","supplementary_data":{"related_ids":{"order_id":"5O1"}}}}"#;
const OWNER: &str = "messageverificationcerts.paypal.com";

fn now() -> Timestamp {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

/// Gets its certificates from `host`, and trusts `roots`.
fn gateway(host: &LocalServer, roots: &str) -> PayPalGateway {
    let certificates = CertificateSettings {
        roots: Roots::trusting(roots),
        instead_of_hosts: Some(host.url.clone()),
        ..CertificateSettings::default()
    };
    let settings = PayPalSettings { certificates, ..settings("http://127.0.0.1:1", quick()) };
    PayPalGateway::new(settings, TestEnv::new().clock).unwrap()
}

async fn host(pem: &str) -> LocalServer {
    let reply = Reply { status: 200, headers: Vec::new(), body: pem.as_bytes().to_vec() };
    LocalServer::start(std::sync::Arc::new(Always(reply))).await
}

fn signed(signer: &Signer, webhook_id: &str, url: &str, body: &str) -> BTreeMap<String, String> {
    let crc = crc32fast::hash(body.as_bytes());
    let message = format!("t1|2026-05-01T12:00:00Z|{webhook_id}|{crc}");
    headers(&[
        ("paypal-transmission-id", "t1"),
        ("paypal-transmission-time", "2026-05-01T12:00:00Z"),
        ("paypal-transmission-sig", &STANDARD.encode(signer.sign(&message))),
        ("paypal-cert-url", url),
        ("paypal-auth-algo", "SHA256withRSA"),
    ])
}

async fn verified(
    gateway: &PayPalGateway,
    headers: &BTreeMap<String, String>,
) -> Result<Notice, NoticeError> {
    gateway.verify(headers, BODY.as_bytes(), now()).await
}

#[tokio::test]
async fn the_vector_is_accepted_and_a_changed_body_is_not() {
    let vectors = vectors();
    let field = |name: &str| text(&vectors, &format!("/paypal/{name}")).to_owned();
    let host = host(&field("cert_pem")).await;
    let gateway = gateway(&host, &field("cert_pem"));
    let headers = headers(&[
        ("paypal-transmission-id", &field("transmission_id")),
        ("paypal-transmission-time", &field("transmission_time")),
        ("paypal-transmission-sig", &field("transmission_sig")),
        ("paypal-cert-url", URL),
        ("paypal-auth-algo", "SHA256withRSA"),
    ]);
    let body = field("body");

    let notice = gateway.verify(&headers, body.as_bytes(), now()).await.unwrap();
    let changed = body.replace("23.98", "23.99");
    let changed = gateway.verify(&headers, changed.as_bytes(), now()).await;

    assert_eq!((&*notice.event_id, &*notice.kind), ("WH-1", "PAYMENT.CAPTURE.COMPLETED"));
    assert_eq!(notice.provider_ref.as_deref(), Some("5O190127TN364715T"));
    assert_eq!(crc32fast::hash(body.as_bytes()).to_string(), field("crc32_decimal"));
    assert_eq!(changed.err(), Some(NoticeError::Forged));
}

#[tokio::test]
async fn a_certified_message_is_read_and_its_certificate_is_got_once() {
    let authority = Authority::new();
    let signer = authority.certifies("x", &[OWNER]);
    let host = host(&signer.pem).await;
    let gateway = gateway(&host, &authority.pem);

    for _ in 0..3 {
        verified(&gateway, &signed(&signer, WEBHOOK_ID, URL, BODY)).await.unwrap();
    }
    verified(&gateway, &signed(&signer, "2AB", URL, BODY)).await.unwrap();

    assert_eq!(host.heard().len(), 1);
    let strange = verified(&gateway, &signed(&signer, "3CD", URL, BODY)).await;
    assert_eq!(strange.err(), Some(NoticeError::Forged), "meant for another webhook");
}

#[tokio::test]
async fn a_certificate_is_got_only_from_paypals_own_hosts() {
    let authority = Authority::new();
    let signer = authority.certifies("x", &[OWNER]);
    let host = host(&signer.pem).await;
    let gateway = gateway(&host, &authority.pem);

    for url in [
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "https://user@api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?x=1",
        "https://api.paypal.com/v1/notifications/certs/../../CERT-1",
        "https://api.paypal.com/v1/notifications/certs/CERT-1/../../../x",
        "https://api.paypal.com/v1/notifications/certs/",
        "https://169.254.169.254/v1/notifications/certs/CERT-1",
        "file:///etc/passwd",
        "",
    ] {
        let forged = verified(&gateway, &signed(&signer, WEBHOOK_ID, url, BODY)).await;
        assert!(
            matches!(forged, Err(NoticeError::Forged | NoticeError::Malformed)),
            "{url}: {forged:?}"
        );
    }
    assert!(host.heard().is_empty());
}

#[tokio::test]
async fn a_certificate_must_be_paypals_and_lead_to_a_root_and_be_good_now() {
    let (authority, other) = (Authority::new(), Authority::new());
    for (signer, when, good) in [
        (authority.certifies("x", &[OWNER]), "2026-05-01T12:00:00Z", true),
        (authority.certifies(OWNER, &[]), "2026-05-01T12:00:00Z", true),
        (authority.certifies(OWNER, &["evil.example"]), "2026-05-01T12:00:00Z", false),
        (authority.certifies("x", &["paypal.com.evil.example"]), "2026-05-01T12:00:00Z", false),
        (authority.certifies("x", &["notpaypal.com"]), "2026-05-01T12:00:00Z", false),
        (other.certifies("x", &[OWNER]), "2026-05-01T12:00:00Z", false),
        (authority.certifies("x", &[OWNER]), "2025-12-31T12:00:00Z", false),
        (authority.certifies("x", &[OWNER]), "2028-01-02T12:00:00Z", false),
    ] {
        let host = host(&signer.pem).await;
        let gateway = gateway(&host, &authority.pem);
        let headers = signed(&signer, WEBHOOK_ID, URL, BODY);

        let verified = gateway.verify(&headers, BODY.as_bytes(), when.parse().unwrap()).await;

        let expected = if good { None } else { Some(NoticeError::Forged) };
        assert_eq!(verified.err(), expected, "{when}");
    }
}

#[tokio::test]
async fn nothing_of_ours_leads_to_the_roots_of_digicert() {
    let authority = Authority::new();
    let signer = authority.certifies("x", &[OWNER]);
    let host = host(&signer.pem).await;
    let certificates = CertificateSettings {
        instead_of_hosts: Some(host.url.clone()),
        ..CertificateSettings::default()
    };
    let settings = PayPalSettings { certificates, ..settings("http://127.0.0.1:1", quick()) };
    let gateway = PayPalGateway::new(settings, TestEnv::new().clock).unwrap();

    let verified = verified(&gateway, &signed(&signer, WEBHOOK_ID, URL, BODY)).await;

    assert_eq!(verified.err(), Some(NoticeError::Forged));
}

#[tokio::test]
async fn a_certificate_that_cannot_be_had_just_now_is_no_forgery() {
    let authority = Authority::new();
    let signer = authority.certifies("x", &[OWNER]);
    let host = host(&signer.pem).await;
    let gateway = gateway(&host, &authority.pem);
    let headers = signed(&signer, WEBHOOK_ID, URL, BODY);

    host.next("1d93a270", Fault::Instead(Reply::empty(503)));
    let down = verified(&gateway, &headers).await;
    host.next("1d93a270", Fault::Instead(Reply::empty(404)));
    let unknown = verified(&gateway, &headers).await;

    assert_eq!(down.err(), Some(NoticeError::Unavailable));
    assert_eq!(unknown.err(), Some(NoticeError::Forged));
    verified(&gateway, &headers).await.unwrap();
}

#[tokio::test]
async fn a_header_that_says_nothing_is_malformed() {
    let authority = Authority::new();
    let signer = authority.certifies("x", &[OWNER]);
    let host = host(&signer.pem).await;
    let gateway = gateway(&host, &authority.pem);
    let good = signed(&signer, WEBHOOK_ID, URL, BODY);

    for (name, value) in [
        ("paypal-transmission-id", ""),
        ("paypal-transmission-sig", "%%%"),
        ("paypal-auth-algo", "none"),
        ("paypal-auth-algo", "SHA1withRSA"),
    ] {
        let mut headers = good.clone();
        headers.insert(name.to_owned(), value.to_owned());
        let verified = verified(&gateway, &headers).await;
        assert_eq!(verified.err(), Some(NoticeError::Malformed), "{name}: {value}");
    }
}

#[tokio::test]
async fn paypal_itself_may_be_asked_and_gets_the_body_as_it_came() {
    let world = World::with(|settings| PayPalSettings { check: PayPalCheck::Postback, ..settings });
    let world = world.await;
    let body = r#"{"id": "WH-2", "event_type":"X", "zeros":1.0, "empty":{}, "resource":{}}"#;
    let headers = world.fake.transmission(body.as_bytes());

    let genuine = world.gateway.verify(&headers, body.as_bytes(), now()).await;
    let forged = world.gateway.verify(&headers, BODY.as_bytes(), now()).await;
    let garbage = world.gateway.verify(&headers, b"garbage", now()).await;
    world
        .paypal
        .next("verify-webhook-signature", Fault::Instead(Reply::json(403, &json!({"name": "X"}))));
    let down = world.gateway.verify(&headers, body.as_bytes(), now()).await;

    assert_eq!(genuine.unwrap().event_id, "WH-2");
    assert_eq!(forged.err(), Some(NoticeError::Forged));
    assert_eq!(garbage.err(), Some(NoticeError::Unreadable));
    assert_eq!(down.err(), Some(NoticeError::Unavailable));
}

#[tokio::test]
async fn orders_captures_refunds_and_disputes_name_their_order() {
    let world = World::with(|settings| PayPalSettings { check: PayPalCheck::Postback, ..settings });
    let world = world.await;
    let up = "https://api.paypal.com/v2/payments/captures/2GG";
    for (kind, resource, named) in [
        ("CHECKOUT.ORDER.APPROVED", json!({"id": "5O1"}), Some("5O1")),
        ("PAYMENT.CAPTURE.PENDING", json!({"id": "2GG"}), Some("captures/2GG")),
        (
            "PAYMENT.CAPTURE.REFUNDED",
            json!({"id": "1JU", "links": [{"rel": "self", "href": "x"}, {"rel": "up", "href": up}]}),
            Some("captures/2GG"),
        ),
        (
            "CUSTOMER.DISPUTE.CREATED",
            json!({"disputed_transactions": [{"seller_transaction_id": "2GG"}]}),
            Some("captures/2GG"),
        ),
        ("BILLING.PLAN.CREATED", json!({"id": "P-1"}), None),
    ] {
        let body = json!({"id": "WH-3", "event_type": kind, "resource": resource}).to_string();
        let headers = world.fake.transmission(body.as_bytes());

        let notice = world.gateway.verify(&headers, body.as_bytes(), now()).await.unwrap();

        assert_eq!(notice.provider_ref.as_deref(), named, "{kind}");
    }
}

#[tokio::test]
async fn a_dispute_stands_as_its_outcome_says_and_stays_open_where_it_says_nothing() {
    let world = World::with(|settings| PayPalSettings { check: PayPalCheck::Postback, ..settings });
    let world = world.await;
    for (status, outcome, stands) in [
        ("OPEN", None, DisputeStands::Open),
        ("UNDER_REVIEW", None, DisputeStands::Open),
        ("RESOLVED", Some("RESOLVED_BUYER_FAVOUR"), DisputeStands::Lost),
        ("RESOLVED", Some("RESOLVED_SELLER_FAVOUR"), DisputeStands::Won),
        ("RESOLVED", Some("RESOLVED_WITH_PAYOUT"), DisputeStands::Won),
        ("RESOLVED", Some("CANCELED_BY_BUYER"), DisputeStands::Dropped),
        ("RESOLVED", Some("NONE"), DisputeStands::Open),
        ("RESOLVED", None, DisputeStands::Open),
    ] {
        let resource = json!({
            "dispute_id": "PP-D-1", "disputed_transactions": [{"seller_transaction_id": "2GG"}],
            "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED", "status": status,
            "dispute_amount": {"currency_code": "USD", "value": "5.00"},
            "dispute_outcome": outcome.map(|code| json!({"outcome_code": code})),
        });
        let event =
            json!({"id": "WH-4", "event_type": "CUSTOMER.DISPUTE.UPDATED", "resource": resource});
        let body = event.to_string();
        let headers = world.fake.transmission(body.as_bytes());

        let notice = world.gateway.verify(&headers, body.as_bytes(), now()).await.unwrap();

        let news = DisputeNews {
            provider_ref: "PP-D-1".into(),
            amount: Money::usd(5_00),
            reason: "MERCHANDISE_OR_SERVICE_NOT_RECEIVED".into(),
            stands,
        };
        assert_eq!(notice.dispute, Some(news), "{status} {outcome:?}");
    }
}
