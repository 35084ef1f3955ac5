//! What a purchase comes to, from the cart to the books and back: coupons, tax, shipping and currencies, on both engines.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story stops at the first surprise"
)]

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Answer, Client, Doors, Engine, Policy, Shop,
    shop::until,
    together,
    trade::{GOOD_CARD, address},
};
use uuid::Uuid;

/// Tax by place, and a zone for two countries.
const TABLES: [(&str, &str); 4] = [
    (
        "SOUK__BUY__TAXES",
        r#"[{ to = "US", basis_points = 1000, inclusive = false, on_shipping = true, jurisdiction = "US" },
            { to = "GB", basis_points = 2000, inclusive = true, on_shipping = true, jurisdiction = "GB" }]"#,
    ),
    (
        "SOUK__BUY__SHIPPING_ZONES",
        r#"[{ to = ["US", "GB"], rates = [{ currency = "USD", flat = 500, per_piece = 50, free_from = 10000 }] }]"#,
    ),
    ("SOUK__BUY__TAX_BASIS_POINTS", "0"),
    ("SOUK__BUY__TAX_ON_SHIPPING", "false"),
];

fn a_code() -> String {
    Uuid::new_v4().simple().to_string().to_uppercase()
}

async fn make_coupon(keeper: &Client, rest: Value) -> Answer {
    let mut body = json!({"code": a_code()});
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    keeper.post("/v1/coupons", body).await.expect(201)
}

/// Changes the cart as it is now.
async fn change(buyer: &Client, method: Method, path: &str, body: Option<Value>) -> Answer {
    let cart = buyer.get("/v1/cart").await.expect(200);
    buyer.ask(method, path, &[("if-match", cart.header("etag"))], body).await
}

async fn apply(buyer: &Client, coupon: &Answer) -> Answer {
    let body = json!({"code": coupon.text("code").to_lowercase()});
    change(buyer, Method::PUT, "/v1/cart/coupon", Some(body)).await
}

async fn send_to(buyer: &Client, country: &str) -> Answer {
    let body = json!({"country": country});
    change(buyer, Method::PUT, "/v1/cart/destination", Some(body)).await.expect(200)
}

fn amounts(of: &Value, names: &[&str]) -> Vec<i64> {
    names.iter().map(|name| of[*name]["amount"].as_i64().unwrap()).collect()
}

const PARTS: [&str; 6] = ["subtotal", "discount", "tax", "included_tax", "shipping", "total"];

/// Debits less credits of an account.
async fn balance(shop: &Shop, account: &str) -> i64 {
    let sql = format!(
        "select cast(coalesce(sum(amount), 0) as bigint) from ledger_entries where account = '{account}'"
    );
    shop.database.number(&sql).await
}

async fn pay(shop: &Shop, buyer: &Client, order: &str) -> Answer {
    let payment = buyer.pay(order).await.expect(201);
    shop.confirm(&payment, GOOD_CARD).await.expect(200);
    buyer.order_becomes(order, "paid").await
}

async fn refund(shop: &Shop, buyer: &Client, order: &Answer) {
    let body = json!({"payment": order.text("payment"), "reason": "wrong"});
    shop.operator().await.post_fresh("/v1/refunds", body).await.expect(201);
    buyer.order_becomes(&order.text("id"), "cancelled").await;
}

#[tokio::test]
async fn what_the_cart_says_is_what_the_order_comes_to_and_where_the_money_goes() {
    for engine in Engine::BOTH {
        let shop = Shop::open_with(engine, &TABLES).await;
        let (seller, buyer) = (shop.seller().await, shop.new_customer().await);
        let sold_before = balance(&shop, "rev:sales").await;
        let [tea, mug] = [
            shop.put_on_sale(Policy::Hold, 30_00, 9).await,
            shop.put_on_sale(Policy::Hold, 10_00, 9).await,
        ];
        let coupon = make_coupon(&seller, json!({"basis_points": 1_000, "limit": 1})).await;
        buyer.put_in_cart(&tea, 1).await.expect(201);
        let unknown = buyer.put_in_cart(&mug, 2).await.expect(201).body;
        assert_eq!(amounts(&unknown["totals"], &PARTS), [50_00, 0, 0, 0, 0, 50_00]);
        assert_eq!(unknown["totals"]["tax_known"], false);
        assert_eq!(unknown["totals"]["shipping_known"], false);

        let abroad = send_to(&buyer, "FR").await.body;
        assert_eq!((&abroad["deliverable"], &abroad["ready"]), (&json!(false), &json!(false)));
        send_to(&buyer, "US").await;
        let cart = apply(&buyer, &coupon).await.expect(200).body;
        // 45.00 of goods and 5.00 + 3 × 0.50 for sending them, all taxed at 10 %.
        let whole = [50_00, 5_00, 5_15, 0, 6_50, 56_65];
        assert_eq!(amounts(&cart["totals"], &PARTS), whole);

        let order = buyer.check_out().await.expect(201);
        assert_eq!(amounts(&order.body, &PARTS), whole);
        assert_eq!(order.body["coupon"], coupon.body["code"]);
        let parts = ["total", "discount", "shipping", "tax"];
        assert_eq!(amounts(&order.body["lines"][0], &parts), [30_00, 3_00, 3_90, 3_09]);
        assert_eq!(amounts(&order.body["lines"][1], &parts), [20_00, 2_00, 2_60, 2_06]);

        let paid = pay(&shop, &buyer, &order.text("id")).await;
        shop.settled().await;
        shop.check().await;
        assert_eq!(balance(&shop, "tax:US").await, -5_15);
        assert_eq!(balance(&shop, "rev:sales").await, sold_before - 51_50);
        let path = format!("/v1/coupons/{}", coupon.text("id"));
        assert_eq!(seller.get(&path).await.expect(200).body["used"], 1);

        refund(&shop, &buyer, &paid).await;
        assert_eq!(balance(&shop, "tax:US").await, 0);
        assert_eq!(balance(&shop, "rev:sales").await, sold_before);
        assert_eq!(seller.get(&path).await.expect(200).body["used"], 0);
        shop.close().await;
    }
}

#[tokio::test]
async fn tax_within_the_prices_is_owed_and_not_added() {
    for engine in Engine::BOTH {
        let shop = Shop::open_with(engine, &TABLES).await;
        let buyer = shop.new_customer().await;
        let tea = shop.put_on_sale(Policy::Hold, 114_50, 9).await;
        buyer.put_in_cart(&tea, 1).await.expect(201);

        let cart = send_to(&buyer, "GB").await.body;
        let mut there = address();
        there["address"]["country"] = json!("GB");
        let order = buyer.post_fresh("/v1/checkout", there).await.expect(201);
        pay(&shop, &buyer, &order.text("id")).await;

        let whole = [114_50, 0, 0, 19_08, 0, 114_50];
        assert_eq!(amounts(&cart["totals"], &PARTS), whole);
        assert_eq!(amounts(&order.body, &PARTS), whole);
        assert_eq!(balance(&shop, "tax:GB").await, -19_08);
        shop.close().await;
    }
}

#[tokio::test]
async fn a_coupon_that_cannot_be_used_says_why() {
    let shop = Shop::open_with(Engine::Sqlite, &TABLES).await;
    let (seller, buyer) = (shop.seller().await, shop.new_customer().await);
    let tea = shop.put_on_sale(Policy::Hold, 30_00, 9).await;
    let minimum = json!([{"amount": 50_00, "currency": "USD"}]);
    let coupon = make_coupon(&seller, json!({"basis_points": 1_000, "minimum": minimum})).await;
    buyer.put_in_cart(&tea, 1).await.expect(201);

    let nothing = json!({"code": "NOBODY-KNOWS-IT"});
    let unknown = change(&buyer, Method::PUT, "/v1/cart/coupon", Some(nothing)).await.expect(422);
    assert_eq!(unknown.code(), "unknown_coupon");
    assert_eq!(unknown.body["errors"][0]["pointer"], "#/code");
    let waits = apply(&buyer, &coupon).await.expect(200).body;
    assert_eq!(waits["coupon"]["issue"], "below_minimum");
    assert_eq!(waits["coupon"]["minimum"]["amount"], 50_00);
    let refused = buyer.check_out().await.expect(409);
    assert_eq!(refused.code(), "coupon_unusable");
    assert_eq!(refused.body["issue"], "below_minimum");
    change(&buyer, Method::DELETE, "/v1/cart/coupon", None).await.expect(200);
    let mut there = address();
    there["address"]["country"] = json!("FR");
    assert_eq!(buyer.post_fresh("/v1/checkout", there).await.expect(409).code(), "not_sent_there");
    buyer.check_out().await.expect(201);

    let path = format!("/v1/coupons/{}", coupon.text("id"));
    let headers = [("if-match", coupon.header("etag"))];
    let retired = seller.ask(Method::DELETE, &path, &headers, None).await.expect(200);
    assert!(retired.body["retired_at"].is_string());
    assert!(seller.get("/v1/coupons").await.expect(200).body["data"][0]["id"].is_string());
    buyer.put_in_cart(&tea, 2).await.expect(201);
    assert_eq!(apply(&buyer, &coupon).await.expect(422).code(), "unknown_coupon");
    let taken = json!({"code": coupon.text("code"), "fixed": [{"amount": 5, "currency": "USD"}]});
    seller.post("/v1/coupons", taken.clone()).await.expect(201);
    assert_eq!(seller.post("/v1/coupons", taken).await.expect(409).code(), "code_taken");
    shop.close().await;
}

#[tokio::test]
async fn what_costs_nothing_needs_no_provider() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let buyer = shop.new_customer().await;
        let tea = shop.put_on_sale(Policy::Hold, 30_00, 9).await;
        let coupon = make_coupon(&shop.seller().await, json!({"basis_points": 10_000})).await;
        buyer.put_in_cart(&tea, 1).await.expect(201);
        apply(&buyer, &coupon).await.expect(200);

        let order = buyer.check_out().await.expect(201).text("id");
        let payment = buyer.pay(&order).await.expect(201);

        assert_eq!(payment.text("state"), "captured");
        buyer.get(&format!("/v1/orders/{order}")).await.expect(200);
        buyer.order_becomes(&order, "paid").await;
        assert_eq!(shop.stock(&tea).await, (8, 0));
        shop.close().await;
    }
}

/// Sixty-four carts with the coupon in them, checked out at a stroke.
async fn rush(shop: &Shop, doors: &Doors, coupon: &Answer) -> BTreeMap<String, usize> {
    let tea = shop.put_on_sale(Policy::Hold, 12_50, 1_000).await;
    let mut buyers = Vec::new();
    for (number, buyer) in shop.customers(64).await.into_iter().enumerate() {
        let buyer = doors.at(number, &buyer);
        buyer.put_in_cart(&tea, 1).await.expect(201);
        apply(&buyer, coupon).await.expect(200);
        buyers.push(buyer);
    }
    let checkouts = buyers.into_iter().map(|buyer| async move { buyer.check_out().await });
    let mut ends = BTreeMap::new();
    for answer in together(checkouts).await {
        let end = if answer.status == 201 { "placed" } else { answer.code() };
        *ends.entry(end.to_owned()).or_default() += 1;
    }
    ends
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_checkouts_ten_get_the_ten_uses_of_a_coupon() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let doors = Doors::open(&shop).await;
        let seller = shop.seller().await;
        let rules = json!({"basis_points": 1_000, "limit": 10, "limit_per_user": 1});
        let coupon = make_coupon(&seller, rules).await;

        let ends = rush(&shop, &doors, &coupon).await;

        let expected = [("placed".to_owned(), 10), ("coupon_used_up".to_owned(), 54)];
        assert_eq!(ends, BTreeMap::from(expected), "{engine:?}");
        let path = format!("/v1/coupons/{}", coupon.text("id"));
        assert_eq!(seller.get(&path).await.expect(200).body["used"], 10);
        // Orders that nobody pays give their uses back.
        shop.let_orders_run_out().await;
        until("the uses are back", || async {
            seller.get(&path).await.expect(200).body["used"] == 0
        })
        .await;
        doors.close(&shop).await;
        shop.close().await;
    }
}

/// A product on sale in dollars and in euros.
async fn in_two_currencies(shop: &Shop) -> Answer {
    let seller = shop.seller().await;
    let sku = Uuid::new_v4().simple().to_string();
    let prices = json!([
        {"amount": 20_00, "currency": "USD"}, {"amount": 18_00, "currency": "EUR"},
    ]);
    let variant = json!({"sku": sku, "prices": prices, "stock_policy": "untracked"});
    let body = json!({"title": format!("Double {sku}"), "variants": [variant]});
    let made = seller.post("/v1/products", body).await.expect(201);
    let path = format!("/v1/products/{}/publish", made.text("id"));
    let headers = [("if-match", made.header("etag"))];
    seller.ask(Method::POST, &path, &headers, None).await.expect(200)
}

#[tokio::test]
async fn what_has_prices_in_two_currencies_is_bought_in_either_and_a_cart_is_in_one() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let double = in_two_currencies(&shop).await;
        let only_dollars = shop.put_on_sale(Policy::Untracked, 5_00, 0).await;
        let variant = double.body["variants"][0]["id"].as_str().unwrap().to_owned();
        let fixed = json!({"fixed": [{"amount": 3_00, "currency": "EUR"}]});
        let coupon = make_coupon(&shop.seller().await, fixed).await;

        for (currency, cents) in [("USD", 20_00), ("EUR", 18_00)] {
            let buyer = shop.new_customer().await;
            let item = json!({"variant": variant, "quantity": 1, "currency": currency});
            let cart = buyer.post("/v1/cart/items", item).await.expect(201);
            assert_eq!(cart.text("currency"), currency);
            let applied = apply(&buyer, &coupon).await.expect(200).body;
            let issue = &applied["coupon"]["issue"];
            if currency == "EUR" {
                assert_eq!(
                    (issue, &applied["totals"]["total"]["amount"]),
                    (&json!(null), &json!(15_00))
                );
                let mixed = buyer.put_in_cart(&only_dollars, 1).await.expect(422);
                assert_eq!(mixed.code(), "no_price");
                let other = json!({"variant": variant, "quantity": 1, "currency": "USD"});
                let other = buyer.post("/v1/cart/items", other).await.expect(409);
                assert_eq!(
                    (other.code(), &other.body["currency"]),
                    ("other_currency", &json!("EUR"))
                );
            } else {
                assert_eq!(issue, "other_currency");
            }
            change(&buyer, Method::DELETE, "/v1/cart/coupon", None).await.expect(200);
            let order = buyer.check_out().await.expect(201);
            assert_eq!(order.body["total"], json!({"amount": cents, "currency": currency}));
            pay(&shop, &buyer, &order.text("id")).await;

            // Lists name their currency, and show what is sold in it.
            let filter =
                format!("currency={currency}&price_min={cents}&price_max={cents}&facets=true");
            let list =
                shop.client().get(&format!("/v1/products?{filter}&limit=100")).await.expect(200);
            let ours = list.body["data"].as_array().unwrap().iter();
            let ours = ours.filter(|card| card["id"] == double.body["id"]).collect::<Vec<_>>();
            assert_eq!(ours.len(), 1, "{}", list.body);
            let price = json!({"amount": cents, "currency": currency});
            assert_eq!(ours[0]["price_low"], price);
            assert_eq!(list.body["facets"]["price_min"], price, "{}", list.body["facets"]);
        }
        shop.settled().await;
        shop.check().await;
        shop.close().await;
    }
}
