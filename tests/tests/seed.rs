//! The demonstration shop is filled again and again, whatever its keepers have made of it meanwhile.
#![expect(clippy::indexing_slicing, reason = "helpers of tests")]

use reqwest::Method;
use serde_json::json;
use tests::{Client, Engine, Shop, rentals::over};

/// Every good, category and person there is, with their versions.
async fn everything(shop: &Shop) -> Vec<i64> {
    let mut figures = Vec::new();
    for table in ["buy_categories", "buy_products", "buy_variants", "identity_users"] {
        figures.push(shop.database.number(&format!("select count(*) from {table}")).await);
    }
    for table in ["buy_categories", "buy_products"] {
        let sum = format!("select cast(sum(version) as bigint) from {table}");
        figures.push(shop.database.number(&sum).await);
    }
    figures
}

async fn rename(keeper: &Client, kind: &str, from: &str, to: &str) {
    let seen = keeper.get(&format!("/v1/{kind}/{from}")).await.expect(200);
    let path = format!("/v1/{kind}/{}", seen.text("id"));
    over(keeper, Method::PATCH, &path, &seen, Some(json!({"slug": to}))).await.expect(200);
}

/// Takes the only product of a category off sale, and the category out of the tree.
async fn retire(keeper: &Client, category: &str) {
    let goods = keeper.get(&format!("/v1/products?category={category}")).await.expect(200);
    let goods = &goods.body["data"];
    assert_eq!(goods.as_array().map(Vec::len), Some(1), "{goods}");
    let path = format!("/v1/products/{}", goods[0]["id"].as_str().unwrap_or_default());
    let seen = keeper.get(&path).await.expect(200);
    over(keeper, Method::POST, &format!("{path}/archive"), &seen, None).await.expect(200);
    let seen = keeper.get(&format!("/v1/categories/{category}")).await.expect(200);
    let path = format!("/v1/categories/{}", seen.text("id"));
    over(keeper, Method::DELETE, &path, &seen, None).await.expect(204);
}

#[tokio::test]
async fn what_was_renamed_or_retired_is_known_and_the_next_start_changes_nothing() {
    for engine in Engine::BOTH {
        let mut shop = Shop::open(engine).await;
        let keeper = shop.operator().await;
        rename(&keeper, "products", "sencha", "green-tea").await;
        rename(&keeper, "categories", "coffee", "beans").await;
        retire(&keeper, "gifts").await;
        let before = everything(&shop).await;

        let seeded = shop.run(&["seed"]).await;
        assert!(shop.server.take().unwrap().terminate().await.success());
        shop.start().await;

        let said = String::from_utf8_lossy(&seeded.stdout);
        assert!(seeded.status.success(), "{said}{}", String::from_utf8_lossy(&seeded.stderr));
        assert!(said.starts_with("0 categories and 0 products were added."), "{said}");
        assert_eq!(everything(&shop).await, before);
        shop.client().get("/v1/products/green-tea").await.expect(200);
        shop.close().await;
    }
}
