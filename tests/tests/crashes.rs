//! `kill -9` where it hurts most, on both engines: what was told is kept, what was begun is finished, once.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use serde_json::json;
use tests::{Client, Engine, Goods, Policy, Shop, Storm, shop::until, trade::GOOD_CARD};

const PRICE: i64 = 12_50;
const AN_HOUR_MS: u64 = 3_600_000;
const NEVER_POLL: (&str, &str) = ("SOUK__PAYMENTS__POLL_GAPS_S", "3600");

async fn kill_the_server(shop: &mut Shop) {
    shop.server.take().unwrap().kill().await;
}

/// Gives the card for an order of one piece; the gateway will charge it in an hour.
async fn pay_slowly(shop: &Shop, buyer: &Client, tea: &Goods, faults: &str) -> String {
    shop.befalls(&format!("delay={AN_HOUR_MS}; {faults}"));
    let order = buyer.order(tea, 1).await.expect(201).text("id");
    let payment = buyer.pay(&order).await.expect(201);
    shop.confirm(&payment, GOOD_CARD).await.expect(200);
    order
}

/// The server dies, the gateway charges, the server comes back.
async fn charge_while_dead(engine: Engine, setting: (&str, &str), faults: &str) {
    let mut shop = Shop::open_with(engine, &[setting]).await;
    let tea = shop.put_on_sale(Policy::Hold, PRICE, 5).await;
    let buyer = shop.new_customer().await;
    let order = pay_slowly(&shop, &buyer, &tea, faults).await;

    kill_the_server(&mut shop).await;
    shop.sandbox.advance(AN_HOUR_MS);
    assert_eq!(shop.money_kept(), PRICE, "charged while the shop is dead");
    shop.start().await;

    buyer.order_becomes(&order, "paid").await;
    assert_eq!(shop.stock(&tea).await, (4, 0));
    assert_eq!(shop.money_kept(), PRICE);
    shop.close().await;
}

#[tokio::test]
async fn a_charge_that_nobody_told_us_of_is_found_after_a_crash() {
    for engine in Engine::BOTH {
        charge_while_dead(engine, ("SOUK__PAYMENTS__POLL_GAPS_S", "1"), "lose").await;
    }
}

#[tokio::test]
async fn a_charge_is_told_again_to_a_server_that_was_dead() {
    for engine in Engine::BOTH {
        charge_while_dead(engine, NEVER_POLL, "duplicate=3").await;
    }
}

#[tokio::test]
async fn news_that_was_taken_in_before_a_crash_is_acted_on_after_it() {
    for engine in Engine::BOTH {
        let settings = [NEVER_POLL, ("SOUK__WORKER__ENABLED", "false")];
        let mut shop = Shop::open_with(engine, &settings).await;
        let tea = shop.put_on_sale(Policy::Hold, PRICE, 5).await;
        let buyer = shop.new_customer().await;
        let order = pay_slowly(&shop, &buyer, &tea, "").await;
        shop.sandbox.advance(AN_HOUR_MS);
        until("the news is in", || async {
            shop.database.number("select count(*) from commerce_inbox").await == 1
        })
        .await;
        assert_eq!(buyer.get(&format!("/v1/orders/{order}")).await.body["state"], "pending");

        kill_the_server(&mut shop).await;
        shop.start().await;
        let worker = shop.another_worker().await;

        buyer.order_becomes(&order, "paid").await;
        assert_eq!(shop.stock(&tea).await, (4, 0));
        shop.settled().await;
        assert!(worker.terminate().await.success());
        shop.close().await;
    }
}

#[tokio::test]
async fn a_delivery_whose_worker_was_killed_is_finished_by_another_without_effect_twice() {
    for engine in Engine::BOTH {
        // A worker hangs in its call for longer than this test may wait; its lease alone frees the delivery.
        let settings = [
            NEVER_POLL,
            ("SOUK__WORKER__ENABLED", "false"),
            ("SOUK__WORKER__LEASE_S", "6"),
            ("SOUK__PAYMENTS__SANDBOX__TIMEOUT_MS", "60000"),
        ];
        let shop = Shop::open_with(engine, &settings).await;
        let tea = shop.put_on_sale(Policy::Hold, PRICE, 5).await;
        let (buyer, keeper) = (shop.new_customer().await, shop.operator().await);
        let first = shop.another_worker().await;
        shop.befalls("charge-then-timeout=60000@refund");
        let order = shop.buy(&buyer, &tea, 2).await.text("id");
        shop.settled().await;
        let payments = buyer.get(&format!("/v1/payments?order={order}")).await.expect(200);
        let wish = json!({"payment": payments.body["data"][0]["id"], "reason": "Broken."});
        keeper.post_fresh("/v1/refunds", wish).await.expect(201);

        until("the worker waits for the gateway's answer", || async {
            shop.sandbox.books().totals["USD"].refunds == 1
        })
        .await;
        first.kill().await;
        let leased = "commerce_deliveries where subscriber = 'send_refunds' and attempts = 1";
        let leased = format!("select count(*) from {leased}");
        assert_eq!(shop.database.number(&leased).await, 1, "it was killed in the middle");
        let second = shop.another_worker().await;

        let order = buyer.order_becomes(&order, "cancelled").await;
        assert_eq!(order.body["cancel_reason"], "refunded");
        shop.settled().await;
        let totals = shop.sandbox.books().totals["USD"];
        assert_eq!((totals.refunds, totals.refunded), (1, 2 * PRICE));
        assert_eq!(shop.stock(&tea).await, (5, 0));
        let told = "select count(*) from commerce_events where name = 'refund_succeeded'";
        assert_eq!(shop.database.number(told).await, 1);
        assert!(second.terminate().await.success());
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_again_and_again_under_load_loses_nothing_it_told() {
    for engine in Engine::BOTH {
        let mut shop = Shop::open(engine).await;
        let tea = shop.put_on_sale(Policy::Hold, PRICE, 1_000).await;
        let storm = Storm::begin(&shop, shop.customers(8).await, &tea, 4);

        for round in 1..=3 {
            storm.has_bought(8 * round).await;
            kill_the_server(&mut shop).await;
            shop.start().await;
        }

        assert_eq!(storm.blow_over().await, 32);
        let (on_hand, held) = shop.stock(&tea).await;
        assert_eq!(held, 0);
        assert_eq!(shop.money_kept(), (1_000 - on_hand) * PRICE);
        let orders = shop.database.number("select count(*) from commerce_orders").await;
        assert_eq!(orders, 32, "each order was told of");
        shop.close().await;
    }
}
