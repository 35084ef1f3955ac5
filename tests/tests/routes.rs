//! Who may do what: every route, for everyone; what belongs to others is not there, and a token is worth what it says.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Client, Document, Engine, Operation, Policy, Shop, trade::PASSWORD};

/// Who may use a route; whoever is not named is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// Open to anyone, signed in or not.
    Open,
    Signed,
    /// Sellers and operators.
    Keepers,
    Operators,
}

use Door::{Keepers, Open, Operators, Signed};

/// Every route has its row; a new one gets it here first.
const DOORS: &[(&str, Door)] = &[
    ("GET /v1/audit", Operators),
    ("POST /v1/auth/email/resend", Open),
    ("POST /v1/auth/email/verify", Open),
    ("POST /v1/auth/login", Open),
    ("POST /v1/auth/logout", Signed),
    ("POST /v1/auth/logout-all", Signed),
    ("POST /v1/auth/password/change", Signed),
    ("POST /v1/auth/password/forgot", Open),
    ("POST /v1/auth/password/reset", Open),
    ("POST /v1/auth/refresh", Open),
    ("POST /v1/auth/register", Open),
    ("GET /v1/cart", Open),
    ("DELETE /v1/cart", Open),
    ("PUT /v1/cart/coupon", Open),
    ("DELETE /v1/cart/coupon", Open),
    ("PUT /v1/cart/destination", Open),
    ("POST /v1/cart/items", Open),
    ("PATCH /v1/cart/items/{id}", Open),
    ("DELETE /v1/cart/items/{id}", Open),
    ("POST /v1/cart/merge", Signed),
    ("POST /v1/cart/prices:accept", Open),
    ("GET /v1/categories", Open),
    ("POST /v1/categories", Keepers),
    ("GET /v1/categories/{id}", Open),
    ("PATCH /v1/categories/{id}", Keepers),
    ("DELETE /v1/categories/{id}", Keepers),
    ("POST /v1/checkout", Signed),
    ("GET /v1/coupons", Keepers),
    ("POST /v1/coupons", Keepers),
    ("GET /v1/coupons/{id}", Keepers),
    ("DELETE /v1/coupons/{id}", Keepers),
    ("GET /v1/events", Signed),
    ("GET /v1/events/dead-letters", Operators),
    ("POST /v1/events/dead-letters/{id}/replay", Operators),
    ("GET /v1/keeper/products", Keepers),
    ("GET /v1/ledger/accounts", Operators),
    ("GET /v1/ledger/accounts/{code}/entries", Operators),
    ("GET /v1/ledger/reconciliation", Operators),
    ("GET /v1/ledger/reconciliation/lines", Operators),
    ("GET /v1/ledger/trial-balance", Operators),
    ("GET /v1/market/commission-rules", Operators),
    ("POST /v1/market/commission-rules", Operators),
    ("DELETE /v1/market/commission-rules/{id}", Operators),
    ("GET /v1/market/commission-rules/{id}", Operators),
    ("PATCH /v1/market/commission-rules/{id}", Operators),
    ("GET /v1/market/payouts", Signed),
    ("POST /v1/market/payouts", Operators),
    ("GET /v1/market/payouts/{id}", Signed),
    ("POST /v1/market/payouts/{id}/report", Operators),
    ("GET /v1/market/seller", Signed),
    ("GET /v1/market/sellers", Operators),
    ("POST /v1/market/sellers", Signed),
    ("GET /v1/market/sellers/{id}", Signed),
    ("PATCH /v1/market/sellers/{id}", Signed),
    ("POST /v1/market/sellers/{id}/approve", Operators),
    ("GET /v1/market/sellers/{id}/balances", Signed),
    ("POST /v1/market/sellers/{id}/join", Signed),
    ("GET /v1/market/sellers/{id}/profile", Open),
    ("POST /v1/market/sellers/{id}/reinstate", Operators),
    ("POST /v1/market/sellers/{id}/reject", Operators),
    ("GET /v1/market/sellers/{id}/sales", Signed),
    ("GET /v1/market/sellers/{id}/statement", Signed),
    ("POST /v1/market/sellers/{id}/suspend", Operators),
    ("DELETE /v1/market/sellers/{id}/team/{user}", Signed),
    ("PUT /v1/market/sellers/{id}/team/{user}", Signed),
    ("GET /v1/me", Signed),
    ("PATCH /v1/me", Signed),
    ("GET /v1/me/sessions", Signed),
    ("DELETE /v1/me/sessions/{id}", Signed),
    ("GET /v1/me/wallet", Signed),
    ("GET /v1/me/wallet/entries", Signed),
    ("POST /v1/me/wallet/top-ups", Signed),
    ("GET /v1/media/files/{image}/{variant}", Open),
    ("GET /v1/media/images", Signed),
    ("POST /v1/media/images", Signed),
    ("GET /v1/media/images/{id}", Signed),
    ("DELETE /v1/media/images/{id}", Signed),
    ("POST /v1/media/images/{id}/links", Signed),
    ("POST /v1/media/images/{id}/replacements", Signed),
    ("GET /v1/orders", Signed),
    ("GET /v1/orders/{id}", Signed),
    ("POST /v1/orders/{id}/cancellation-requests", Signed),
    ("POST /v1/orders/{id}/cancellation-requests/decision", Operators),
    ("GET /v1/orders/{id}/invoices", Signed),
    ("GET /v1/orders/{id}/invoices/{paper}", Signed),
    ("GET /v1/orders/{id}/receipt", Signed),
    ("GET /v1/payments", Signed),
    ("POST /v1/payments", Signed),
    ("GET /v1/payments/{id}", Signed),
    ("POST /v1/payments/{id}/disputes", Operators),
    ("POST /v1/payments/{id}/disputes/{dispute}/decision", Operators),
    ("POST /v1/payments/{id}/return", Signed),
    ("GET /v1/products", Open),
    ("POST /v1/products", Keepers),
    ("GET /v1/products/{id}", Open),
    ("PATCH /v1/products/{id}", Keepers),
    ("POST /v1/products/{id}/archive", Keepers),
    ("POST /v1/products/{id}/images", Keepers),
    ("DELETE /v1/products/{id}/images/{image}", Keepers),
    ("POST /v1/products/{id}/publish", Keepers),
    ("GET /v1/products/{id}/stock", Keepers),
    ("POST /v1/products/{id}/stock", Keepers),
    ("POST /v1/products/{id}/variants", Keepers),
    ("PATCH /v1/products/{id}/variants/{variant}", Keepers),
    ("DELETE /v1/products/{id}/variants/{variant}", Keepers),
    ("GET /v1/refunds", Signed),
    ("POST /v1/refunds", Keepers),
    ("GET /v1/rent/bookings", Signed),
    ("POST /v1/rent/bookings", Signed),
    ("GET /v1/rent/bookings/{id}", Signed),
    ("POST /v1/rent/bookings/{id}/answer", Signed),
    ("POST /v1/rent/bookings/{id}/cancel", Signed),
    ("POST /v1/rent/bookings/{id}/charges", Signed),
    ("POST /v1/rent/bookings/{id}/complete", Signed),
    ("POST /v1/rent/bookings/{id}/hand-over", Signed),
    ("POST /v1/rent/bookings/{id}/photos/{picture}/links", Signed),
    ("POST /v1/rent/bookings/{id}/reviews", Signed),
    ("POST /v1/rent/bookings/{id}/take-back", Signed),
    ("GET /v1/rent/reviews", Signed),
    ("GET /v1/rent/shops", Keepers),
    ("POST /v1/rent/shops", Keepers),
    ("GET /v1/rent/shops/{id}", Open),
    ("PATCH /v1/rent/shops/{id}", Keepers),
    ("GET /v1/rent/shops/{id}/bookings", Keepers),
    ("GET /v1/rent/shops/{id}/vehicles", Keepers),
    ("GET /v1/rent/travellers/{id}/reviews", Keepers),
    ("GET /v1/rent/vehicles", Open),
    ("POST /v1/rent/vehicles/bikes", Keepers),
    ("POST /v1/rent/vehicles/cars", Keepers),
    ("POST /v1/rent/vehicles/scooters", Keepers),
    ("GET /v1/rent/vehicles/{id}", Open),
    ("PATCH /v1/rent/vehicles/{id}", Keepers),
    ("GET /v1/rent/vehicles/{id}/availability", Open),
    ("PUT /v1/rent/vehicles/{id}/bike", Keepers),
    ("PUT /v1/rent/vehicles/{id}/car", Keepers),
    ("POST /v1/rent/vehicles/{id}/images", Keepers),
    ("DELETE /v1/rent/vehicles/{id}/images/{image}", Keepers),
    ("POST /v1/rent/vehicles/{id}/pause", Keepers),
    ("POST /v1/rent/vehicles/{id}/publish", Keepers),
    ("POST /v1/rent/vehicles/{id}/quote", Open),
    ("POST /v1/rent/vehicles/{id}/retire", Keepers),
    ("GET /v1/rent/vehicles/{id}/reviews", Open),
    ("PUT /v1/rent/vehicles/{id}/scooter", Keepers),
    ("POST /v1/rent/vehicles/{id}/units", Keepers),
    ("PATCH /v1/rent/vehicles/{id}/units/{unit}", Keepers),
    ("GET /v1/users", Operators),
    ("GET /v1/users/{id}", Operators),
    ("POST /v1/users/{id}/disable", Operators),
    ("POST /v1/users/{id}/enable", Operators),
    ("PUT /v1/users/{id}/role", Operators),
    ("GET /v1/users/{id}/wallet", Signed),
    ("GET /v1/users/{id}/wallet/entries", Signed),
    ("POST /v1/webhooks/{provider}", Open),
];

/// Whom a route lets in, of nobody, a customer, a seller and an operator.
fn lets_in(door: Door) -> [bool; 4] {
    match door {
        Open => [true; 4],
        Signed => [false, true, true, true],
        Keepers => [false, false, true, true],
        Operators => [false, false, false, true],
    }
}

const ROLES: [&str; 4] = ["nobody", "customer", "seller", "operator"];

fn insist(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n  {}", broken.join("\n  "));
}

#[tokio::test]
async fn every_route_is_in_the_matrix_and_says_in_the_document_who_may_use_it() {
    let document = Document::read().await;
    let operations = document.operations();
    let mut broken = Vec::new();

    for operation in &operations {
        let name = operation.name();
        match DOORS.iter().find(|(route, _)| *route == name) {
            None => broken.push(format!("{name} has no row in DOORS: say who may use it")),
            Some((_, door)) => {
                let needs_token = operation.told["security"] == json!([{"bearer": []}]);
                if needs_token != (*door != Open) {
                    broken.push(format!(
                        "{name} is {door:?}; its security is {}",
                        operation.told["security"]
                    ));
                }
            }
        }
    }
    for (route, _) in DOORS {
        if !operations.iter().any(|operation| operation.name() == *route) {
            broken.push(format!("{route} is in DOORS and nowhere else"));
        }
    }

    insist("Nothing is open that was not meant to be:", &broken);
}

#[tokio::test]
async fn every_route_lets_in_whom_it_should_and_nobody_else() {
    let shop = Shop::open(Engine::Sqlite).await;
    let document = Document::served(&shop.client()).await;
    let mut broken = Vec::new();

    for operation in document.operations() {
        let name = operation.name();
        let (_, door) = DOORS.iter().find(|(route, _)| *route == name).unwrap();
        for (role, let_in) in ROLES.iter().zip(lets_in(*door)) {
            // A new session for each, since some routes end it.
            let who = match *role {
                "nobody" => shop.client(),
                role => shop.sign_in(&format!("{role}@example.com"), PASSWORD).await,
            };
            let answer = knock(&who, &operation).await;
            let refused = matches!(answer.status, 401 | 403);
            let right = match (let_in, *role) {
                (true, _) => !refused && answer.status < 500,
                (false, "nobody") => answer.status == 401 && answer.is_problem(),
                (false, _) => answer.status == 403 && answer.is_problem(),
            };
            if !right {
                let code = answer.code();
                broken.push(format!("{name} ({door:?}) answers {role} {} {code}", answer.status));
            }
        }
    }

    insist("A route is as open as its row says, whatever else is wrong with the request:", &broken);
    shop.close().await;
}

/// A request in which everything but the caller is wrong, so that nothing comes of it.
async fn knock(who: &Client, operation: &Operation) -> Answer {
    let key = uuid::Uuid::new_v4().to_string();
    let headers = [("if-match", "\"1\""), ("idempotency-key", key.as_str())];
    let body = operation.body().map(|_| json!({"unheard_of": true}));
    who.ask(operation.method.clone(), &operation.path_to_nothing(), &headers, body).await
}

/// Someone with an order that is paid, one that waits, and something in the cart.
struct Ann {
    client: Client,
    session: String,
    paid: Answer,
    waiting: String,
    item: String,
    etag: String,
    cart_token: String,
}

impl Ann {
    async fn of(shop: &Shop) -> Self {
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 9).await;
        let client = shop.new_customer().await;
        let sessions = client.get("/v1/me/sessions").await.expect(200);
        let session = sessions.body["data"][0]["id"].as_str().unwrap().to_owned();
        let paid = shop.buy(&client, &tea, 1).await;
        let waiting = client.order(&tea, 1).await.expect(201).text("id");
        let cart = client.put_in_cart(&tea, 1).await.expect(201);
        let item = cart.body["items"][0]["id"].as_str().unwrap().to_owned();
        let guest = shop.client().put_in_cart(&tea, 1).await.expect(201);
        let cart_token = guest.header("x-cart-token").to_owned();
        let etag = cart.header("etag").to_owned();
        Self { client, session, paid, waiting, item, etag, cart_token }
    }

    fn payment(&self) -> String {
        self.paid.text("payment")
    }
}

#[tokio::test]
async fn what_belongs_to_others_is_not_there() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let ann = Ann::of(&shop).await;
        let (order, payment) = (ann.paid.text("id"), ann.payment());
        let buyer = ann.paid.text("buyer");
        let get = |path: String| (Method::GET, path, None);
        let wish = json!({"reason": "mine, I say"});
        let pay = json!({"order": ann.waiting, "provider": "sandbox"});
        let asked: Vec<(Method, String, Option<Value>)> = vec![
            get(format!("/v1/orders/{order}")),
            get(format!("/v1/orders/{}", ann.waiting)),
            get(format!("/v1/payments/{payment}")),
            get(format!("/v1/refunds?payment={payment}")),
            get(format!("/v1/users/{buyer}/wallet")),
            get(format!("/v1/users/{buyer}/wallet/entries")),
            (Method::POST, format!("/v1/orders/{order}/cancellation-requests"), Some(wish)),
            (Method::POST, "/v1/payments".to_owned(), Some(pay)),
            (Method::DELETE, format!("/v1/me/sessions/{}", ann.session), None),
            (Method::PATCH, format!("/v1/cart/items/{}", ann.item), Some(json!({"quantity": 2}))),
            (Method::DELETE, format!("/v1/cart/items/{}", ann.item), None),
        ];

        // A seller of the shop is a stranger to Ann's purchases, too.
        for stranger in [shop.new_customer().await, shop.seller().await] {
            for (method, path, body) in &asked {
                let key = uuid::Uuid::new_v4().to_string();
                let headers = [("if-match", ann.etag.as_str()), ("idempotency-key", &key)];
                let answer = stranger.ask(method.clone(), path, &headers, body.clone()).await;
                assert!(answer.is_problem(), "{method} {path}: {}", answer.body);
                assert_eq!(answer.status, 404, "{method} {path}: {}", answer.body);

                // Nor can it be told from what was never there.
                let nowhere = elsewhere(path);
                let body = body
                    .as_ref()
                    .map(|body| serde_json::from_str(&elsewhere(&body.to_string())).unwrap());
                let key = uuid::Uuid::new_v4().to_string();
                let headers = [("if-match", ann.etag.as_str()), ("idempotency-key", &key)];
                let missing = stranger.ask(method.clone(), &nowhere, &headers, body).await;
                assert_eq!(missing.code(), answer.code(), "{method} {path}");
                assert_eq!(missing.body["detail"], answer.body["detail"], "{method} {path}");
            }
        }
        nothing_was_done(&shop, &ann).await;
        shop.close().await;
    }
}

/// The same with every id another one.
fn elsewhere(text: &str) -> String {
    let mut changed = text.to_owned();
    for (at, _) in text.match_indices('_') {
        let id = text.get(at + 1..at + 33).unwrap_or_default();
        if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            changed = changed.replace(id, &uuid::Uuid::now_v7().simple().to_string());
        }
    }
    changed
}

async fn nothing_was_done(shop: &Shop, ann: &Ann) {
    ann.client.get("/v1/me").await.expect(200);
    let order = ann.client.get(&format!("/v1/orders/{}", ann.paid.text("id"))).await.expect(200);
    assert_eq!(order.body["cancellation_request"], Value::Null);
    let cart = ann.client.get("/v1/cart").await.expect(200);
    assert_eq!(cart.body["items"][0]["quantity"], 1);
    let guest = shop.client();
    let headers = [("x-cart-token", ann.cart_token.as_str())];
    let cart = guest.ask(Method::GET, "/v1/cart", &headers, None).await.expect(200);
    assert_eq!(cart.body["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_list_shows_what_is_ones_own_whatever_is_asked_for() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let ann = Ann::of(&shop).await;
        let buyer = ann.paid.text("buyer");
        let lists = [
            "/v1/orders".to_owned(),
            format!("/v1/orders?buyer={buyer}"),
            "/v1/payments".to_owned(),
            format!("/v1/payments?order={}", ann.paid.text("id")),
            "/v1/events".to_owned(),
        ];
        shop.settled().await;
        for list in &lists {
            let own = ann.client.get(list).await.expect(200);
            assert_ne!(own.body["data"].as_array().map(Vec::len), Some(0), "{list}");
        }

        for stranger in [shop.new_customer().await, shop.seller().await] {
            for list in &lists {
                let answer = stranger.get(list).await;
                let shown = answer.body["data"].as_array().map_or(0, Vec::len);
                assert!(answer.status == 200 || answer.is_problem(), "{list}: {}", answer.body);
                assert_eq!(shown, 0, "{list} shows a stranger {}", answer.body);
            }
        }
        shop.close().await;
    }
}

#[tokio::test]
async fn a_guests_cart_opens_to_its_token_alone() {
    let shop = Shop::open(Engine::Sqlite).await;
    let ann = Ann::of(&shop).await;
    let mut other = ann.cart_token.clone();
    let last = if other.pop() == Some('A') { 'B' } else { 'A' };
    other.push(last);

    for token in [other.as_str(), "x", "", "crt_0"] {
        let headers = [("x-cart-token", token)];
        let answer = shop.client().ask(Method::GET, "/v1/cart", &headers, None).await;
        let empty = answer.status == 200 && answer.body["items"] == json!([]);
        assert!(
            empty || (answer.status < 500 && answer.is_problem()),
            "{token:?}: {}",
            answer.body
        );
    }
    shop.close().await;
}

#[tokio::test]
async fn a_draft_is_seen_by_those_who_keep_the_shop() {
    let shop = Shop::open(Engine::Sqlite).await;
    let body = json!({"title": "Not yet", "variants": []});
    let draft = shop.seller().await.post("/v1/products", body).await.expect(201);
    let path = format!("/v1/products/{}", draft.text("id"));

    shop.seller().await.get(&path).await.expect(200);
    for stranger in [shop.client(), shop.customer().await] {
        assert!(stranger.get(&path).await.expect(404).is_problem());
    }
    shop.close().await;
}

/// The key of `config/test.toml`.
const SECRET: &str = "development-only-test-jwt-secret-0123456789";
const KID: &str = "test";
/// Of an access token (RFC 9068).
const TYPE: &str = "at+jwt";

/// The claims of a token.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

fn header(algorithm: Algorithm, kid: Option<&str>) -> Header {
    let typ = Some(TYPE.to_owned());
    Header { typ, kid: kid.map(ToOwned::to_owned), ..Header::new(algorithm) }
}

fn sign(claims: &Value, header: &Header, secret: &str) -> String {
    encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn unsigned(claims: &Value, algorithm: &str) -> String {
    let header = json!({"alg": algorithm, "typ": TYPE, "kid": KID}).to_string();
    format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

#[tokio::test]
async fn a_forged_token_opens_nothing() {
    let shop = Shop::open(Engine::Sqlite).await;
    let client = shop.new_customer().await;
    let token = client.token.clone().unwrap();
    let claims = claims(&token);
    let ours = header(Algorithm::HS256, Some(KID));
    let right = sign(&claims, &ours, SECRET);
    // Else everything below would be refused for another reason than the one it is about.
    client.with_token(&right).get("/v1/me").await.expect(200);

    let (head, signature) = (token.split('.').next().unwrap(), token.rsplit('.').next().unwrap());
    let promoted = with(&claims, "role", json!("operator")).to_string();
    let another = uuid::Uuid::now_v7().to_string();
    let forged = [
        ("another secret", sign(&claims, &ours, "development-only-test-jwt-secret-987654321")),
        ("another kid", sign(&claims, &header(Algorithm::HS256, Some("other")), SECRET)),
        ("no kid", sign(&claims, &header(Algorithm::HS256, None), SECRET)),
        ("another algorithm", sign(&claims, &header(Algorithm::HS512, Some(KID)), SECRET)),
        (
            "another type",
            sign(&claims, &Header { typ: Some("JWT".into()), ..ours.clone() }, SECRET),
        ),
        ("alg none", unsigned(&claims, "none")),
        ("alg None", unsigned(&claims, "None")),
        ("no signature", unsigned(&claims, "HS256")),
        ("changed claims", format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(promoted))),
        ("another audience", sign(&with(&claims, "aud", json!("others")), &ours, SECRET)),
        ("another issuer", sign(&with(&claims, "iss", json!("others")), &ours, SECRET)),
        ("out of time", sign(&with(&claims, "exp", json!(1_700_000_000)), &ours, SECRET)),
        ("no such session", sign(&with(&claims, "sid", json!(another)), &ours, SECRET)),
        ("no claims", sign(&json!({}), &ours, SECRET)),
        ("no token", "x".to_owned()),
        ("dots", "..".to_owned()),
        ("nothing", String::new()),
    ];
    for (what, token) in forged {
        let refused = client.with_token(&token).get("/v1/me").await;
        assert_eq!(refused.status, 401, "{what}: {}", refused.body);
        assert!(refused.is_problem(), "{what}: {}", refused.body);
        // A bad token is no better than none where none is needed.
        let refused = client.with_token(&token).get("/v1/cart").await;
        assert_eq!(refused.status, 401, "{what} at an open door: {}", refused.body);
    }
    for scheme in ["Basic YTpi", "Bearer", "bearer", "Token x", "Bearer a b"] {
        let headers = [("authorization", scheme)];
        shop.client().ask(Method::GET, "/v1/me", &headers, None).await.expect(401);
    }
    shop.close().await;
}

#[tokio::test]
async fn a_session_that_ended_opens_nothing_any_more() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let ends = [("/v1/auth/logout", None), ("/v1/auth/logout-all", None)];
        for (path, body) in ends {
            let client = shop.new_customer().await;
            client.get("/v1/me").await.expect(200);
            client.ask(Method::POST, path, &[], body).await.expect(204);
            assert!(client.get("/v1/me").await.expect(401).is_problem(), "{path}");
            assert_eq!(client.get("/v1/orders").await.status, 401, "{path}");
        }
        shop.close().await;
    }
}

#[tokio::test]
async fn what_an_account_loses_it_loses_at_once() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let operator = shop.operator().await;
        let client = shop.new_customer().await;
        let me = client.get("/v1/me").await.expect(200);
        let user = format!("/v1/users/{}", me.text("id"));
        let email = me.text("email");

        // Made a seller and unmade again: a token is worth what its bearer is now.
        operator
            .ask(Method::PUT, &format!("{user}/role"), &[], Some(json!({"role": "seller"})))
            .await
            .expect(200);
        let seller = shop.sign_in(&email, PASSWORD).await;
        seller.get("/v1/keeper/products").await.expect(200);
        operator
            .ask(Method::PUT, &format!("{user}/role"), &[], Some(json!({"role": "customer"})))
            .await
            .expect(200);
        let refused = seller.get("/v1/keeper/products").await.status;
        assert!(matches!(refused, 401 | 403), "{refused}");

        // A changed password ends the sessions elsewhere, and the refresh token of old.
        let [here, there] =
            [shop.sign_in(&email, PASSWORD).await, shop.sign_in(&email, PASSWORD).await];
        let body = json!({"current_password": PASSWORD, "new_password": "open-sesame-1002"});
        here.post("/v1/auth/password/change", body).await.expect(204);
        there.get("/v1/me").await.expect(401);

        // A disabled account has nothing left.
        let last = shop.sign_in(&email, "open-sesame-1002").await;
        last.get("/v1/me").await.expect(200);
        operator.ask(Method::POST, &format!("{user}/disable"), &[], None).await.expect(200);
        last.get("/v1/me").await.expect(401);
        let body = json!({"email": email, "password": "open-sesame-1002"});
        let refused = shop.client().post("/v1/auth/login", body).await;
        assert!(matches!(refused.status, 401 | 403) && refused.is_problem(), "{}", refused.body);
        shop.close().await;
    }
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token_and_the_other_way_round() {
    let shop = Shop::open(Engine::Sqlite).await;
    let body = json!({"email": "customer@example.com", "password": PASSWORD});
    let tokens = shop.client().post("/v1/auth/login", body).await.expect(200);

    let wrong = shop.client().with_token(&tokens.text("refresh_token"));
    wrong.get("/v1/me").await.expect(401);
    let body = json!({"refresh_token": tokens.text("access_token")});
    let refused = shop.client().post("/v1/auth/refresh", body).await;
    assert!(matches!(refused.status, 401 | 422) && refused.is_problem(), "{}", refused.body);
    let body = json!({"refresh_token": tokens.text("refresh_token")});
    shop.client().post("/v1/auth/refresh", body).await.expect(200);
    shop.close().await;
}
