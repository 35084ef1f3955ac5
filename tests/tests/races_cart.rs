//! One cart in many hands at once: nothing that was put in is lost, and nothing comes twice.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Client, Doors, Engine, Goods, Policy, Shop, together, trade::PASSWORD};
use uuid::Uuid;

const PRICE: i64 = 3_00;

/// Pieces by variant.
fn pieces(cart: &Value) -> BTreeMap<String, i64> {
    let items = cart["items"].as_array().unwrap().iter();
    items
        .map(|item| {
            let variant = item["variant"].as_str().unwrap().to_owned();
            (variant, item["quantity"].as_i64().unwrap())
        })
        .collect()
}

/// The cart has just these pieces at their price, and nothing to complain of.
#[track_caller]
fn assert_holds(cart: &Value, expected: &BTreeMap<String, i64>) {
    assert_eq!(&pieces(cart), expected);
    let total: i64 = expected.values().sum::<i64>() * PRICE;
    assert_eq!(cart["totals"]["subtotal"]["amount"], total, "{cart}");
    let issues = cart["items"].as_array().unwrap().iter().map(|item| &item["issues"]);
    assert!(issues.clone().all(|issues| issues == &json!([])), "{cart}");
    assert_eq!(cart["ready"], true);
}

async fn five_goods(shop: &Shop) -> Vec<Goods> {
    let mut goods = Vec::new();
    for _ in 0..5 {
        goods.push(shop.put_on_sale(Policy::Hold, PRICE, 1_000).await);
    }
    goods
}

/// Asks as the guest who has the key to a cart.
async fn ask_as_guest(
    guest: &Client,
    key: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Answer {
    guest.ask(method, path, &[("x-cart-token", key)], body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_in_at_the_same_time_all_counts() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let doors = Doors::open(&shop).await;
        let goods = five_goods(&shop).await;
        // Not even the cart is there yet: the first ones race for making it.
        let buyer = shop.new_customer().await;

        let mut expected = BTreeMap::new();
        let mut additions = Vec::new();
        for (number, goods) in goods.iter().cycle().take(32).enumerate() {
            let quantity = 1 + i64::try_from(number % 3).unwrap();
            *expected.entry(goods.variant.clone()).or_default() += quantity;
            let (buyer, goods) = (doors.at(number, &buyer), goods.clone());
            additions.push(async move { buyer.put_in_cart(&goods, quantity).await });
        }
        for addition in together(additions).await {
            addition.expect(201);
        }

        assert_holds(&buyer.get("/v1/cart").await.expect(200).body, &expected);
        doors.close(&shop).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_edits_that_saw_the_same_cart_one_is_made() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let doors = Doors::open(&shop).await;
        let tea = shop.put_on_sale(Policy::Hold, PRICE, 1_000).await;
        let buyer = shop.new_customer().await;
        let cart = buyer.put_in_cart(&tea, 1).await.expect(201);
        let item = cart.body["items"][0]["id"].as_str().unwrap().to_owned();

        let answers = together((0..24).map(|number| {
            let (buyer, etag) = (doors.at(number, &buyer), cart.header("etag").to_owned());
            let path = format!("/v1/cart/items/{item}");
            async move {
                let seen = [("if-match", etag.as_str())];
                if number % 6 == 5 {
                    return buyer.ask(Method::DELETE, &path, &seen, None).await;
                }
                let body = json!({"quantity": number + 2});
                buyer.ask(Method::PATCH, &path, &seen, Some(body)).await
            }
        }))
        .await;

        let (made, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(made.len(), 1, "{engine:?}");
        assert!(refused.iter().all(|answer| answer.status == 412 && answer.is_problem()));
        let now = buyer.get("/v1/cart").await.expect(200);
        assert_eq!(pieces(&now.body), pieces(&made[0].body));
        assert_eq!(now.header("etag"), made[0].header("etag"));
        doors.close(&shop).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guests_cart_goes_to_its_owner_once_from_however_many_devices() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let doors = Doors::open(&shop).await;
        let goods = five_goods(&shop).await;
        let (guest, key) = (shop.client(), guest_with(&shop, &goods).await);
        let email = format!("{}@example.com", Uuid::new_v4().simple());
        let who = json!({"email": email, "name": "Nadia New", "password": PASSWORD});
        shop.client().post("/v1/auth/register", who).await.expect(202);

        // Every device signs in and brings the cart along: some as they sign in, the others by themselves after it.
        let answers = together((0..16).map(|number| {
            let device = doors.at(number, &guest);
            let (email, key) = (email.clone(), key.clone());
            let login = (Method::POST, "/v1/auth/login");
            async move {
                let body = Some(json!({"email": email, "password": PASSWORD}));
                if number % 2 == 0 {
                    let tokens = ask_as_guest(&device, &key, login.0, login.1, body).await;
                    let device = device.with_token(&tokens.expect(200).text("access_token"));
                    return device.get("/v1/cart").await.expect(200).body;
                }
                let tokens = device.ask(login.0, login.1, &[], body).await.expect(200);
                let device = device.with_token(&tokens.text("access_token"));
                let merged = device.post("/v1/cart/merge", json!({"cart_token": key})).await;
                merged_cart(&merged.expect(200).body).clone()
            }
        }))
        .await;

        let expected = goods.iter().map(|goods| (goods.variant.clone(), 2)).collect();
        for cart in &answers {
            assert_holds(cart, &expected);
        }
        let owner = shop.sign_in(&email, PASSWORD).await;
        assert_holds(&owner.get("/v1/cart").await.expect(200).body, &expected);
        let left = ask_as_guest(&guest, &key, Method::GET, "/v1/cart", None).await;
        assert!(left.status == 404 || pieces(&left.body).is_empty(), "{}", left.body);
        doors.close(&shop).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guests_cart_that_two_people_claim_goes_to_one_of_them() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let doors = Doors::open(&shop).await;
        let goods = five_goods(&shop).await;
        let key = guest_with(&shop, &goods).await;
        let people = shop.customers(2).await;

        let answers = together((0..16).map(|number| {
            let (claimant, key) = (doors.at(number / 2, &people[number % 2]), key.clone());
            async move { claimant.post("/v1/cart/merge", json!({"cart_token": key})).await }
        }))
        .await;

        assert!(answers.iter().all(|answer| answer.status == 200));
        let mut whole = BTreeSet::new();
        for person in &people {
            whole.insert(pieces(&person.get("/v1/cart").await.expect(200).body));
        }
        let all = goods.iter().map(|goods| (goods.variant.clone(), 2)).collect();
        assert_eq!(whole, BTreeSet::from([BTreeMap::new(), all]));
        doors.close(&shop).await;
        shop.close().await;
    }
}

/// A guest's cart with two of each; returns its key.
async fn guest_with(shop: &Shop, goods: &[Goods]) -> String {
    let guest = shop.client();
    let body = |goods: &Goods| json!({"variant": goods.variant, "quantity": 2});
    let made = guest.post("/v1/cart/items", body(&goods[0])).await.expect(201);
    let key = made.header("x-cart-token").to_owned();
    for goods in &goods[1..] {
        let put = (Method::POST, "/v1/cart/items");
        ask_as_guest(&guest, &key, put.0, put.1, Some(body(goods))).await.expect(201);
    }
    key
}

fn merged_cart(merged: &Value) -> &Value {
    assert_eq!(merged["left_out"], json!([]), "{merged}");
    &merged["cart"]
}
