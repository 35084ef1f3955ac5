//! Several payment providers in one shop, chosen payment by payment, on both engines.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests")]

use std::{collections::BTreeMap, sync::Arc};

use integrations::testing::{
    Fault, LocalServer, PAYPAL_CLIENT, PAYPAL_MERCHANT, PAYPAL_SECRET, PayPalFake, RAZORPAY_KEY,
    RAZORPAY_SECRET, RazorpayFake, sign,
};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Client, Engine, Policy, Shop, shop::until};

const RAZORPAY_WEBHOOK: &str = "razorpay-webhook-secret";
const PAYPAL_WEBHOOK: &str = "1JE4291016473214C";

struct World {
    shop: Shop,
    paypal: Arc<PayPalFake>,
    razorpay: Arc<RazorpayFake>,
    at_paypal: LocalServer,
    at_razorpay: LocalServer,
}

impl World {
    async fn open(engine: Engine) -> Self {
        let (paypal, razorpay) = (Arc::<PayPalFake>::default(), Arc::<RazorpayFake>::default());
        let at_paypal = LocalServer::start(paypal.clone()).await;
        let at_razorpay = LocalServer::start(razorpay.clone()).await;
        let shop = Shop::open_with(
            engine,
            &[
                ("SOUK__PAYMENTS__ENABLED", "sandbox,paypal,razorpay"),
                ("SOUK__PAYMENTS__PAYPAL__BASE_URL", &at_paypal.url),
                ("SOUK__PAYMENTS__PAYPAL__CLIENT_ID", PAYPAL_CLIENT),
                ("SOUK__PAYMENTS__PAYPAL__CLIENT_SECRET", PAYPAL_SECRET),
                ("SOUK__PAYMENTS__PAYPAL__MERCHANT_ID", PAYPAL_MERCHANT),
                ("SOUK__PAYMENTS__PAYPAL__RETURN_URL", "https://shop.example/paid"),
                ("SOUK__PAYMENTS__PAYPAL__CANCEL_URL", "https://shop.example/cart"),
                ("SOUK__PAYMENTS__PAYPAL__WEBHOOK_IDS", PAYPAL_WEBHOOK),
                ("SOUK__PAYMENTS__PAYPAL__WEBHOOK_CHECK", "postback"),
                ("SOUK__PAYMENTS__RAZORPAY__BASE_URL", &at_razorpay.url),
                ("SOUK__PAYMENTS__RAZORPAY__KEY_ID", RAZORPAY_KEY),
                ("SOUK__PAYMENTS__RAZORPAY__KEY_SECRET", RAZORPAY_SECRET),
                ("SOUK__PAYMENTS__RAZORPAY__WEBHOOK_SECRETS", RAZORPAY_WEBHOOK),
            ],
        )
        .await;
        Self { shop, paypal, razorpay, at_paypal, at_razorpay }
    }

    async fn begin(&self, buyer: &Client, provider: &str) -> (String, Answer) {
        let tea = self.shop.put_on_sale(Policy::Hold, 12_50, 5).await;
        let order = buyer.order(&tea, 2).await.expect(201).text("id");
        let body = json!({"order": order, "provider": provider});
        (order, buyer.post_fresh("/v1/payments", body).await.expect(201))
    }

    async fn tell(&self, provider: &str, headers: &BTreeMap<String, String>, body: Value) -> u16 {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let path = format!("/v1/webhooks/{provider}");
        self.shop.client().ask(Method::POST, &path, &headers, Some(body)).await.status
    }

    /// Refunds a part, and waits until it has arrived.
    async fn give_back(&self, buyer: &Client, payment: &str, cents: i64) {
        let operator = self.shop.operator().await;
        let amount = json!({"amount": cents, "currency": "USD"});
        let body = json!({"payment": payment, "amount": amount, "reason": "One arrived broken."});
        operator.post_fresh("/v1/refunds", body).await.expect(201);
        let path = format!("/v1/payments/{payment}");
        until("the refund arrived", || async {
            buyer.get(&path).await.body["refunded"]["amount"] == cents
        })
        .await;
    }
}

fn provider_order(payment: &Answer) -> String {
    payment.body["action"]["order_id"].as_str().unwrap().to_owned()
}

fn of_razorpay(event: &str, body: &Value) -> BTreeMap<String, String> {
    let signature = sign(RAZORPAY_WEBHOOK, body.to_string().as_bytes());
    BTreeMap::from([
        ("x-razorpay-signature".to_owned(), signature),
        ("x-razorpay-event-id".to_owned(), event.to_owned()),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_paid_through_paypal_once_the_customer_has_agreed() {
    for engine in Engine::BOTH {
        let world = World::open(engine).await;
        let buyer = world.shop.new_customer().await;
        world.at_paypal.next("POST /v2/checkout/orders", Fault::Cut);
        let (order, payment) = world.begin(&buyer, "paypal").await;
        assert_eq!(payment.body["action"]["kind"], "redirect");
        let there = provider_order(&payment);

        world.paypal.approve(&there);
        let body = json!({
            "id": "WH-1", "event_type": "CHECKOUT.ORDER.APPROVED", "resource": {"id": there},
        });
        let headers = world.paypal.transmission(body.to_string().as_bytes());
        assert_eq!(world.tell("paypal", &headers, body.clone()).await, 200);
        buyer.order_becomes(&order, "paid").await;
        assert_eq!(world.tell("paypal", &headers, body).await, 200, "it may come twice");
        let forged = json!({"id": "WH-2", "event_type": "X", "resource": {}});
        assert_eq!(world.tell("paypal", &headers, forged).await, 401);

        world.give_back(&buyer, &payment.text("id"), 5_00).await;
        let orders = world.paypal.books().orders();
        assert_eq!(orders.len(), 1, "the answer was lost, and it was made once");
        let payments = &orders[0]["purchase_units"][0]["payments"];
        assert_eq!(payments["captures"][0]["amount"]["value"], "25.00");
        assert_eq!(payments["refunds"][0]["amount"]["value"], "5.00");
        world.shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_paid_through_razorpay_when_the_customer_comes_back() {
    for engine in Engine::BOTH {
        let world = World::open(engine).await;
        let buyer = world.shop.new_customer().await;
        let (order, payment) = world.begin(&buyer, "razorpay").await;
        assert_eq!(payment.body["action"]["kind"], "checkout");
        assert_eq!(payment.body["action"]["public_key"], RAZORPAY_KEY);
        let there = provider_order(&payment);
        let proof = world.razorpay.pay(&there, "authorized");
        let back = format!("/v1/payments/{}/return", payment.text("id"));

        let mut forged = proof.clone();
        forged.insert("razorpay_payment_id".into(), "pay_other".into());
        assert!(buyer.post(&back, json!({"proof": forged})).await.is_refusal());
        let paid = buyer.post(&back, json!({"proof": proof})).await.expect(200);
        assert_eq!(paid.body["state"], "captured");
        buyer.order_becomes(&order, "paid").await;

        let about = json!({"payment": {"entity": {"id": "pay_1", "order_id": there}}});
        let body = json!({"event": "payment.captured", "payload": about});
        let headers = of_razorpay("evt_1", &body);
        assert_eq!(world.tell("razorpay", &headers, body.clone()).await, 200);
        assert_eq!(world.tell("razorpay", &headers, body).await, 200);
        let unsigned = of_razorpay("evt_2", &json!({}));
        let other = json!({"event": "payment.captured", "payload": {}});
        assert_eq!(world.tell("razorpay", &unsigned, other).await, 401);

        world.at_razorpay.next("/refund", Fault::Cut);
        world.give_back(&buyer, &payment.text("id"), 25_00).await;
        assert_eq!(world.razorpay.books().refunds().len(), 1);
        world.shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_payment_goes_through_the_provider_it_names() {
    let world = World::open(Engine::Sqlite).await;
    let buyer = world.shop.new_customer().await;

    for provider in ["paypal", "razorpay", "sandbox"] {
        let (_, payment) = world.begin(&buyer, provider).await;
        assert_eq!(payment.body["provider"], provider);
    }

    assert_eq!(world.paypal.books().orders().len(), 1);
    assert_eq!(world.razorpay.books().orders().len(), 1);
    assert_eq!(world.shop.sandbox.books().intents.len(), 1);
    let tea = world.shop.put_on_sale(Policy::Hold, 12_50, 5).await;
    let order = buyer.order(&tea, 1).await.expect(201).text("id");
    let stripe = json!({"order": order, "provider": "stripe"});
    let off = buyer.post_fresh("/v1/payments", stripe).await;
    assert_eq!((off.status, off.code()), (422, "no_provider"), "it is switched off");
    world.shop.close().await;
}
