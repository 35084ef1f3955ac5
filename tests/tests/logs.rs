//! What a shop says of a whole purchase: one line a request, and no secret, ever.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Client, Engine, Policy, Shop,
    shop::{API_KEY, WEBHOOK_SECRET, until},
    trade::{DECLINED_CARD, GOOD_CARD, PASSWORD, address},
};

const EMAIL: &str = "nadia.new@example.com";
const WRONG: &str = "not-the-password-9";
const NEW: &str = "quite-another-password-7";
/// In `config/test.toml`.
const PEPPER: &str = "development-only-test-pepper-0123456789abcdef";
const JWT_SECRET: &str = "development-only-test-jwt-secret-0123456789";

/// Everything that must stay between the two who know it, by what it is.
#[derive(Default)]
struct Secrets(BTreeMap<String, String>);

impl Secrets {
    fn keep(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 8, "{what} is too short to look for: {secret:?}");
        self.0.insert(what.to_owned(), secret.to_owned());
    }

    fn tokens(&mut self, whose: &str, answer: &Value) {
        for token in ["access_token", "refresh_token"] {
            let secret = answer[token].as_str().unwrap();
            self.keep(&format!("{whose} {token}"), secret);
        }
    }

    fn assert_untold(&self, said: &str) {
        for (what, secret) in &self.0 {
            let at = said.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(at, None, "{what} was told");
        }
    }
}

/// The code in the newest mail to her that has this word in its subject.
async fn code_in_mail(shop: &Shop, subject: &str) -> String {
    let find = || {
        let mails = std::fs::read_dir(shop.mail_folder()).ok()?.flatten();
        let mut mails: Vec<_> = mails.map(|mail| mail.path()).collect();
        mails.sort();
        let texts = mails.iter().rev().filter_map(|mail| std::fs::read_to_string(mail).ok());
        let text = texts
            .filter(|text| text.contains(EMAIL))
            .map(|text| text.replace("=\r\n", "").replace("=3D", "="))
            .find(|text| text.contains(subject) && text.contains("token="))?;
        let (_, code) = text.split_once("token=")?;
        let end = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
        Some(code.split(end).next()?.to_owned())
    };
    until("the mail is there", || async { find().is_some() }).await;
    find().unwrap()
}

/// Registers, forgets her password, gets a new one, buys and pays; all her secrets.
async fn live_a_day(shop: &Shop) -> Secrets {
    let mut secrets = Secrets::default();
    let fixed = [
        ("the first password", PASSWORD),
        ("a wrong password", WRONG),
        ("the new password", NEW),
        ("the pepper", PEPPER),
        ("the JWT secret", JWT_SECRET),
        ("the webhook secret", WEBHOOK_SECRET),
        ("the gateway's key", API_KEY),
        ("the card", GOOD_CARD),
        ("the declined card", DECLINED_CARD),
    ];
    for (what, secret) in fixed {
        secrets.keep(what, secret);
    }
    let client = shop.client();
    let body = json!({"email": EMAIL, "name": "Nadia New", "password": PASSWORD});
    client.post("/v1/auth/register", body).await.expect(202);
    let verification = code_in_mail(shop, "verify").await;
    secrets.keep("the verification code", &verification);
    client.post("/v1/auth/email/verify", json!({"token": verification})).await.expect(204);

    let wrong = json!({"email": EMAIL, "password": WRONG});
    client.post("/v1/auth/login", wrong).await.expect(401);
    client.post("/v1/auth/password/forgot", json!({"email": EMAIL})).await.expect(202);
    let reset = code_in_mail(shop, "reset").await;
    secrets.keep("the reset code", &reset);
    let body = json!({"token": reset, "password": NEW});
    client.post("/v1/auth/password/reset", body.clone()).await.expect(204);
    client.post("/v1/auth/password/reset", body).await.expect(410);

    let tokens = json!({"email": EMAIL, "password": NEW});
    let tokens = client.post("/v1/auth/login", tokens).await.expect(200);
    secrets.tokens("the first", &tokens.body);
    let refresh = json!({"refresh_token": tokens.body["refresh_token"]});
    let tokens = client.post("/v1/auth/refresh", refresh).await.expect(200);
    secrets.tokens("the second", &tokens.body);
    let buyer = client.with_token(&tokens.text("access_token"));
    let bad = client.with_token(&format!("{}x", tokens.text("access_token")));
    bad.get("/v1/me").await.expect(401);

    shop_around(shop, &client, &buyer, &mut secrets).await;
    buyer.ask(Method::POST, "/v1/auth/logout", &[], None).await.expect(204);
    secrets
}

async fn shop_around(shop: &Shop, guest: &Client, buyer: &Client, secrets: &mut Secrets) {
    let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
    let cart = guest.put_in_cart(&tea, 2).await.expect(201);
    let cart_token = cart.header("x-cart-token").to_owned();
    secrets.keep("the cart's key", &cart_token);
    buyer.post("/v1/cart/merge", json!({"cart_token": cart_token})).await.expect(200);
    let order = buyer.check_out().await.expect(201).text("id");

    for (card, state) in [(DECLINED_CARD, "failed"), (GOOD_CARD, "captured")] {
        let payment = buyer.pay(&order).await.expect(201);
        let secret = payment.body["action"]["client_secret"].as_str().unwrap();
        secrets.keep(&format!("the client secret of what {state}"), secret);
        shop.confirm(&payment, card).await.expect(200);
        let path = format!("/v1/payments/{}", payment.text("id"));
        until(state, || async { buyer.get(&path).await.body["state"] == state }).await;
    }
    buyer.order_becomes(&order, "paid").await;
    buyer.post_fresh("/v1/checkout", address()).await;
}

fn lines(log: &str) -> Vec<Value> {
    let line = |line: &str| {
        serde_json::from_str(line).unwrap_or_else(|_| panic!("this is no JSON: {line}"))
    };
    log.lines().map(line).collect()
}

#[tokio::test]
async fn a_whole_purchase_tells_no_secret_to_the_log() {
    for engine in Engine::BOTH {
        let shop = Shop::open_listening(engine, "debug").await;
        let secrets = live_a_day(&shop).await;
        shop.settled().await;

        let log = shop.log();
        secrets.assert_untold(&log);
        let scheme = log.lines().find(|line| line.to_ascii_lowercase().contains("bearer ey"));
        assert_eq!(scheme, None, "a header was told");
        assert!(lines(&log).len() > 40, "there was something to look at:\n{log}");
        shop.close().await;
    }
}

#[tokio::test]
async fn each_request_has_one_line_with_its_name_and_nothing_after_the_question_mark() {
    let shop = Shop::open_listening(Engine::Sqlite, "info").await;
    let client = shop.client();
    let asked = [
        ("request-list-01", "/v1/products?q=tea&cursor=secret-cursor", 422),
        ("request-show-02", "/v1/products/linen-shirt", 200),
        ("request-none-03", "/v1/nowhere?token=secret-token", 404),
        ("request-mine-04", "/v1/me", 401),
        ("request-live-05", "/healthz", 200),
    ];

    for (id, path, status) in asked {
        let headers = [("x-request-id", id)];
        client.ask(Method::GET, path, &headers, None).await.expect(status);
    }

    let log = shop.log();
    let access: Vec<Value> =
        lines(&log).into_iter().filter(|line| line["target"] == "access").collect();
    for (id, path, status) in asked {
        let of: Vec<_> = access.iter().filter(|line| line["id"] == id).collect();
        assert_eq!(of.len(), 1, "{id}: {of:?}");
        let line = of[0];
        assert_eq!((&line["method"], &line["status"]), (&"GET".into(), &status.into()), "{line}");
        assert_eq!(line["path"], path.split('?').next().unwrap(), "{line}");
        assert_eq!(line["address"], "127.0.0.1", "{line}");
        assert!(line["took_us"].is_u64() && line["timestamp"].is_string(), "{line}");
    }
    assert!(!log.contains("secret-"), "what follows the question mark was told");
    shop.close().await;
}
