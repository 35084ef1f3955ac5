//! What must hold when everyone comes at once: really parallel, on both engines, through two servers on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;
use tests::{
    Client, Doors, Engine, Goods, Policy, Shop,
    shop::{API_KEY, WEBHOOK_SECRET, until},
    together,
    trade::{GOOD_CARD, address},
};
use uuid::Uuid;

const PRICE: i64 = 12_50;
const BUYERS: usize = 64;

/// How a purchase ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Paid,
    /// At checkout.
    Refused,
    /// After the payment, which was given back.
    Refunded,
}

/// Everyone has one piece in the cart; at a stroke they check out and pay.
async fn rush(shop: &Shop, doors: &Doors, goods: &Goods) -> BTreeMap<End, usize> {
    let mut buyers = Vec::new();
    for (number, buyer) in shop.customers(BUYERS).await.into_iter().enumerate() {
        let buyer = doors.at(number, &buyer);
        buyer.put_in_cart(goods, 1).await.expect(201);
        buyers.push(buyer);
    }
    let gateway = Client::new(&shop.sandbox.url());
    let orders = together(buyers.iter().cloned().map(|buyer| {
        let gateway = gateway.clone();
        async move { check_out_and_pay(&buyer, &gateway).await }
    }))
    .await;
    let mut ends = BTreeMap::new();
    for (buyer, order) in buyers.iter().zip(orders) {
        let end = match order {
            Some(order) => end_of(buyer, &order).await,
            None => End::Refused,
        };
        *ends.entry(end).or_default() += 1;
    }
    ends
}

/// The order, unless the goods were gone at checkout.
async fn check_out_and_pay(buyer: &Client, gateway: &Client) -> Option<String> {
    let order = buyer.check_out().await;
    if order.status == 409 {
        assert_eq!(order.code(), "out_of_stock", "{}", order.body);
        return None;
    }
    let order = order.expect(201).text("id");
    let payment = buyer.pay(&order).await.expect(201);
    gateway.confirm(&payment, GOOD_CARD).await.expect(200);
    Some(order)
}

async fn end_of(buyer: &Client, order: &str) -> End {
    let path = format!("/v1/orders/{order}");
    until("the order has ended", || async { buyer.get(&path).await.body["state"] != "pending" })
        .await;
    let order = buyer.get(&path).await.expect(200).body;
    if order["state"] == "paid" {
        return End::Paid;
    }
    assert_eq!(order["cancel_reason"], "out_of_stock", "{order}");
    End::Refunded
}

async fn the_last_ten_are_sold(engine: Engine, policy: Policy) -> BTreeMap<End, usize> {
    let shop = Shop::open(engine).await;
    let doors = Doors::open(&shop).await;
    let goods = shop.put_on_sale(policy, PRICE, 10).await;

    let ends = rush(&shop, &doors, &goods).await;

    let paid = i64::try_from(ends.get(&End::Paid).copied().unwrap_or_default()).unwrap();
    until("what was paid in vain is back", || async { shop.money_kept() == paid * PRICE }).await;
    if policy != Policy::Untracked {
        assert_eq!(shop.stock(&goods).await, (0, 0));
    }
    doors.close(&shop).await;
    shop.close().await;
    ends
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_buyers_ten_get_the_ten_that_are_held() {
    for engine in Engine::BOTH {
        let ends = the_last_ten_are_sold(engine, Policy::Hold).await;

        assert_eq!(ends, BTreeMap::from([(End::Paid, 10), (End::Refused, 54)]), "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_payers_ten_get_the_ten_and_the_others_their_money() {
    for engine in Engine::BOTH {
        let ends = the_last_ten_are_sold(engine, Policy::OnPayment).await;

        assert_eq!(ends.get(&End::Paid), Some(&10), "{engine:?} {ends:?}");
        assert_eq!(ends.values().sum::<usize>(), BUYERS, "{engine:?} {ends:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_is_not_counted_all_sixty_four_get_one() {
    for engine in Engine::BOTH {
        let ends = the_last_ten_are_sold(engine, Policy::Untracked).await;

        assert_eq!(ends, BTreeMap::from([(End::Paid, BUYERS)]), "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_cart_becomes_one_order_whoever_checks_it_out_how_often() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let doors = Doors::open(&shop).await;
        let tea = shop.put_on_sale(Policy::Hold, PRICE, 1_000).await;

        for one_key in [false, true] {
            let buyer = shop.new_customer().await;
            buyer.put_in_cart(&tea, 3).await.expect(201);
            let key = Uuid::new_v4().to_string();
            let answers = together((0..32).map(|number| {
                let (buyer, key) = (doors.at(number, &buyer), key.clone());
                let key = if one_key { key } else { format!("{key}-{number}") };
                async move { buyer.post_once("/v1/checkout", &key, address()).await }
            }))
            .await;

            let orders = buyer.get("/v1/orders").await.expect(200).body;
            assert_eq!(orders["data"].as_array().unwrap().len(), 1, "{orders}");
            let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
            assert!(!made.is_empty());
            assert!(made.iter().all(|answer| answer.body["id"] == orders["data"][0]["id"]));
            assert!(one_key || made.len() == 1, "{} checkouts of one cart", made.len());
            assert!(answers.iter().all(|answer| answer.status == 201 || answer.is_refusal()));
        }

        assert_eq!(shop.stock(&tea).await, (1_000, 6));
        doors.close(&shop).await;
        shop.close().await;
    }
}

/// The signed message that says that a payment was captured, as the gateway sends it.
async fn capture_message(shop: &Shop) -> (String, String) {
    let gateway = Client::new(&shop.sandbox.url()).with_token(API_KEY);
    let events = gateway.get("/v1/events?type=intent.captured").await.expect(200).body;
    let mut event = events["data"][0].clone();
    event.as_object_mut().unwrap().remove("delivery");
    let id = event["id"].as_str().unwrap().to_owned();
    (id, event.to_string())
}

async fn tell(shop_at: &Client, id: &str, message: &str, secret: &str) -> u16 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    let signature = sandbox::signature(secret, now, message.as_bytes());
    let signature = format!("t={now},v1={signature}");
    let headers = [("sandbox-event-id", id), ("sandbox-signature", signature.as_str())];
    let body: Value = serde_json::from_str(message).unwrap();
    assert_eq!(body.to_string(), message, "the signature covers the very bytes");
    shop_at.ask(Method::POST, "/v1/webhooks/sandbox", &headers, Some(body)).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_copies_of_one_message_settle_once() {
    for engine in Engine::BOTH {
        let shop = Shop::open_with(engine, &[("SOUK__PAYMENTS__POLL_GAPS_S", "3600")]).await;
        let doors = Doors::open(&shop).await;
        let tea = shop.put_on_sale(Policy::Hold, PRICE, 5).await;
        let buyer = shop.new_customer().await;
        shop.befalls("lose");
        let order = buyer.order(&tea, 2).await.expect(201).text("id");
        let payment = buyer.pay(&order).await.expect(201);
        shop.confirm(&payment, GOOD_CARD).await.expect(200);
        until("the gateway has the money", || async { shop.money_kept() == 2 * PRICE }).await;
        let (id, message) = capture_message(&shop).await;

        let told = together((0..100).map(|number| {
            let (shop_at, id, message) =
                (doors.at(number, &shop.client()), id.clone(), message.clone());
            // Some forge it, too.
            let secret = if number % 10 == 9 { "a guess" } else { WEBHOOK_SECRET };
            async move { tell(&shop_at, &id, &message, secret).await }
        }))
        .await;

        assert_eq!(told.iter().filter(|status| **status == 200).count(), 90, "{told:?}");
        assert_eq!(told.iter().filter(|status| **status == 401).count(), 10, "{told:?}");
        buyer.order_becomes(&order, "paid").await;
        let count = async |table: &str| {
            shop.database.number(&format!("select count(*) from {table}")).await
        };
        assert_eq!(count("commerce_inbox").await, 1);
        assert_eq!(count("commerce_payments where settles").await, 1);
        assert_eq!(count("ledger_transactions where kind = 'payment_captured'").await, 1);
        assert_eq!(count("commerce_events where name = 'order_paid'").await, 1);
        assert_eq!(shop.stock(&tea).await, (3, 0));
        doors.close(&shop).await;
        shop.close().await;
    }
}
