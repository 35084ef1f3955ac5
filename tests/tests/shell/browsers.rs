//! What a page of another origin may do and see (CORS), and the pages of our own.

use reqwest::Method;
use serde_json::Value;
use tests::{Answer, Client};

use crate::{get_with, shop_with};

const OURS: &str = "https://shop.example";
const THEIRS: &str = "https://evil.example";
const ORIGINS: (&str, &str) =
    ("SOUK__SERVER__CORS_ORIGINS", "https://shop.example,https://admin.example");

fn may_read(answer: &Answer) -> &str {
    answer.header("access-control-allow-origin")
}

async fn preflight(client: &Client, origin: &str, method: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", "authorization,content-type,if-match,x-cart-token"),
    ];
    client.ask(Method::OPTIONS, "/v1/cart/items", &headers, None).await
}

#[tokio::test]
async fn an_origin_of_ours_may_ask_and_read_and_a_foreign_one_may_not() {
    let shop = shop_with(&[ORIGINS]).await;
    let client = shop.client();

    let ours = get_with(&client, "/v1/products", &[("origin", OURS)]).await.expect(200);
    assert_eq!(may_read(&ours), OURS);
    let exposed = ours.header("access-control-expose-headers").to_ascii_lowercase();
    for header in ["etag", "location", "x-request-id", "ratelimit", "retry-after", "x-cart-token"] {
        assert!(exposed.split(", ").any(|name| name == header), "{header} not in {exposed}");
    }
    assert!(ours.header("vary").contains("Origin"));

    let asked = preflight(&client, OURS, "PATCH").await.expect(200);
    assert_eq!(may_read(&asked), OURS);
    assert!(asked.header("access-control-allow-methods").contains("PATCH"));
    assert!(asked.header("access-control-allow-headers").contains("x-cart-token"));
    assert_eq!(asked.header("access-control-allow-credentials"), "", "no cookies are used");

    for answer in [
        get_with(&client, "/v1/products", &[("origin", THEIRS)]).await,
        get_with(&client, "/v1/products", &[("origin", "null")]).await,
        preflight(&client, THEIRS, "PATCH").await.expect(400),
        preflight(&client, "https://shop.example.evil.example", "GET").await.expect(400),
    ] {
        assert_eq!(may_read(&answer), "", "{}", answer.request);
    }
    shop.close().await;
}

#[tokio::test]
async fn a_page_of_ours_may_read_refusals_too() {
    let quota = ("SOUK__LIMITS__POLICIES__SEARCH", "1/60");
    let shop = shop_with(&[ORIGINS, quota]).await;
    let client = shop.client();
    let from = [("origin", OURS)];

    for (path, status) in [
        ("/v1/me", 401),
        ("/v1/nowhere", 404),
        ("/v1/checkout", 405),
        ("/v1/products?q=tea", 200),
        ("/v1/products?q=tea", 429),
    ] {
        let answer = get_with(&client, path, &from).await.expect(status);
        assert_eq!(may_read(&answer), OURS, "{path} {status}");
    }
    shop.close().await;
}

#[tokio::test]
async fn the_documentation_is_whole_without_any_other_server() {
    let shop = shop_with(&[]).await;
    let client = shop.client();

    assert_eq!(client.get("/docs").await.status, 200, "it leads to /docs/");
    let page = client.get("/docs/").await.expect(200);
    let html = page.body.as_str().unwrap();
    assert!(!html.contains("http://") && !html.contains("https://"), "{html}");
    let sources = html.split(['"', '\'']).filter(|text| {
        [".js", ".css", ".png"].iter().any(|kind| text.ends_with(kind)) && !text.contains(' ')
    });
    let sources: Vec<&str> = sources.collect();
    assert!(sources.len() >= 4, "{html}");
    for source in sources {
        client.get(&format!("/docs/{}", source.trim_start_matches("./"))).await.expect(200);
    }
    let start = client.get("/docs/swagger-initializer.js").await.expect(200);
    assert!(start.body.as_str().unwrap().contains("\"/openapi.json\""));
    assert!(page.header("content-security-policy").contains("default-src 'self'"));

    let document = client.get("/openapi.json").await.expect(200).body;
    let bearer = &document["components"]["securitySchemes"]["bearer"];
    assert_eq!((&bearer["type"], &bearer["scheme"]), (&"http".into(), &"bearer".into()));
    assert!(document["tags"].as_array().unwrap().len() >= 5);
    shop.close().await;
}

#[tokio::test]
async fn every_body_and_every_refusal_in_the_documentation_has_an_example() {
    let shop = shop_with(&[]).await;
    let document = shop.client().get("/openapi.json").await.expect(200).body;
    let mut missing = Vec::new();

    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if let Some(body) = operation.get("requestBody")
                && !body["content"]
                    .as_object()
                    .unwrap()
                    .values()
                    .all(|media| has_example(&document, media))
            {
                missing.push(format!("the body of {method} {path}"));
            }
            let responses = operation["responses"].as_object().unwrap();
            for (status, response) in
                responses.iter().filter(|(status, _)| status.starts_with(['4', '5']))
            {
                if !has_example(&document, &response["content"]["application/problem+json"]) {
                    missing.push(format!("{status} of {method} {path}"));
                }
            }
        }
    }

    assert!(missing.is_empty(), "{missing:#?}");
    shop.close().await;
}

fn has_example(document: &Value, media: &Value) -> bool {
    let schema = media["schema"]["$ref"]
        .as_str()
        .and_then(|at| document.pointer(at.trim_start_matches('#')));
    media.get("example").is_some() || schema.is_some_and(|schema| schema.get("example").is_some())
}
