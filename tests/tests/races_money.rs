//! Money in many hands at once: one payment pays an order, and nobody gets back more than they paid.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use serde_json::{Value, json};
use tests::{
    Answer, Client, Doors, Engine, Policy, Shop,
    shop::until,
    together,
    trade::{DECLINED_CARD, GOOD_CARD},
};
use uuid::Uuid;

/// Ten pieces at ten dollars.
const PAID: i64 = 100_00;

/// Buys for [`PAID`]; returns the payment's id.
async fn paid(shop: &Shop, buyer: &Client) -> String {
    let goods = shop.put_on_sale(Policy::Hold, 10_00, 20).await;
    let order = shop.buy(buyer, &goods, 10).await.text("id");
    payments_of(buyer, &order).await[0]["id"].as_str().unwrap().to_owned()
}

async fn payments_of(buyer: &Client, order: &str) -> Vec<Value> {
    let answer = buyer.get(&format!("/v1/payments?order={order}&limit=100")).await.expect(200);
    answer.body["data"].as_array().unwrap().clone()
}

fn refund(payment: &str, cents: Option<i64>) -> Value {
    let amount = cents.map(|cents| json!({"amount": cents, "currency": "USD"}));
    json!({"payment": payment, "amount": amount, "reason": "It came broken."})
}

/// Asks for so many refunds at the same moment, under keys of their own or under one.
async fn refund_at_once(
    (doors, keeper): (&Doors, &Client),
    body: Value,
    count: usize,
    one_key: bool,
) -> Vec<Answer> {
    let key = Uuid::new_v4().to_string();
    together((0..count).map(|number| {
        let (keeper, body) = (doors.at(number, keeper), body.clone());
        let key = if one_key { key.clone() } else { format!("{key}-{number}") };
        async move { keeper.post_once("/v1/refunds", &key, body).await }
    }))
    .await
}

/// How many were promised; all others were told why not.
#[track_caller]
fn promised(answers: &[Answer]) -> usize {
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.is_refusal()));
    answers.iter().filter(|answer| answer.status == 201).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_at_once_never_come_to_more_than_was_paid() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let (doors, buyer) = (Doors::open(&shop).await, shop.new_customer().await);
        let keeper = shop.operator().await;
        let payment = paid(&shop, &buyer).await;

        let answers =
            refund_at_once((&doors, &keeper), refund(&payment, Some(7_00)), 32, false).await;

        assert_eq!(promised(&answers), 14, "{engine:?}");
        let refused = answers.iter().filter(|answer| answer.status != 201);
        assert!(refused.clone().all(|answer| answer.code() == "refund_too_large"));
        let rest = keeper.post_fresh("/v1/refunds", refund(&payment, None)).await.expect(201);
        assert_eq!(rest.body["amount"]["amount"], 2_00);
        until("all the money is back", || async { shop.money_kept() == 0 }).await;
        doors.close(&shop).await;
        let payment = buyer.get(&format!("/v1/payments/{payment}")).await.expect(200).body;
        assert_eq!(payment["refunded"]["amount"], PAID);
        assert_eq!(payment["refundable"]["amount"], 0);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_whole_refunds_at_once_one_is_made() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let (doors, buyer) = (Doors::open(&shop).await, shop.new_customer().await);
        let keeper = shop.operator().await;

        for one_key in [false, true] {
            let payment = paid(&shop, &buyer).await;
            let answers =
                refund_at_once((&doors, &keeper), refund(&payment, None), 24, one_key).await;

            let made = promised(&answers);
            assert!(if one_key { made >= 1 } else { made == 1 }, "{engine:?} {made}");
            let path = format!("/v1/refunds?payment={payment}");
            let refunds = keeper.get(&path).await.expect(200).body;
            assert_eq!(refunds["data"].as_array().unwrap().len(), 1, "{refunds}");
            assert_eq!(refunds["data"][0]["amount"]["amount"], PAID);
        }

        until("all the money is back", || async { shop.money_kept() == 0 }).await;
        doors.close(&shop).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_payments_started_at_once_one_is_open_and_one_is_captured() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let (doors, buyer) = (Doors::open(&shop).await, shop.new_customer().await);
        let goods = shop.put_on_sale(Policy::Hold, 10_00, 20).await;
        let order = buyer.order(&goods, 10).await.expect(201).text("id");

        // The first round ends with a declined card, the second with the money.
        for card in [DECLINED_CARD, GOOD_CARD] {
            let answers = together((0..32).map(|number| {
                let (buyer, order) = (doors.at(number, &buyer), order.clone());
                async move { buyer.pay(&order).await }
            }))
            .await;

            assert_eq!(promised(&answers), 1, "{engine:?}");
            let refused = answers.iter().filter(|answer| answer.status != 201);
            assert!(refused.clone().all(|answer| answer.code() == "payment_in_progress"));
            let started = answers.iter().find(|answer| answer.status == 201).unwrap();
            shop.confirm(started, card).await.expect(200);
            until("the payment has ended", || async {
                let all = payments_of(&buyer, &order).await;
                all.iter()
                    .all(|payment| payment["state"] == "failed" || payment["pays_order"] == true)
            })
            .await;
        }

        buyer.order_becomes(&order, "paid").await;
        assert_eq!(payments_of(&buyer, &order).await.len(), 2);
        assert_eq!(shop.money_kept(), PAID);
        doors.close(&shop).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_captures_at_once_one_pays_the_order_and_the_other_goes_back() {
    const LATER: u64 = 3_600_000;
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let (doors, buyer) = (Doors::open(&shop).await, shop.new_customer().await);
        let goods = shop.put_on_sale(Policy::Hold, 10_00, 80).await;
        let mut orders = Vec::new();
        for _ in 0..8 {
            let order = buyer.order(&goods, 10).await.expect(201).text("id");
            // Declined, and then charged after all, at the very moment at which the second try is.
            shop.befalls(&format!("decline; late={LATER}"));
            let first = buyer.pay(&order).await.expect(201);
            shop.confirm(&first, GOOD_CARD).await.expect(200);
            buyer.payment_becomes(&first.text("id"), "failed").await;
            shop.befalls(&format!("delay={LATER}"));
            let second = buyer.pay(&order).await.expect(201);
            shop.confirm(&second, GOOD_CARD).await.expect(200);
            orders.push(order);
        }

        shop.sandbox.advance(LATER);

        assert_eq!(shop.sandbox.books().totals["USD"].captured, 16 * PAID);
        for order in &orders {
            buyer.order_becomes(order, "paid").await;
        }
        until("half of it is back", || async { shop.money_kept() == 8 * PAID }).await;
        doors.close(&shop).await;
        for order in &orders {
            let payments = payments_of(&buyer, order).await;
            let pays = |payment: &&Value| payment["pays_order"] == true;
            assert_eq!(payments.iter().filter(pays).count(), 1, "{payments:?}");
            let other = payments.iter().find(|payment| !pays(payment)).unwrap();
            assert_eq!(other["refunds"][0]["cause"], "paid_twice", "{other}");
            assert_eq!(other["refunded"]["amount"], PAID, "{other}");
        }
        assert_eq!(shop.stock(&goods).await, (0, 0));
        shop.close().await;
    }
}
