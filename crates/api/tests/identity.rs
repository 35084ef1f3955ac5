//! Status, code and shape of every endpoint of identity, over memory.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its world should stop"
)]

use std::{
    collections::BTreeSet,
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{
    App,
    body::{BoxBody, to_bytes},
    dev::{Service, ServiceResponse},
    http::{Method, header::HeaderMap},
    middleware::from_fn,
    test::{TestRequest, init_service},
    web::Data,
};
use api::{
    Draining, Metrics,
    edge::watch,
    identity::{AfterSignIn, LeftBehind},
};
use async_trait::async_trait;
use chrono::TimeDelta;
use commerce::{Authenticator, Role, UserId};
use identity::testing::{PASSWORD, World};
use paperclip::actix::OpenApiExt;
use serde_json::{Value, json};

/// What came back.
struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    fn pointers(&self) -> BTreeSet<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors.filter_map(|error| error["pointer"].as_str()).collect()
    }

    fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap().to_owned()
    }

    fn keys(&self) -> Vec<&str> {
        self.body.as_object().unwrap().keys().map(String::as_str).collect()
    }
}

type Answering = Pin<Box<dyn Future<Output = Reply>>>;

/// The way in.
struct Door(Box<dyn Fn(TestRequest) -> Answering>);

/// Who signed in with which guest's token. One token is refused.
#[derive(Clone, Default)]
struct Followers(Arc<Mutex<Vec<(UserId, String)>>>);

#[async_trait]
impl AfterSignIn for Followers {
    async fn bring_along(&self, user: UserId, guest: &str) -> Result<(), LeftBehind> {
        if guest == "lost" {
            return Err("it is nowhere".into());
        }
        self.0.lock().unwrap().push((user, guest.to_owned()));
        Ok(())
    }
}

async fn door(world: &World) -> Door {
    door_followed_by(world, Followers::default()).await
}

/// The shell around identity, without a socket.
async fn door_followed_by(world: &World, followers: Followers) -> Door {
    let doorkeeper: Arc<dyn Authenticator> = Arc::new(world.identity.clone());
    let watching = watch::Watch {
        env: world.test.env(),
        trusted_proxies: Arc::from([]),
        metrics: Metrics::new(None).unwrap(),
        draining: Draining::default(),
        request_timeout: Duration::from_secs(10),
    };
    let mount = api::identity::routes(world.identity.clone(), Arc::new(followers));
    let app = App::new()
        .wrap(from_fn(watch::watch))
        .app_data(Data::new(watching))
        .app_data(Data::<dyn Authenticator>::from(doorkeeper))
        .wrap_api()
        .configure(|config| mount(config))
        .build();
    let app = Rc::new(init_service(app).await);
    Door(Box::new(move |request| {
        let app = app.clone();
        Box::pin(async move { read(app.call(request.to_request()).await.unwrap()).await })
    }))
}

async fn read(response: ServiceResponse<BoxBody>) -> Reply {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = to_bytes(response.into_body()).await.unwrap();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Reply { status, headers, body }
}

async fn send(door: &Door, request: TestRequest) -> Reply {
    door.0(request.peer_addr("192.0.2.1:4711".parse().unwrap())).await
}

async fn post(door: &Door, path: &str, body: Value) -> Reply {
    send(door, TestRequest::post().uri(path).set_json(body)).await
}

async fn with_token(
    door: &Door,
    token: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Reply {
    let request = TestRequest::default().method(method).uri(path);
    let request = request.insert_header(("authorization", format!("Bearer {token}")));
    let request = match body {
        Some(body) => request.set_json(body),
        None => request,
    };
    send(door, request).await
}

async fn log_in(door: &Door, email: &str) -> Reply {
    let credentials = json!({ "email": email, "password": PASSWORD });
    post(door, "/v1/auth/login", credentials).await
}

#[actix_web::test]
async fn a_person_registers_verifies_signs_in_refreshes_and_leaves() {
    let world = World::default();
    let door = door(&world).await;
    let registration = json!({ "email": "ada@example.org", "name": "Ada", "password": PASSWORD });

    let registered = post(&door, "/v1/auth/register", registration).await;
    assert_eq!((registered.status, registered.keys()), (202, vec!["detail"]));
    world.deliver().await;
    let verification = json!({ "token": world.mailed_token() });
    assert_eq!(post(&door, "/v1/auth/email/verify", verification.clone()).await.status, 204);
    let again = post(&door, "/v1/auth/email/verify", verification).await;
    assert_eq!((again.status, again.code()), (410, "link_spent"));

    let tokens = log_in(&door, "Ada@Example.org").await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let keys = [
        "access_token",
        "expires_in",
        "refresh_expires_at",
        "refresh_token",
        "session",
        "token_type",
        "user",
    ];
    assert_eq!(tokens.keys(), keys);
    assert_eq!(
        (&tokens.body["token_type"], &tokens.body["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    assert_eq!(tokens.headers.get("cache-control").unwrap(), "no-store");

    let access = tokens.text("access_token");
    let me = with_token(&door, &access, Method::GET, "/v1/me", None).await;
    assert_eq!(me.status, 200);
    assert_eq!(me.keys(), ["created_at", "email", "email_verified", "id", "name", "role"]);
    assert_eq!((&me.body["email_verified"], &me.body["role"]), (&json!(true), &json!("customer")));
    let rename = Some(json!({ "name": " Ada Lovelace " }));
    let renamed = with_token(&door, &access, Method::PATCH, "/v1/me", rename).await;
    assert_eq!((renamed.status, renamed.text("name")), (200, "Ada Lovelace".into()));

    let refresh = json!({ "refresh_token": tokens.text("refresh_token") });
    let refreshed = post(&door, "/v1/auth/refresh", refresh).await;
    assert_eq!((refreshed.status, refreshed.text("session")), (200, tokens.text("session")));
    assert_ne!(refreshed.text("refresh_token"), tokens.text("refresh_token"));

    let left = with_token(&door, &access, Method::POST, "/v1/auth/logout", None).await;
    assert_eq!(left.status, 204);
    let gone = with_token(&door, &access, Method::GET, "/v1/me", None).await;
    assert_eq!((gone.status, gone.code()), (401, "session_ended"));
    assert_eq!(gone.headers.get("www-authenticate").unwrap(), "Bearer");
}

#[actix_web::test]
async fn asvs_v6_3_8_nothing_tells_whether_an_address_has_an_account() {
    let world = World::default();
    let door = door(&world).await;
    world.enrol("ada@example.org", Role::Customer).await;
    let asked = async |path: &str, body: &dyn Fn(&str) -> Value| {
        let mut seen = Vec::new();
        for email in ["ada@example.org", "bob@example.org"] {
            let reply = post(&door, path, body(email)).await;
            let names: BTreeSet<_> = reply.headers.keys().map(ToString::to_string).collect();
            let mut body = reply.body;
            body.as_object_mut().unwrap().remove("request_id");
            seen.push((reply.status, names, body));
        }
        assert_eq!(seen[0], seen[1], "{path}");
        seen[0].0
    };

    let address = |email: &str| json!({ "email": email });
    assert_eq!(asked("/v1/auth/password/forgot", &address).await, 202);
    assert_eq!(asked("/v1/auth/email/resend", &address).await, 202);
    let wrong = |email: &str| json!({ "email": email, "password": "not the password" });
    assert_eq!(asked("/v1/auth/login", &wrong).await, 401);
    let new = |email: &str| json!({ "email": email, "name": "Eve", "password": PASSWORD });
    assert_eq!(asked("/v1/auth/register", &new).await, 202);
}

#[actix_web::test]
async fn every_field_error_comes_back_at_once() {
    let world = World::default();
    let door = door(&world).await;

    let bad = post(
        &door,
        "/v1/auth/register",
        json!({ "email": "ada", "name": "", "password": "short" }),
    )
    .await;
    assert_eq!((bad.status, bad.code()), (422, "invalid_request"));
    assert_eq!(bad.pointers(), BTreeSet::from(["#/email", "#/name", "#/password"]));
    assert_eq!(bad.headers.get("content-type").unwrap(), "application/problem+json");

    let shapeless = json!({ "email": "ada", "password": "short", "role": "operator" });
    assert_eq!(
        post(&door, "/v1/auth/register", shapeless).await.pointers(),
        BTreeSet::from(["#/email", "#/name", "#/password", "#/role"])
    );
    let mass = json!({ "email": "ada@example.org", "name": "Ada", "password": PASSWORD, "role": "operator" });
    assert_eq!(post(&door, "/v1/auth/register", mass).await.status, 422);
    assert!(world.memory.read().events.is_empty());
    let long = json!({ "email": "ada@example.org", "password": "x".repeat(257) });
    assert_eq!(
        post(&door, "/v1/auth/login", long).await.pointers(),
        BTreeSet::from(["#/password"])
    );
    let many_bytes = json!({ "email": "ada@example.org", "password": "🦀".repeat(256) });
    assert_eq!(
        post(&door, "/v1/auth/login", many_bytes).await.status,
        401,
        "characters, not bytes"
    );
    let huge = json!({ "email": "ada@example.org", "password": "x".repeat(1_000_000) });
    assert_eq!(post(&door, "/v1/auth/login", huge).await.status, 413);
}

#[actix_web::test]
async fn a_locked_account_is_told_when_to_come_back() {
    let world = World::default();
    let door = door(&world).await;
    world.enrol("ada@example.org", Role::Customer).await;
    for _ in 0..10 {
        let wrong = json!({ "email": "ada@example.org", "password": "not the password" });
        let refused = post(&door, "/v1/auth/login", wrong).await;
        assert_eq!((refused.status, refused.code()), (401, "bad_credentials"));
    }

    let locked = log_in(&door, "ada@example.org").await;

    assert_eq!((locked.status, locked.code()), (429, "too_many_attempts"));
    assert_eq!(locked.headers.get("retry-after").unwrap(), "900");
}

#[actix_web::test]
async fn what_a_guest_had_follows_them_in_and_never_keeps_them_out() {
    let (world, followers) = (World::default(), Followers::default());
    let door = door_followed_by(&world, followers.clone()).await;
    let ada = world.enrol("ada@example.org", Role::Customer).await;
    let sign_in = async |token: &str, password: &str| {
        let body = json!({ "email": "ada@example.org", "password": password });
        let request = TestRequest::post().uri("/v1/auth/login").set_json(body);
        send(&door, request.insert_header(("x-cart-token", token))).await
    };

    let without = log_in(&door, "ada@example.org").await;
    let wrong = sign_in("mine", "not the password").await;
    let with = sign_in("mine", PASSWORD).await;
    let lost = sign_in("lost", PASSWORD).await;
    let odd = sign_in("", PASSWORD).await;

    assert_eq!([without.status, wrong.status, with.status], [200, 401, 200]);
    assert_eq!([lost.status, odd.status], [200, 200]);
    assert_eq!(with.keys(), without.keys());
    let told = followers.0.lock().unwrap().clone();
    assert_eq!(told, [(ada, "mine".to_owned()), (ada, String::new())]);
}

#[actix_web::test]
async fn a_refresh_token_opens_one_door_only() {
    let world = World::default();
    let door = door(&world).await;
    world.enrol("ada@example.org", Role::Customer).await;
    let tokens = log_in(&door, "ada@example.org").await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    let refreshed = async |token: &str| {
        post(&door, "/v1/auth/refresh", json!({ "refresh_token": token })).await
    };

    let crossed = refreshed(&access).await;
    assert_eq!((crossed.status, crossed.code()), (401, "bad_refresh_token"));
    let crossed = with_token(&door, &refresh, Method::GET, "/v1/me", None).await;
    assert_eq!((crossed.status, crossed.code()), (401, "bad_token"));

    let next = refreshed(&refresh).await.text("refresh_token");
    assert_eq!(refreshed(&refresh).await.text("refresh_token"), next, "the answer was lost");
    world.test.clock.advance(TimeDelta::seconds(11));
    let reused = refreshed(&refresh).await;
    assert_eq!((reused.status, reused.code()), (401, "refresh_token_reused"));
    let ended = refreshed(&next).await;
    assert_eq!((ended.status, ended.code()), (401, "session_ended"));
}

#[actix_web::test]
async fn a_forgotten_password_is_reset_once() {
    let world = World::default();
    let door = door(&world).await;
    world.enrol("ada@example.org", Role::Customer).await;
    let access = log_in(&door, "ada@example.org").await.text("access_token");
    let forgot = TestRequest::post().uri("/v1/auth/password/forgot");
    let forgot = forgot.insert_header(("host", "evil.example"));
    let forgot = forgot.insert_header(("x-forwarded-host", "evil.example"));
    let asked = send(&door, forgot.set_json(json!({ "email": "ada@example.org" }))).await;
    assert_eq!(asked.status, 202);
    assert_eq!(asked.headers.get("referrer-policy").unwrap(), "no-referrer");
    world.deliver().await;
    assert!(world.last_mail().link.unwrap().starts_with(&world.identity.settings.link_base));

    let reset = json!({ "token": world.mailed_token(), "password": "a new password" });
    assert_eq!(post(&door, "/v1/auth/password/reset", reset.clone()).await.status, 204);
    let again = post(&door, "/v1/auth/password/reset", reset).await;
    assert_eq!((again.status, again.code()), (410, "link_spent"));
    let gone = with_token(&door, &access, Method::GET, "/v1/me", None).await;
    assert_eq!((gone.status, gone.code()), (401, "session_ended"));
    assert_eq!(log_in(&door, "ada@example.org").await.status, 401);
}

#[actix_web::test]
async fn changing_the_password_asks_for_the_current_one() {
    let world = World::default();
    let door = door(&world).await;
    world.enrol("ada@example.org", Role::Customer).await;
    let other = log_in(&door, "ada@example.org").await.text("access_token");
    let access = log_in(&door, "ada@example.org").await.text("access_token");
    let change = async |current: &str| {
        let body = json!({ "current_password": current, "new_password": "a new password" });
        with_token(&door, &access, Method::POST, "/v1/auth/password/change", Some(body)).await
    };

    let wrong = change("not the password").await;
    assert_eq!((wrong.status, wrong.code()), (422, "wrong_password"));
    assert_eq!(wrong.pointers(), BTreeSet::from(["#/current_password"]));
    assert_eq!(change(PASSWORD).await.status, 204);
    assert_eq!(with_token(&door, &access, Method::GET, "/v1/me", None).await.status, 200);
    assert_eq!(with_token(&door, &other, Method::GET, "/v1/me", None).await.status, 401);
}

#[actix_web::test]
async fn sessions_are_listed_and_ended_by_their_owner_only() {
    let world = World::default();
    let door = door(&world).await;
    world.enrol("ada@example.org", Role::Customer).await;
    world.enrol("bob@example.org", Role::Customer).await;
    let phone = log_in(&door, "ada@example.org").await;
    world.test.clock.advance(TimeDelta::seconds(1));
    let access = log_in(&door, "ada@example.org").await.text("access_token");
    let bobs = log_in(&door, "bob@example.org").await;

    let first = with_token(&door, &access, Method::GET, "/v1/me/sessions?limit=1", None).await;
    assert_eq!((first.status, first.keys()), (200, vec!["data", "page"]));
    let keys: Vec<_> = first.body["data"][0].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["address", "created_at", "current", "expires_at", "id", "last_used_at", "user_agent"]
    );
    assert_eq!(first.body["data"][0]["current"], true);
    assert_eq!(first.body["data"][0]["address"], "192.0.2.1");
    let cursor = first.body["page"]["next_cursor"].as_str().unwrap();
    let path = format!("/v1/me/sessions?limit=1&cursor={cursor}");
    let second = with_token(&door, &access, Method::GET, &path, None).await;
    assert_eq!(second.body["data"][0]["id"], phone.body["session"]);
    assert_eq!(second.body["page"], json!({ "next_cursor": null, "has_more": false }));

    let end = async |id: &str| {
        with_token(&door, &access, Method::DELETE, &format!("/v1/me/sessions/{id}"), None)
            .await
            .status
    };
    assert_eq!(end(&phone.text("session")).await, 204);
    assert_eq!(end(&phone.text("session")).await, 404, "it is over");
    assert_eq!(end(&bobs.text("session")).await, 404, "a stranger's is not there");
    assert_eq!(
        end("usr_019aa3c5d1f27c3e8a4b5c6d7e8f9012").await,
        404,
        "nor is another kind of thing"
    );
    let phone = phone.text("access_token");
    assert_eq!(with_token(&door, &phone, Method::GET, "/v1/me", None).await.status, 401);

    let left = with_token(&door, &access, Method::POST, "/v1/auth/logout-all", None).await;
    assert_eq!(left.status, 204);
    assert_eq!(with_token(&door, &access, Method::GET, "/v1/me", None).await.status, 401);
}

#[actix_web::test]
async fn operators_look_after_accounts() {
    let world = World::default();
    let door = door(&world).await;
    let ada = world.enrol("ada@example.org", Role::Customer).await;
    let op = world.enrol("op@example.org", Role::Operator).await;
    let adas = log_in(&door, "ada@example.org").await.text("access_token");
    let access = log_in(&door, "op@example.org").await.text("access_token");
    let asked = async |method: Method, path: &str, body: Option<Value>| {
        with_token(&door, &access, method, path, body).await
    };

    let list = asked(Method::GET, "/v1/users?role=customer&email=ADA", None).await;
    assert_eq!((list.status, list.body["data"].as_array().unwrap().len()), (200, 1));
    let keys: Vec<_> = list.body["data"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["created_at", "disabled_at", "email", "id", "name", "role", "verified_at"]);
    assert_eq!(asked(Method::GET, "/v1/users?colour=red", None).await.status, 400);
    assert_eq!(
        asked(Method::GET, &format!("/v1/users/{ada}"), None).await.text("email"),
        "ada@example.org"
    );
    let nobody = "/v1/users/usr_019aa3c5d1f27c3e8a4b5c6d7e8f9012";
    assert_eq!(asked(Method::GET, nobody, None).await.code(), "no_user");

    let role = format!("/v1/users/{ada}/role");
    let seller = asked(Method::PUT, &role, Some(json!({ "role": "seller" }))).await;
    assert_eq!((seller.status, seller.text("role")), (200, "seller".into()));
    assert_eq!(asked(Method::PUT, &role, Some(json!({ "role": "god" }))).await.status, 422);
    let own = asked(Method::POST, &format!("/v1/users/{op}/disable"), None).await;
    assert_eq!((own.status, own.code()), (409, "own_account"));
    let disabled = asked(Method::POST, &format!("/v1/users/{ada}/disable"), None).await;
    assert!(disabled.body["disabled_at"].is_string(), "{}", disabled.body);
    assert_eq!(with_token(&door, &adas, Method::GET, "/v1/me", None).await.status, 401);
    let refused = log_in(&door, "ada@example.org").await;
    assert_eq!((refused.status, refused.code()), (403, "account_disabled"));
    let enabled = asked(Method::POST, &format!("/v1/users/{ada}/enable"), None).await;
    assert!(enabled.body["disabled_at"].is_null());
    assert_eq!(log_in(&door, "ada@example.org").await.status, 200);
}

const SIGNED: [(&str, &str); 6] = [
    ("POST", "/v1/auth/logout"),
    ("POST", "/v1/auth/logout-all"),
    ("POST", "/v1/auth/password/change"),
    ("GET", "/v1/me"),
    ("GET", "/v1/me/sessions"),
    ("DELETE", "/v1/me/sessions/ses_019aa3c5d1f27c3e8a4b5c6d7e8f9012"),
];

const OPERATORS: [(&str, &str); 5] = [
    ("GET", "/v1/users"),
    ("GET", "/v1/users/usr_019aa3c5d1f27c3e8a4b5c6d7e8f9012"),
    ("PUT", "/v1/users/usr_019aa3c5d1f27c3e8a4b5c6d7e8f9012/role"),
    ("POST", "/v1/users/usr_019aa3c5d1f27c3e8a4b5c6d7e8f9012/disable"),
    ("POST", "/v1/users/usr_019aa3c5d1f27c3e8a4b5c6d7e8f9012/enable"),
];

#[actix_web::test]
async fn asvs_v8_2_1_doors_are_closed_unless_opened() {
    let world = World::default();
    let door = door(&world).await;
    world.enrol("ada@example.org", Role::Seller).await;
    let seller = log_in(&door, "ada@example.org").await.text("access_token");

    for (method, path) in SIGNED.into_iter().chain(OPERATORS) {
        let method: Method = method.parse().unwrap();
        let anonymous = send(&door, TestRequest::default().method(method.clone()).uri(path)).await;
        assert_eq!((anonymous.status, anonymous.code()), (401, "not_signed_in"), "{method} {path}");
        let forged = with_token(&door, "a.b.c", method.clone(), path, None).await;
        assert_eq!((forged.status, forged.code()), (401, "bad_token"), "{method} {path}");
    }
    for (method, path) in OPERATORS {
        let refused = with_token(&door, &seller, method.parse().unwrap(), path, None).await;
        assert_eq!((refused.status, refused.code()), (403, "forbidden"), "{method} {path}");
    }
}

#[test]
fn every_operation_is_in_the_document() {
    let world = World::default();
    let followers = Arc::new(Followers::default());
    let mount = api::identity::routes(world.identity.clone(), followers);
    let document = api::document(&[mount]).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.values().flat_map(|path| path.as_object().unwrap().values());
    let ids: BTreeSet<_> = operations.filter_map(|it| it["operationId"].as_str()).collect();

    let expected = [
        "changePassword",
        "changeRole",
        "disableUser",
        "enableUser",
        "endSession",
        "forgotPassword",
        "getMe",
        "getUser",
        "listSessions",
        "listUsers",
        "login",
        "logout",
        "logoutAll",
        "refresh",
        "register",
        "resendVerification",
        "resetPassword",
        "updateMe",
        "verifyEmail",
    ];
    assert_eq!(ids, BTreeSet::from(expected));
    let password = &document["components"]["schemas"]["Registration"]["properties"]["password"];
    assert_eq!((&password["minLength"], &password["maxLength"]), (&json!(8), &json!(256)));
}
