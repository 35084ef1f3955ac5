//! What people do in the shop: sign up, sell, fill a cart, check out, pay.

use sandbox::Faults;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Answer, Client, Engine, Shop, shop::until};

/// Of everyone the demonstration shop knows.
pub const PASSWORD: &str = "open-sesame-1001";

/// When a product's stock is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    Hold,
    OnPayment,
    Untracked,
}

impl Policy {
    pub const ALL: [Self; 3] = [Self::Hold, Self::OnPayment, Self::Untracked];

    pub fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::OnPayment => "on_payment",
            Self::Untracked => "untracked",
        }
    }
}

/// A published product with one variant.
#[derive(Debug, Clone)]
pub struct Goods {
    pub product: String,
    pub variant: String,
    pub sku: String,
}

impl Shop {
    /// Signs someone in.
    pub async fn sign_in(&self, email: &str, password: &str) -> Client {
        let client = self.client();
        let body = json!({"email": email, "password": password});
        let tokens = client.post("/v1/auth/login", body).await.expect(200);
        client.with_token(&tokens.text("access_token"))
    }

    pub async fn customer(&self) -> Client {
        self.sign_in("customer@example.com", PASSWORD).await
    }

    pub async fn seller(&self) -> Client {
        self.sign_in("seller@example.com", PASSWORD).await
    }

    pub async fn operator(&self) -> Client {
        self.sign_in("operator@example.com", PASSWORD).await
    }

    /// Registers someone new and signs them in.
    pub async fn new_customer(&self) -> Client {
        let email = format!("{}@example.com", Uuid::new_v4().simple());
        let body = json!({"email": email, "name": "Nadia New", "password": PASSWORD});
        self.client().post("/v1/auth/register", body).await.expect(202);
        self.sign_in(&email, PASSWORD).await
    }

    /// Puts a product on sale, with so many pieces in stock.
    pub async fn put_on_sale(&self, policy: Policy, cents: i64, units: i64) -> Goods {
        let seller = self.seller().await;
        let sku = Uuid::new_v4().simple().to_string();
        let body = json!({
            "title": format!("Thing {sku}"),
            "variants": [{
                "sku": sku,
                "prices": [{"amount": cents, "currency": "USD"}],
                "stock_policy": policy.name(),
            }],
        });
        let made = seller.post("/v1/products", body).await.expect(201);
        let product = made.text("id");
        let variant = made.body["variants"][0]["id"].as_str().unwrap().to_owned();
        if policy != Policy::Untracked {
            let body = json!({"variant": variant, "kind": "received", "units": units});
            seller.post_fresh(&format!("/v1/products/{product}/stock"), body).await.expect(201);
        }
        let path = format!("/v1/products/{product}/publish");
        seller
            .ask(reqwest::Method::POST, &path, &[("if-match", made.header("etag"))], None)
            .await
            .expect(200);
        Goods { product, variant, sku }
    }

    /// Pieces on the shelf, and of them those held for orders.
    pub async fn stock(&self, goods: &Goods) -> (i64, i64) {
        let path = format!("/v1/products/{}/stock", goods.product);
        let answer = self.seller().await.get(&path).await.expect(200);
        let level = &answer.body["variants"][0];
        (level["on_hand"].as_i64().unwrap(), level["held"].as_i64().unwrap())
    }

    /// Lets the time run out for every order that waits for payment.
    pub async fn let_orders_run_out(&self) {
        let long_ago = "2020-01-01T00:00:00Z";
        let life = match self.database.engine {
            Engine::Sqlite => format!("json_set(life, '$.state.until', '{long_ago}')"),
            Engine::Postgres => {
                format!("jsonb_set(cast(life as jsonb), '{{state,until}}', '\"{long_ago}\"')")
            }
        };
        let order = "update commerce_orders set version = version + 1, until = 1577836800000000";
        self.database.execute(&format!("{order}, life = {life} where state = 'pending'")).await;
    }

    /// What the gateway's next payments meet: the grammar of `docs/sandbox-gateway.md`.
    pub fn befalls(&self, faults: &str) {
        self.sandbox.set_faults(faults.parse::<Faults>().unwrap());
    }

    /// Pays as the shopper's browser does: the card goes to the gateway, never to the shop.
    pub async fn confirm(&self, payment: &Answer, card: &str) -> Answer {
        Client::new(&self.sandbox.url()).confirm(payment, card).await
    }

    /// Buys and pays, and waits until the order is paid.
    pub async fn buy(&self, buyer: &Client, goods: &Goods, quantity: i64) -> Answer {
        let order = buyer.order(goods, quantity).await.expect(201);
        let payment = buyer.pay(&order.text("id")).await.expect(201);
        self.confirm(&payment, GOOD_CARD).await.expect(200);
        buyer.order_becomes(&order.text("id"), "paid").await
    }
}

/// Cards of the sandbox gateway.
pub const GOOD_CARD: &str = "4242424242424242";
pub const DECLINED_CARD: &str = "4000000000000002";

/// Where everything is sent to.
pub fn address() -> Value {
    json!({"address": {
        "name": "Nadia New", "line1": "1 High Street", "city": "Springfield",
        "postal_code": "12345", "country": "US",
    }})
}

impl Client {
    pub async fn put_in_cart(&self, goods: &Goods, quantity: i64) -> Answer {
        let body = json!({"variant": goods.variant, "quantity": quantity});
        self.post("/v1/cart/items", body).await
    }

    pub async fn check_out(&self) -> Answer {
        self.post_fresh("/v1/checkout", address()).await
    }

    /// Fills the cart and checks out.
    pub async fn order(&self, goods: &Goods, quantity: i64) -> Answer {
        self.put_in_cart(goods, quantity).await.expect(201);
        self.check_out().await
    }

    /// Starts a payment of an order.
    pub async fn pay(&self, order: &str) -> Answer {
        self.post_fresh("/v1/payments", json!({"order": order, "provider": "sandbox"})).await
    }

    /// At the gateway: gives the card for a payment that the shop started.
    pub async fn confirm(&self, payment: &Answer, card: &str) -> Answer {
        let secret = payment.body["action"]["client_secret"].as_str();
        let secret = secret.unwrap_or_else(|| panic!("nothing to confirm in {}", payment.body));
        let (intent, _) = secret.split_once("_secret_").unwrap();
        let card = json!({"number": card, "exp_month": 12, "exp_year": 2034, "cvc": "123"});
        let body = json!({"client_secret": secret, "card": card});
        self.post(&format!("/v1/intents/{intent}/confirm"), body).await
    }

    /// Waits until a payment is in a state, and shows it.
    pub async fn payment_becomes(&self, payment: &str, state: &str) -> Answer {
        let path = format!("/v1/payments/{payment}");
        until(&format!("{payment} is {state}"), || async {
            self.get(&path).await.body["state"] == state
        })
        .await;
        self.get(&path).await.expect(200)
    }

    /// Waits until an order is in a state, and shows it.
    pub async fn order_becomes(&self, order: &str, state: &str) -> Answer {
        let path = format!("/v1/orders/{order}");
        until(&format!("{order} is {state}"), || async {
            self.get(&path).await.body["state"] == state
        })
        .await;
        self.get(&path).await.expect(200)
    }
}
