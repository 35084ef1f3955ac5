//! The catalogue's answers are kept in memory, and nobody can tell: what was acknowledged is what is shown, everywhere.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Client, Engine, Goods, Policy, Shop};

/// Reads twice, so that the second answer comes from memory if any does.
async fn shown(client: &Client, path: &str) -> Answer {
    client.get(path).await.expect(200);
    client.get(path).await.expect(200)
}

async fn rename(keeper: &Client, goods: &Goods, title: &str) {
    let path = format!("/v1/products/{}", goods.product);
    let seen = keeper.get(&path).await.expect(200);
    let headers = [("if-match", seen.header("etag"))];
    keeper.ask(Method::PATCH, &path, &headers, Some(json!({"title": title}))).await.expect(200);
}

fn title_in_list(list: &Value, product: &str) -> String {
    let cards = list["data"].as_array().unwrap();
    let card = cards.iter().find(|card| card["id"] == product).unwrap();
    card["title"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_change_acknowledged_by_one_server_is_shown_by_the_other() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let other = shop.another_server(&[]).await;
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
        let page = format!("/v1/products/{}", tea.product);
        let keepers = [shop.seller().await, shop.seller().await.at(&other.url)];
        let readers = [shop.client(), Client::new(&other.url)];

        for round in 0..20 {
            let title = format!("Tea of round {round}");
            for reader in &readers {
                shown(reader, &page).await;
                shown(reader, "/v1/products").await;
            }
            rename(&keepers[round % 2], &tea, &title).await;
            for reader in &readers {
                assert_eq!(reader.get(&page).await.expect(200).text("title"), title, "{engine:?}");
                let list = reader.get("/v1/products").await.expect(200).body;
                assert_eq!(title_in_list(&list, &tea.product), title, "{engine:?}");
            }
        }

        other.kill().await;
        shop.close().await;
    }
}

#[tokio::test]
async fn a_variant_that_sells_out_is_shown_so_though_its_product_does_not() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let other = shop.another_server(&[]).await;
        let (product, variants) = shirt_in_two_colours(&shop).await;
        let page = format!("/v1/products/{product}");
        let reader = Client::new(&other.url);
        let in_stock = |page: &Answer| {
            let variants = page.body["variants"].as_array().unwrap();
            variants
                .iter()
                .map(|variant| variant["in_stock"].as_bool().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(in_stock(&shown(&reader, &page).await), [true, true], "{engine:?}");

        let last = Goods { product, variant: variants[0].clone(), sku: String::new() };
        shop.customer().await.order(&last, 1).await.expect(201);

        assert_eq!(in_stock(&reader.get(&page).await), [false, true], "{engine:?}");
        other.kill().await;
        shop.close().await;
    }
}

/// One piece of each.
async fn shirt_in_two_colours(shop: &Shop) -> (String, Vec<String>) {
    let seller = shop.seller().await;
    let variant = |sku: &str, colour: &str| json!({"sku": sku, "options": {"Colour": colour}, "prices": [{"amount": 10_00, "currency": "USD"}]});
    let body = json!({
        "title": "Shirt in two colours",
        "option_names": ["Colour"],
        "variants": [variant("SHIRT-R", "Red"), variant("SHIRT-B", "Blue")],
    });
    let made = seller.post("/v1/products", body).await.expect(201);
    let product = made.text("id");
    let variants = made.body.pointer("/variants").and_then(Value::as_array).unwrap();
    let variants: Vec<_> = variants
        .iter()
        .map(|v| v.pointer("/id").and_then(Value::as_str).unwrap().to_owned())
        .collect();
    for variant in &variants {
        let body = json!({"variant": variant, "kind": "received", "units": 1});
        seller.post_fresh(&format!("/v1/products/{product}/stock"), body).await.expect(201);
    }
    let headers = [("if-match", made.header("etag"))];
    let path = format!("/v1/products/{product}/publish");
    seller.ask(Method::POST, &path, &headers, None).await.expect(200);
    (product, variants)
}

#[tokio::test]
async fn a_client_that_has_the_answer_already_is_told_so() {
    let shop = Shop::open(Engine::Sqlite).await;
    let tea = shop.put_on_sale(Policy::Untracked, 12_50, 0).await;
    let page = format!("/v1/products/{}", tea.product);
    let client = shop.client();
    let first = shown(&client, &page).await;
    let headers = [("if-none-match", first.header("etag"))];

    let same = client.ask(Method::GET, &page, &headers, None).await;
    rename(&shop.seller().await, &tea, "Another tea").await;
    let other = client.ask(Method::GET, &page, &headers, None).await;

    assert_eq!((same.status, same.header("etag")), (304, first.header("etag")));
    assert_eq!((other.status, other.text("title").as_str()), (200, "Another tea"));
    shop.close().await;
}
