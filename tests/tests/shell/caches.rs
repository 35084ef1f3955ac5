//! What may be kept, what is asked about again, and changes over a version someone saw.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Client, Policy};

use crate::{get_with, shop_with};

async fn again(client: &Client, path: &str, tag: &str) -> Answer {
    get_with(client, path, &[("if-none-match", tag)]).await
}

async fn patch(client: &Client, path: &str, tag: Option<&str>, body: Value) -> Answer {
    let tag = tag.map(|tag| ("if-match", tag));
    client.ask(Method::PATCH, path, tag.as_slice(), Some(body)).await
}

#[tokio::test]
async fn a_page_of_the_catalogue_that_did_not_change_is_not_sent_again() {
    let shop = shop_with(&[]).await;
    let client = shop.client();
    let category = client.get("/v1/categories").await.expect(200).body["data"][0]["id"].clone();
    let category = format!("/v1/categories/{}", category.as_str().unwrap());

    for path in ["/v1/products?limit=5", "/v1/products/linen-shirt", "/v1/categories", &category] {
        let first = client.get(path).await.expect(200);
        assert!(first.header("cache-control").starts_with("public"), "{path}");
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{path}: a strong tag, not {tag}");

        for known in [tag.clone(), format!("\"other\", {tag}"), format!("W/{tag}"), "*".to_owned()]
        {
            let same = again(&client, path, &known).await.expect(304);
            assert_eq!(
                (same.body, same.headers["etag"].to_str().unwrap()),
                ("".into(), tag.as_str())
            );
            assert_eq!(same.headers["cache-control"], first.headers["cache-control"], "{path}");
        }
        again(&client, path, "\"another\"").await.expect(200);
    }
    shop.close().await;
}

#[tokio::test]
async fn a_new_price_or_a_sold_piece_changes_the_tag_at_once() {
    let shop = shop_with(&[]).await;
    let tea = shop.put_on_sale(Policy::Hold, 12_50, 1).await;
    let (client, seller, buyer) = (shop.client(), shop.seller().await, shop.new_customer().await);
    let path = format!("/v1/products/{}", tea.product);
    let first = client.get(&path).await.expect(200).header("etag").to_owned();

    let variant = format!("{path}/variants/{}", tea.variant);
    let price = json!({"prices": [{"amount": 13_00, "currency": "USD"}]});
    patch(&seller, &variant, Some(&first), price).await.expect(200);

    let second = again(&client, &path, &first).await.expect(200).header("etag").to_owned();
    again(&client, &path, &second).await.expect(304);
    buyer.order(&tea, 1).await.expect(201);
    let sold_out = again(&client, &path, &second).await.expect(200);
    assert_ne!(sold_out.header("etag"), second);
    shop.close().await;
}

#[tokio::test]
async fn what_is_personal_is_kept_by_nobody() {
    let shop = shop_with(&[]).await;
    let customer = shop.customer().await;

    for path in ["/v1/me", "/v1/cart", "/v1/orders", "/v1/payments", "/v1/me/sessions"] {
        let answer = customer.get(path).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    let seen = customer.get("/v1/products/linen-shirt").await.expect(200);
    assert_eq!(seen.header("cache-control"), "no-store", "keepers see drafts there");
    shop.close().await;
}

#[tokio::test]
async fn a_change_names_the_version_it_was_decided_on() {
    let shop = shop_with(&[]).await;
    let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
    let (seller, buyer) = (shop.seller().await, shop.new_customer().await);
    let path = format!("/v1/products/{}", tea.product);
    let title = |title: &str| json!({"title": title});
    let seen = seller.get(&path).await.expect(200).header("etag").to_owned();

    let absent = patch(&seller, &path, None, title("Tea")).await.expect(428);
    assert_eq!(absent.code(), "version_required");
    let odd = patch(&seller, &path, Some("yesterday"), title("Tea")).await.expect(400);
    assert_eq!(odd.code(), "bad_if_match");
    patch(&seller, &path, Some("\"yesterday\""), title("Tea")).await.expect(412);

    let changed = patch(&seller, &path, Some(&seen), title("Tea")).await.expect(200);
    assert_ne!(changed.header("etag"), seen);
    patch(&seller, &path, Some(&seen), title("More tea")).await.expect(412);
    assert_eq!(seller.get(&path).await.body["title"], "Tea");

    let cart = buyer.put_in_cart(&tea, 1).await.expect(201);
    let item = cart.header("location").to_owned();
    let two = json!({"quantity": 2});
    patch(&buyer, &item, None, two.clone()).await.expect(428);
    patch(&buyer, &item, Some(cart.header("etag")), two.clone()).await.expect(200);
    patch(&buyer, &item, Some(cart.header("etag")), two).await.expect(412);
    shop.close().await;
}

#[tokio::test]
async fn every_picture_of_the_demonstration_shop_is_there() {
    let shop = shop_with(&[]).await;
    let client = shop.client();
    let (mut cursor, mut seen) = (String::new(), 0);

    loop {
        let page = client.get(&format!("/v1/products?limit=100{cursor}")).await.expect(200).body;
        for card in page["data"].as_array().unwrap() {
            let slug = card["slug"].as_str().unwrap();
            let product = client.get(&format!("/v1/products/{slug}")).await.expect(200).body;
            for image in product["images"].as_array().unwrap() {
                let picture = client.get(image["url"].as_str().unwrap()).await.expect(200);
                assert_eq!(picture.header("content-type"), "image/svg+xml");
                assert!(picture.body.as_str().unwrap().starts_with("<svg "));
                seen += 1;
            }
        }
        let Some(next) = page["page"]["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }

    assert!(seen >= 60, "{seen} pictures");
    let picture = client.get("/demo/images/linen-shirt.svg").await.expect(200);
    assert!(picture.header("cache-control").starts_with("public, max-age="));
    assert!(picture.header("content-security-policy").contains("default-src 'none'"));
    again(&client, "/demo/images/linen-shirt.svg", picture.header("etag")).await.expect(304);
    shop.close().await;
}
