//! What every answer carries, whatever it is an answer to.

use reqwest::Method;
use serde_json::{Value, json};
use tests::Answer;

use crate::{get_with, raw::talk, shop_with};

/// A request and the status it is answered with.
type Asked<'a> = (u16, Method, &'a str, &'a [(&'a str, &'a str)], Option<Value>);

fn assert_dressed(answer: &Answer) {
    let what = &answer.request;
    assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{what}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "{what}");
    assert!(answer.header("strict-transport-security").contains("max-age="), "{what}");
    assert!(!answer.header("cache-control").is_empty(), "{what}");
    assert!(answer.header("x-request-id").len() >= 8, "{what}");
    for told in ["server", "x-powered-by"] {
        assert_eq!(answer.header(told), "", "{what} tells what it is made of");
    }
    if answer.status >= 400 {
        assert!(answer.is_problem(), "{what} was answered {}", answer.body);
        assert_eq!(answer.body["request_id"], answer.header("x-request-id"), "{what}");
    }
}

#[tokio::test]
async fn every_kind_of_answer_is_dressed_alike_and_every_refusal_is_a_problem() {
    let shop = shop_with(&[]).await;
    let (client, customer) = (shop.client(), shop.customer().await);
    let json_type = ("content-type", "application/json");
    let huge = Value::String("x".repeat(70_000));
    let asked: &[Asked] = &[
        (200, Method::GET, "/v1/products", &[], None),
        (200, Method::GET, "/v1/categories", &[], None),
        (200, Method::GET, "/healthz", &[], None),
        (200, Method::GET, "/readyz", &[], None),
        (200, Method::GET, "/metrics", &[], None),
        (200, Method::GET, "/openapi.json", &[], None),
        (200, Method::GET, "/docs/", &[], None),
        (204, Method::OPTIONS, "/v1/products", &[], None),
        (400, Method::GET, "/v1/products?colour=red", &[], None),
        (400, Method::POST, "/v1/auth/login", &[json_type], None),
        (401, Method::GET, "/v1/me", &[], None),
        (401, Method::GET, "/v1/products/linen-shirt", &[("authorization", "Bearer x")], None),
        (401, Method::GET, "/v1/me", &[("authorization", "Basic eDp5")], None),
        (404, Method::GET, "/nowhere", &[], None),
        (404, Method::GET, "/v1/nowhere", &[], None),
        (404, Method::POST, "/v1/nowhere", &[], Some(json!({}))),
        (404, Method::GET, "/v1/products/no-such-thing", &[], None),
        (404, Method::GET, "/docs/nope.js", &[], None),
        (404, Method::GET, "/demo/images/%3Cscript%3E.svg", &[], None),
        (405, Method::DELETE, "/v1/products", &[], None),
        (405, Method::POST, "/healthz", &[], None),
        (413, Method::POST, "/v1/auth/login", &[], Some(huge)),
        (415, Method::POST, "/v1/auth/login", &[("content-type", "text/plain")], None),
        (422, Method::POST, "/v1/auth/login", &[], Some(json!({"email": 1}))),
        (422, Method::GET, "/v1/products?limit=0", &[], None),
    ];

    for (status, method, path, headers, body) in asked {
        let answer = client.ask(method.clone(), path, headers, body.clone()).await;
        assert_dressed(&answer.expect(*status));
    }
    assert_dressed(&customer.get("/v1/users").await.expect(403));
    assert_dressed(&customer.get("/v1/me").await.expect(200));
    shop.close().await;
}

#[tokio::test]
async fn a_method_that_a_path_does_not_know_is_told_those_it_knows() {
    let shop = shop_with(&[]).await;
    let client = shop.client();

    for (method, path, allowed) in [
        (Method::DELETE, "/v1/products", "GET POST HEAD OPTIONS"),
        (Method::PUT, "/v1/payments", "POST GET HEAD OPTIONS"),
        (Method::GET, "/v1/checkout", "POST OPTIONS"),
        (Method::POST, "/readyz", "GET HEAD OPTIONS"),
    ] {
        let refused = client.ask(method, path, &[], None).await.expect(405);
        assert_eq!(refused.header("allow"), allowed.replace(' ', ", "), "{path}");
        assert_eq!(refused.code(), "method_not_allowed");
        let asked = client.ask(Method::OPTIONS, path, &[], None).await.expect(204);
        assert_eq!(asked.header("allow"), refused.header("allow"), "{path}");
    }
    shop.close().await;
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let shop = shop_with(&[]).await;
    let client = shop.client();

    for path in ["/v1/products", "/v1/products/linen-shirt", "/healthz", "/v1/nowhere"] {
        let get = client.get(path).await;
        let head = client.ask(Method::HEAD, path, &[], None).await.expect(get.status);
        assert_eq!(head.body, "", "{path}");
        for header in ["content-type", "content-length", "etag", "cache-control"] {
            assert_eq!(head.header(header), get.header(header), "{header} of {path}");
        }
    }
    shop.close().await;
}

#[tokio::test]
async fn a_request_keeps_its_own_name_and_gets_one_where_it_has_none() {
    let shop = shop_with(&[]).await;
    let client = shop.client();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    let named = get_with(&client, "/v1/nowhere", &[("x-request-id", "my-phone_0042")]).await;
    let traced = get_with(&client, "/v1/nowhere", &[("traceparent", trace)]).await;
    let unnamed = client.get("/v1/nowhere").await;

    assert_eq!(named.header("x-request-id"), "my-phone_0042");
    assert_eq!(named.text("request_id"), "my-phone_0042");
    assert_eq!(traced.header("x-request-id"), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(unnamed.header("x-request-id").len(), 32);
    assert_ne!(unnamed.header("x-request-id"), client.get("/healthz").await.header("x-request-id"));
    for wicked in ["short", "a b c d e f g h", "id\"},{\"evil\":1", &"x".repeat(65)] {
        let answer = get_with(&client, "/healthz", &[("x-request-id", wicked)]).await;
        assert_eq!(answer.header("x-request-id").len(), 32, "{wicked}");
    }
    shop.close().await;
}

#[tokio::test]
async fn what_is_too_large_too_deep_or_too_slow_is_the_clients_fault() {
    let shop = shop_with(&[("SOUK__SERVER__REQUEST_TIMEOUT_MS", "300")]).await;
    let post = "POST /v1/auth/login HTTP/1.1\r\nhost: souk\r\ncontent-type: application/json\r\n";

    for deep in ["[".repeat(50_000), format!("{{\"email\":{}", "[{\"a\":".repeat(10_000))] {
        let deep = format!("{post}content-length: {}\r\n\r\n{deep}", deep.len());
        let deep = talk(&shop, deep.as_bytes()).await;
        assert!(["400", "413", "422"].contains(&&deep[9..12]), "{deep}");
    }

    let chunk = "x".repeat(8_192);
    let chunks = format!("2000\r\n{chunk}\r\n").repeat(12);
    let endless = format!("{post}transfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
    let endless = talk(&shop, endless.as_bytes()).await;
    assert!(endless.starts_with("HTTP/1.1 413 "), "{endless}");

    let stalled = talk(&shop, format!("{post}content-length: 100\r\n\r\n{{").as_bytes()).await;
    assert!(stalled.starts_with("HTTP/1.1 408 "), "{stalled}");
    assert!(stalled.contains("request_timeout"), "{stalled}");

    let garbage = talk(&shop, b"\x16\x03\x01 what is this\r\n\r\n").await;
    assert!(garbage.starts_with("HTTP/1.1 400 "), "{garbage}");
    let long = format!("GET /v1/products?q={} HTTP/1.1\r\nhost: souk\r\n\r\n", "x".repeat(10_000));
    let long = talk(&shop, long.as_bytes()).await;
    assert!(long.starts_with("HTTP/1.1 400 ") && long.contains("query_too_long"), "{long}");
    shop.close().await;
}

#[tokio::test]
async fn what_else_is_wrong_is_told_only_to_those_who_may_ask() {
    let shop = shop_with(&[]).await;
    let (stranger, customer, seller) =
        (shop.client(), shop.new_customer().await, shop.seller().await);
    let product = "/v1/products/prd_019aa3c5d1f27c3e8a4b5c6d7e8f9012";
    let wrong = [
        (Method::PATCH, product, 428),
        (Method::GET, "/v1/keeper/products?limit=0", 422),
        (Method::GET, "/v1/keeper/products?colour=red", 400),
    ];

    for (method, path, fault) in wrong {
        let body = (method == Method::PATCH).then(|| json!({}));
        for (who, status) in [(&stranger, 401), (&customer, 403), (&seller, fault)] {
            who.ask(method.clone(), path, &[], body.clone()).await.expect(status);
        }
    }
    shop.close().await;
}
