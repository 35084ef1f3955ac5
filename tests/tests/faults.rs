//! Whatever goes wrong at the gateway or on the way to it, on both engines: nothing is paid twice, lost or stuck.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use serde_json::json;
use tests::{
    Answer, Client, Engine, Goods, Policy, Shop,
    shop::until,
    trade::{DECLINED_CARD, GOOD_CARD},
};

const PRICE: i64 = 12_50;
const AN_HOUR_MS: u64 = 3_600_000;

/// A shop with ten pieces of something, and someone who wants one.
async fn scene(engine: Engine, settings: &[(&str, &str)]) -> (Shop, Goods, Client) {
    let shop = Shop::open_with(engine, settings).await;
    let tea = shop.put_on_sale(Policy::Hold, PRICE, 10).await;
    let buyer = shop.new_customer().await;
    (shop, tea, buyer)
}

/// Orders one piece and gives the card; returns the order and the payment as it was started.
async fn try_to_buy(shop: &Shop, buyer: &Client, tea: &Goods, card: &str) -> (String, Answer) {
    let order = buyer.order(tea, 1).await.expect(201).text("id");
    let payment = buyer.pay(&order).await.expect(201);
    shop.confirm(&payment, card).await.expect(200);
    (order, payment)
}

async fn how_many(shop: &Shop, rows: &str) -> i64 {
    shop.database.number(&format!("select count(*) from {rows}")).await
}

#[tokio::test]
async fn however_the_news_comes_the_order_is_paid_once() {
    for engine in Engine::BOTH {
        let (shop, tea, buyer) = scene(engine, &[]).await;
        let ways = [
            "delay=300",
            "duplicate=5",
            "reorder",
            "reorder; duplicate=3",
            "lose",
            "wrong-signature",
            "wrong-payload",
            "http=500@fetch",
            "lose; timeout=1500@fetch",
        ];
        let mut sold = 0;

        for way in ways {
            shop.befalls(way);
            let (order, payment) = try_to_buy(&shop, &buyer, &tea, GOOD_CARD).await;
            buyer.order_becomes(&order, "paid").await;

            sold += 1;
            shop.settled().await;
            let payment = buyer.payment_becomes(&payment.text("id"), "captured").await;
            assert_eq!(payment.body["captured"]["amount"], PRICE, "{way}");
            assert_eq!(payment.body["refunds"], json!([]), "{way}");
            assert_eq!(shop.stock(&tea).await, (10 - sold, 0), "{way}");
            assert_eq!(how_many(&shop, "commerce_events where name = 'order_paid'").await, sold);
            assert_eq!(shop.money_kept(), sold * PRICE, "{way}");
        }
        shop.close().await;
    }
}

#[tokio::test]
async fn forged_news_is_refused_and_leaves_no_trace() {
    for engine in Engine::BOTH {
        let (shop, tea, buyer) = scene(engine, &[("SOUK__PAYMENTS__POLL_GAPS_S", "3600")]).await;

        shop.befalls("wrong-signature");
        let (order, payment) = try_to_buy(&shop, &buyer, &tea, GOOD_CARD).await;
        let gateway = Client::new(&shop.sandbox.url()).with_token(tests::shop::API_KEY);
        until("the gateway has tried to tell", || async {
            let events = gateway.get("/v1/events?type=intent.captured").await.expect(200).body;
            let event = events["data"][0]["id"].as_str().map(str::to_owned);
            let Some(event) = event else { return false };
            let event = gateway.get(&format!("/v1/events/{event}")).await.expect(200).body;
            event.to_string().contains("\"status\":401")
        })
        .await;

        assert_eq!(how_many(&shop, "commerce_inbox").await, 0);
        assert_eq!(buyer.get(&format!("/v1/orders/{order}")).await.body["state"], "pending");
        let path = format!("/v1/payments/{}", payment.text("id"));
        assert_eq!(buyer.get(&path).await.body["state"], "pending");
        shop.close().await;
    }
}

#[tokio::test]
async fn a_payment_whose_start_went_wrong_goes_on_by_itself_and_is_one() {
    for engine in Engine::BOTH {
        let (shop, tea, buyer) = scene(engine, &[]).await;
        let ways = [
            "http=500@create",
            "http=429@create",
            "timeout=1500@create",
            "charge-then-timeout=1500@create",
        ];

        for way in ways {
            shop.befalls(way);
            let order = buyer.order(&tea, 1).await.expect(201).text("id");
            let payment = buyer.pay(&order).await.expect(201);
            assert_eq!(payment.body["state"], "created", "{way}");
            let payment = buyer.payment_becomes(&payment.text("id"), "pending").await;
            shop.confirm(&payment, GOOD_CARD).await.expect(200);

            buyer.order_becomes(&order, "paid").await;
            let (books, id) = (shop.sandbox.books(), payment.text("id"));
            let opened = books.intents.iter().filter(|intent| intent.reference == id);
            assert_eq!(opened.count(), 1, "{way}");
        }
        assert_eq!(shop.money_kept(), 4 * PRICE);
        shop.close().await;
    }
}

#[tokio::test]
async fn when_the_gateway_is_back_every_payment_goes_on() {
    for engine in Engine::BOTH {
        let (shop, tea, _) = scene(engine, &[]).await;
        let mut started = Vec::new();
        shop.befalls("http=503@create; times=0");
        for buyer in shop.customers(6).await {
            let order = buyer.order(&tea, 1).await.expect(201).text("id");
            let payment = buyer.pay(&order).await.expect(201);
            assert_eq!(payment.body["state"], "created");
            started.push((buyer, order, payment.text("id")));
        }
        let seen = buyer_sees_products(&shop).await;
        assert!(seen > 0, "a gateway that is gone takes the shop along");

        shop.befalls("none");

        for (buyer, order, payment) in &started {
            let payment = buyer.payment_becomes(payment, "pending").await;
            shop.confirm(&payment, GOOD_CARD).await.expect(200);
            buyer.order_becomes(order, "paid").await;
        }
        assert_eq!(shop.stock(&tea).await, (4, 0));
        assert_eq!(shop.money_kept(), 6 * PRICE);
        shop.close().await;
    }
}

async fn buyer_sees_products(shop: &Shop) -> usize {
    let products = shop.client().get("/v1/products").await.expect(200).body;
    products["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_declined_payment_holds_the_goods_until_the_order_runs_out() {
    for engine in Engine::BOTH {
        let (shop, tea, buyer) = scene(engine, &[]).await;
        shop.befalls("decline=insufficient_funds; duplicate=3");
        let (order, payment) = try_to_buy(&shop, &buyer, &tea, DECLINED_CARD).await;

        let payment = buyer.payment_becomes(&payment.text("id"), "failed").await;
        assert!(payment.body["failure_code"].is_string(), "{}", payment.body);
        assert_eq!(shop.stock(&tea).await, (10, 1));
        shop.let_orders_run_out().await;

        let order = buyer.order_becomes(&order, "cancelled").await;
        assert_eq!(order.body["cancel_reason"], "expired");
        assert_eq!(shop.stock(&tea).await, (10, 0));
        shop.close().await;
    }
}

#[tokio::test]
async fn the_banks_question_decides() {
    for engine in Engine::BOTH {
        let (shop, tea, buyer) = scene(engine, &[]).await;
        for (outcome, state, order_state) in
            [("fail", "failed", "pending"), ("pass", "captured", "paid")]
        {
            shop.befalls("needs-action; reorder");
            let (order, started) = try_to_buy(&shop, &buyer, &tea, GOOD_CARD).await;
            let payment = started.text("id");
            buyer.payment_becomes(&payment, "requires_action").await;

            let secret = started.body["action"]["client_secret"].as_str().unwrap();
            let (intent, _) = secret.split_once("_secret_").unwrap();
            let body = json!({"client_secret": secret, "outcome": outcome});
            let path = format!("/v1/intents/{intent}/authenticate");
            Client::new(&shop.sandbox.url()).post(&path, body).await.expect(200);

            buyer.payment_becomes(&payment, state).await;
            buyer.order_becomes(&order, order_state).await;
        }
        assert_eq!(shop.stock(&tea).await, (9, 1));
        shop.close().await;
    }
}

/// Pays an order, which runs out before the gateway has made up its mind and takes the money after all.
async fn pay_too_late(shop: &Shop, buyer: &Client, tea: &Goods) -> (String, String) {
    shop.befalls(&format!("late={AN_HOUR_MS}"));
    let (order, payment) = try_to_buy(shop, buyer, tea, GOOD_CARD).await;
    shop.let_orders_run_out().await;
    buyer.order_becomes(&order, "cancelled").await;
    shop.settled().await;
    (order, payment.text("id"))
}

#[tokio::test]
async fn money_that_comes_too_late_goes_back() {
    for engine in Engine::BOTH {
        let (shop, tea, buyer) = scene(engine, &[("SOUK__BUY__LATE_PAYMENT", "refund")]).await;
        let (order, payment) = pay_too_late(&shop, &buyer, &tea).await;

        shop.sandbox.advance(AN_HOUR_MS);

        let payment = buyer.payment_becomes(&payment, "captured").await.body;
        assert_eq!(payment["pays_order"], false);
        assert_eq!(payment["refunds"][0]["cause"], "too_late", "{payment}");
        until("the money is back", || async { shop.money_kept() == 0 }).await;
        let order = buyer.get(&format!("/v1/orders/{order}")).await.expect(200).body;
        assert_eq!(
            (&order["state"], &order["cancel_reason"]),
            (&json!("cancelled"), &json!("expired"))
        );
        assert_eq!(shop.stock(&tea).await, (10, 0));
        shop.close().await;
    }
}

#[tokio::test]
async fn money_that_comes_too_late_is_honoured_while_there_are_goods() {
    for engine in Engine::BOTH {
        let (shop, tea, buyer) = scene(engine, &[("SOUK__BUY__LATE_PAYMENT", "honour")]).await;
        let (honoured, _) = pay_too_late(&shop, &buyer, &tea).await;
        shop.sandbox.advance(AN_HOUR_MS);
        buyer.order_becomes(&honoured, "paid").await;
        assert_eq!(shop.stock(&tea).await, (9, 0));

        let (order, payment) = pay_too_late(&shop, &buyer, &tea).await;
        shop.befalls("none");
        shop.buy(&shop.customer().await, &tea, 9).await;
        shop.sandbox.advance(AN_HOUR_MS);

        let payment = buyer.payment_becomes(&payment, "captured").await.body;
        assert_eq!(payment["refunds"][0]["cause"], "out_of_stock", "{payment}");
        until("the money is back", || async { shop.money_kept() == 10 * PRICE }).await;
        let order = buyer.get(&format!("/v1/orders/{order}")).await.expect(200).body;
        assert_eq!(order["state"], "cancelled");
        assert_eq!(shop.stock(&tea).await, (0, 0));
        shop.close().await;
    }
}

#[tokio::test]
async fn a_wrong_amount_pays_nothing_and_calls_a_person() {
    for engine in Engine::BOTH {
        let (shop, tea, buyer) = scene(engine, &[]).await;
        shop.befalls("wrong-amount");
        let (order, _) = try_to_buy(&shop, &buyer, &tea, GOOD_CARD).await;

        until("it is set aside", || async { how_many(&shop, "commerce_quarantine").await > 0 })
            .await;

        assert_eq!(buyer.get(&format!("/v1/orders/{order}")).await.body["state"], "pending");
        assert!(how_many(&shop, "commerce_events where name = 'payment_mismatch'").await > 0);
        assert_eq!(how_many(&shop, "ledger_transactions").await, 0);
        let report = shop.run(&["check"]).await;
        let told = String::from_utf8_lossy(&report.stdout).into_owned();
        assert!(report.status.success(), "{told}");
        assert!(told.contains("LATE    no message of a provider was set aside: 1 times"), "{told}");
        // The person has looked at it.
        shop.database.execute("delete from commerce_quarantine").await;
        shop.close().await;
    }
}

#[tokio::test]
async fn a_refund_that_meets_trouble_arrives_once() {
    for engine in Engine::BOTH {
        let (shop, tea, buyer) = scene(engine, &[]).await;
        let keeper = shop.operator().await;
        let ways = [
            "http=500@refund; times=2",
            "timeout=1500@refund",
            "charge-then-timeout=1500@refund",
            "refund-delay=300; lose",
        ];
        for way in ways {
            shop.befalls(way);
            let (order, payment) = try_to_buy(&shop, &buyer, &tea, GOOD_CARD).await;
            buyer.order_becomes(&order, "paid").await;
            let wish = json!({"payment": payment.text("id"), "reason": "Broken."});
            keeper.post_fresh("/v1/refunds", wish).await.expect(201);

            let order = buyer.order_becomes(&order, "cancelled").await;
            assert_eq!(order.body["cancel_reason"], "refunded", "{way}");
            let payment = buyer.payment_becomes(&payment.text("id"), "captured").await.body;
            assert_eq!(payment["refunded"]["amount"], PRICE, "{way}");
            assert_eq!(shop.money_kept(), 0, "{way}");
            assert_eq!(shop.stock(&tea).await, (10, 0), "{way}");
        }
        let refunds = shop.sandbox.books().totals["USD"].refunds;
        assert_eq!(refunds, 4);
        shop.close().await;
    }
}

#[tokio::test]
async fn a_refund_that_the_bank_sends_back_may_be_tried_again() {
    for engine in Engine::BOTH {
        let (shop, tea, buyer) = scene(engine, &[]).await;
        let keeper = shop.operator().await;
        shop.befalls("refund-fail");
        let (order, payment) = try_to_buy(&shop, &buyer, &tea, GOOD_CARD).await;
        buyer.order_becomes(&order, "paid").await;
        let payment = payment.text("id");

        for tries in 1..=2 {
            let wish = json!({"payment": payment, "reason": "Broken."});
            keeper.post_fresh("/v1/refunds", wish).await.expect(201);
            until("the bank sent it back", || async {
                let path = format!("/v1/refunds?payment={payment}");
                let refunds = keeper.get(&path).await.expect(200).body;
                let refunds = refunds["data"].as_array().unwrap().clone();
                refunds.len() == tries && refunds.iter().all(|refund| refund["state"] == "failed")
            })
            .await;
        }

        let seen = buyer.get(&format!("/v1/payments/{payment}")).await.expect(200).body;
        assert_eq!(seen["refundable"]["amount"], PRICE, "{seen}");
        assert_eq!(shop.money_kept(), PRICE);
        assert_eq!(buyer.get(&format!("/v1/orders/{order}")).await.body["state"], "paid");
        shop.close().await;
    }
}
