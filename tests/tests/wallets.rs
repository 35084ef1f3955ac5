//! A customer's wallet over HTTP: topped up by card, paid from, refunded into; raced at every door of the shop.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use serde_json::{Value, json};
use tests::{
    Answer, Client, Doors, Engine, Policy, Shop,
    shop::until,
    together,
    trade::{DECLINED_CARD, GOOD_CARD},
};

const SPENDERS: usize = 64;

fn dollars(cents: i64) -> Value {
    json!({"amount": cents, "currency": "USD"})
}

async fn begin_top_up(client: &Client, cents: i64) -> Answer {
    let body = json!({"amount": dollars(cents), "provider": "sandbox"});
    client.post_fresh("/v1/me/wallet/top-ups", body).await
}

/// Tops up by card, and waits until the money is there.
async fn top_up(shop: &Shop, client: &Client, cents: i64) -> String {
    let payment = begin_top_up(client, cents).await.expect(201);
    shop.confirm(&payment, GOOD_CARD).await.expect(200);
    client.payment_becomes(&payment.text("id"), "captured").await;
    payment.text("id")
}

async fn pay(client: &Client, order: &str) -> Answer {
    client.post_fresh("/v1/payments", json!({"order": order, "provider": "wallet"})).await
}

async fn purse(client: &Client) -> i64 {
    let wallet = client.get("/v1/me/wallet").await.expect(200);
    wallet.body["balances"][0]["available"]["amount"].as_i64().unwrap_or_default()
}

#[tokio::test]
async fn a_wallet_is_topped_up_paid_from_and_refunded_into() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let (ann, operator) = (shop.new_customer().await, shop.operator().await);
        let empty = ann.get("/v1/me/wallet").await.expect(200);
        assert_eq!(empty.body["balances"], json!([]));
        let mug = shop.put_on_sale(Policy::Hold, 30_00, 5).await;
        top_up(&shop, &ann, 50_00).await;

        let order = ann.order(&mug, 1).await.expect(201).text("id");
        let paid = pay(&ann, &order).await.expect(201);
        assert_eq!(
            (paid.text("state"), &paid.body["pays_order"]),
            ("captured".into(), &json!(true))
        );
        assert_eq!(ann.get(&format!("/v1/orders/{order}")).await.body["state"], "paid");
        assert_eq!(purse(&ann).await, 20_00);

        // What is missing is told, and a card does the rest.
        let dear = ann.order(&mug, 1).await.expect(201).text("id");
        let short = pay(&ann, &dear).await.expect(409);
        assert_eq!((short.code(), &short.body["missing"]), ("insufficient_funds", &dollars(10_00)));
        top_up(&shop, &ann, 10_00).await;
        pay(&ann, &dear).await.expect(201);
        assert_eq!(purse(&ann).await, 0);

        let (part, rest) =
            (json!({"payment": paid.text("id"), "amount": dollars(10_00)}), paid.text("id"));
        operator.post_fresh("/v1/refunds", part).await.expect(201);
        until("a part is back", || async { purse(&ann).await == 10_00 }).await;
        operator.post_fresh("/v1/refunds", json!({"payment": rest})).await.expect(201);
        until("all of it is back", || async { purse(&ann).await == 30_00 }).await;
        ann.order_becomes(&order, "cancelled").await;
        assert_eq!(shop.money_kept(), 60_00, "the provider was asked for nothing");
        statement_tells_all(&ann, &operator).await;
        shop.close().await;
    }
}

async fn statement_tells_all(ann: &Client, operator: &Client) {
    let (mut kinds, mut path) = (Vec::new(), "/v1/me/wallet/entries?limit=2".to_owned());
    loop {
        let page = ann.get(&path).await.expect(200).body;
        let entries = page["data"].as_array().unwrap();
        kinds.extend(entries.iter().map(|entry| entry["amount"]["amount"].as_i64().unwrap()));
        let Some(next) = page["page"]["next_cursor"].as_str() else { break };
        path = format!("/v1/me/wallet/entries?limit=2&cursor={next}");
    }
    assert_eq!(kinds, [20_00, 10_00, -30_00, 10_00, -30_00, 50_00]);

    let me = ann.get("/v1/me").await.expect(200).text("id");
    for who in [ann, operator] {
        let wallet = who.get(&format!("/v1/users/{me}/wallet")).await.expect(200);
        assert_eq!(wallet.body["balances"][0]["balance"], dollars(30_00));
        let entries = who.get(&format!("/v1/users/{me}/wallet/entries")).await.expect(200);
        assert_eq!(entries.body["data"][0]["kind"], "wallet_refunded");
        assert!(entries.body["data"][0]["about"].as_str().unwrap().starts_with("ref_"));
    }
}

#[tokio::test]
async fn a_top_up_keeps_to_the_limits_and_another_card_may_do_it() {
    for engine in Engine::BOTH {
        let limits = r#"[{ currency = "USD", least = 500, most = 10000, balance = 12000 }]"#;
        let shop = Shop::open_with(engine, &[("SOUK__PAYMENTS__WALLET__LIMITS", limits)]).await;
        let ann = shop.new_customer().await;

        for (cents, code) in [(4_99, "top_up_too_small"), (100_01, "top_up_too_large")] {
            let refused = begin_top_up(&ann, cents).await.expect(422);
            assert_eq!(refused.body["errors"][0]["code"], code);
            assert_eq!(refused.body["errors"][0]["pointer"], "#/amount");
        }
        let euros = json!({"amount": {"amount": 10_00, "currency": "EUR"}, "provider": "sandbox"});
        let refused = ann.post_fresh("/v1/me/wallet/top-ups", euros).await.expect(422);
        assert_eq!(refused.body["errors"][0]["code"], "currency_not_taken");
        let itself = json!({"amount": dollars(10_00), "provider": "wallet"});
        let refused = ann.post_fresh("/v1/me/wallet/top-ups", itself).await.expect(422);
        assert_eq!(refused.body["errors"][0]["pointer"], "#/provider");

        let declined = begin_top_up(&ann, 100_00).await.expect(201);
        shop.confirm(&declined, DECLINED_CARD).await;
        ann.payment_becomes(&declined.text("id"), "failed").await;
        assert_eq!(purse(&ann).await, 0);
        let order = declined.text("order");
        assert_eq!(ann.get(&format!("/v1/orders/{order}")).await.body["mode"], "wallet");
        let again = ann.pay(&order).await.expect(201);
        shop.confirm(&again, GOOD_CARD).await.expect(200);
        ann.payment_becomes(&again.text("id"), "captured").await;
        assert_eq!(purse(&ann).await, 100_00);

        let full = begin_top_up(&ann, 20_01).await.expect(409);
        assert_eq!((full.code(), &full.body["room"]), ("wallet_full", &dollars(20_00)));
        assert_eq!(
            ann.get(&format!("/v1/orders/{order}/invoices")).await.expect(200).body["data"],
            json!([])
        );
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_spenders_on_one_wallet_as_many_pay_as_there_is_money_for() {
    for engine in Engine::BOTH {
        let settings = [("SOUK__BUY__MAX_OPEN_ORDERS_PER_USER", "100")];
        let shop = Shop::open_with(engine, &settings).await;
        let (doors, ann) = (Doors::open(&shop).await, shop.new_customer().await);
        let tea = shop.put_on_sale(Policy::Hold, 10_00, 64).await;
        top_up(&shop, &ann, 235_00).await;
        let mut orders = Vec::new();
        for _ in 0..SPENDERS {
            orders.push(ann.order(&tea, 1).await.expect(201).text("id"));
        }

        let answers = together(orders.iter().enumerate().map(|(number, order)| {
            let (ann, order) = (doors.at(number, &ann), order.clone());
            async move { pay(&ann, &order).await }
        }))
        .await;

        let (paid, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == 201);
        assert_eq!(paid.len(), 23, "{engine:?}");
        for answer in refused {
            assert!(answer.is_refusal(), "{}", answer.body);
            assert_eq!((answer.status, answer.code()), (409, "insufficient_funds"));
        }
        assert_eq!(purse(&ann).await, 5_00);
        doors.close(&shop).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_paid_at_every_door_at_once_is_paid_once() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let (doors, ann) = (Doors::open(&shop).await, shop.new_customer().await);
        let tea = shop.put_on_sale(Policy::Hold, 10_00, 9).await;
        top_up(&shop, &ann, 100_00).await;

        for one_key in [false, true] {
            let order = ann.order(&tea, 1).await.expect(201).text("id");
            let before = purse(&ann).await;
            let answers = together((0..24).map(|number| {
                let (ann, order) = (doors.at(number, &ann), order.clone());
                let key = if one_key { order.clone() } else { format!("{order}-{number}") };
                let body = json!({"order": order, "provider": "wallet"});
                async move { ann.post_once("/v1/payments", &key, body).await }
            }))
            .await;

            assert!(answers.iter().all(|answer| answer.status == 201 || answer.is_refusal()));
            let paid = answers.iter().filter(|answer| answer.status == 201).count();
            assert!(if one_key { paid >= 1 } else { paid == 1 }, "{engine:?} {paid}");
            assert_eq!(purse(&ann).await, before - 10_00);
        }
        doors.close(&shop).await;
        shop.close().await;
    }
}
