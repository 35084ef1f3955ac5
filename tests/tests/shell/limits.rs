//! How often one may ask: who is counted as whom, and what one is told.

use reqwest::Method;
use serde_json::json;
use tests::{Answer, Client};

use crate::{get_with, shop_with};

const THREE: (&str, &str) = ("SOUK__LIMITS__POLICIES__DEFAULT", "3/60");
const BEHIND_A_PROXY: (&str, &str) =
    ("SOUK__SERVER__TRUSTED_PROXIES", "127.0.0.1/32,10.0.0.0/8,2001:db8:ffff::/48");

/// The seconds in `Retry-After`, of a refusal that says all it must.
fn patience(refused: &Answer) -> u64 {
    assert_eq!(refused.code(), "too_many_requests");
    assert!(refused.is_problem(), "{}", refused.body);
    refused.header("retry-after").parse().unwrap()
}

async fn forwarded(client: &Client, chain: &str) -> u16 {
    get_with(client, "/v1/categories", &[("x-forwarded-for", chain)]).await.status
}

#[tokio::test]
async fn each_answer_tells_the_quota_and_the_first_too_many_how_long_to_wait() {
    let shop = shop_with(&[THREE]).await;
    let client = shop.client();

    for left in [2, 1, 0] {
        let answer = client.get("/v1/categories").await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=3;w=60");
        let told = answer.header("ratelimit");
        assert!(told.starts_with(&format!("\"default\";r={left};t=")), "{told}");
    }
    let refused = client.get("/v1/categories").await.expect(429);
    assert!((1..=60).contains(&patience(&refused)), "{}", refused.header("retry-after"));
    assert!(refused.header("ratelimit").starts_with("\"default\";r=0;t="));
    client.get("/v1/nowhere").await.expect(429);
    for free in ["/healthz", "/readyz", "/metrics", "/openapi.json"] {
        client.get(free).await.expect(200);
    }
    shop.close().await;
}

#[tokio::test]
async fn a_user_is_counted_apart_from_the_address_they_share_with_others() {
    let shop = shop_with(&[("SOUK__LIMITS__POLICIES__DEFAULT", "8/60")]).await;
    let (customer, seller) = (shop.customer().await, shop.seller().await);

    for _ in 0..8 {
        customer.get("/v1/me").await.expect(200);
    }
    patience(&customer.get("/v1/me").await.expect(429));
    seller.get("/v1/me").await.expect(200);
    shop.client().get("/v1/categories").await.expect(200);
    shop.close().await;
}

#[tokio::test]
async fn looking_through_the_catalogue_is_free_where_searching_is_counted() {
    let shop = shop_with(&[("SOUK__LIMITS__POLICIES__SEARCH", "2/60")]).await;
    let client = shop.client();

    let found = client.get("/v1/products?q=tea").await.expect(200);
    assert_eq!(found.header("ratelimit-policy"), "\"search\";q=2;w=60");
    client.get("/v1/products?limit=3&q=tea").await.expect(200);
    patience(&client.get("/v1/products?q=tea").await.expect(429));
    patience(&client.get("/v1/products?%71=tea").await.expect(429));
    for _ in 0..10 {
        let list = client.get("/v1/products?category=kitchen&sort=title").await;
        assert_ne!(list.status, 429);
        assert!(list.header("ratelimit-policy").starts_with("\"default\""));
    }
    shop.close().await;
}

#[tokio::test]
async fn logins_are_counted_by_themselves() {
    let shop = shop_with(&[("SOUK__LIMITS__POLICIES__LOGIN", "2/60")]).await;
    let client = shop.client();
    let wrong = json!({"email": "nobody@example.com", "password": "not the password"});

    for _ in 0..2 {
        client.post("/v1/auth/login", wrong.clone()).await.expect(401);
    }
    patience(&client.post("/v1/auth/login", wrong).await.expect(429));
    client.get("/v1/products").await.expect(200);
    shop.close().await;
}

#[tokio::test]
async fn behind_our_proxies_the_first_stranger_from_the_right_is_the_client() {
    let shop = shop_with(&[THREE, BEHIND_A_PROXY]).await;
    let client = shop.client();

    // Whatever a client claims further to the left changes nothing.
    for claim in ["6.6.6.1, 203.0.113.7", "6.6.6.2, 203.0.113.7", "203.0.113.7, 10.1.2.3"] {
        assert_eq!(forwarded(&client, claim).await, 200, "{claim}");
    }
    assert_eq!(forwarded(&client, "6.6.6.3, 203.0.113.7").await, 429);
    assert_eq!(forwarded(&client, "::ffff:203.0.113.7").await, 429, "IPv4 in IPv6 clothes");
    assert_eq!(forwarded(&client, "203.0.113.7, 203.0.113.8").await, 200);

    let lines = [("x-forwarded-for", "6.6.6.4"), ("x-forwarded-for", "203.0.113.7")];
    let answer = client.ask(Method::GET, "/v1/categories", &lines, None).await;
    assert_eq!(answer.status, 429, "several lines are one list");
    shop.close().await;
}

#[tokio::test]
async fn one_household_of_ipv6_is_one_client() {
    let shop = shop_with(&[THREE, BEHIND_A_PROXY]).await;
    let client = shop.client();

    for host in ["2001:db8:1:2::1", "2001:db8:1:2:aaaa::2", "2001:db8:1:2:ffff:ffff:ffff:ffff"] {
        assert_eq!(forwarded(&client, host).await, 200, "{host}");
    }
    assert_eq!(forwarded(&client, "2001:db8:1:2::99").await, 429);
    assert_eq!(forwarded(&client, "2001:db8:1:3::1").await, 200, "the neighbours");
    assert_eq!(forwarded(&client, "2001:db8:1:2::99, 2001:db8:ffff::1").await, 429);
    shop.close().await;
}

#[tokio::test]
async fn nobody_believes_a_forwarded_address_without_a_proxy_of_ours() {
    let shop = shop_with(&[THREE]).await;
    let client = shop.client();

    for claim in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
        assert_eq!(forwarded(&client, claim).await, 200);
    }
    assert_eq!(forwarded(&client, "203.0.113.4").await, 429);
    shop.close().await;
}

#[tokio::test]
async fn a_burst_is_stopped_at_the_edge_before_anything_is_done() {
    let edge = [
        ("SOUK__LIMITS__EDGE_PER_SECOND", "1"),
        ("SOUK__LIMITS__EDGE_BURST", "20"),
        ("SOUK__SERVER__CORS_ORIGINS", "https://shop.example"),
    ];
    let shop = shop_with(&edge).await;
    let client = shop.client();

    let asked =
        (0..40).map(|_| get_with(&client, "/v1/nowhere", &[("origin", "https://shop.example")]));
    let answers = futures_util::future::join_all(asked).await;

    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(refused.len() >= 10, "only {} of 40 were refused", refused.len());
    for answer in refused {
        assert!(patience(answer) >= 1);
        assert_eq!(answer.header("access-control-allow-origin"), "https://shop.example");
    }
    shop.close().await;
}
