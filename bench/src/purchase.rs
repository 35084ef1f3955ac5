//! A whole purchase: put in the cart, check out, start a payment, give the card to the gateway, see the order paid.

use std::{rc::Rc, time::Duration};

use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    Result,
    http::{Connection, get, request},
    load::Journey,
    trouble,
};

pub const PASSWORD: &str = "open-sesame-1001";
/// How long the buyer waits before looking whether the order is paid; twice as long each time, and not longer than this.
const FIRST_LOOK: Duration = Duration::from_millis(4);
const LOOKS_EVERY: Duration = Duration::from_millis(64);
const LOOKS: usize = 500;

/// Someone who buys one thing after the other.
pub struct Buyer {
    shop: Connection,
    gateway: Connection,
    token: String,
    variants: Rc<[String]>,
    turn: usize,
}

impl Buyer {
    /// Registers someone new.
    pub async fn new(
        shop: &str,
        gateway: &str,
        variants: Rc<[String]>,
        turn: usize,
    ) -> Result<Self> {
        let mut connection = Connection::open(shop).await?;
        let email = format!("{}@example.com", Uuid::new_v4().simple());
        let body = json!({"email": email, "name": "Nadia New", "password": PASSWORD});
        connection.expect(&request("POST", "/v1/auth/register", &[], Some(&body)), 202).await?;
        let token = sign_in(&mut connection, &email).await?;
        let gateway = Connection::open(gateway).await?;
        Ok(Self { shop: connection, gateway, token, variants, turn })
    }

    async fn post(&mut self, path: &str, body: Value) -> Result<Value> {
        let key = Uuid::new_v4().to_string();
        let headers = [("authorization", self.token.as_str()), ("idempotency-key", &key)];
        self.shop.expect(&request("POST", path, &headers, Some(&body)), 201).await
    }

    /// As the database knows them.
    pub async fn id(&mut self) -> Result<Uuid> {
        let headers = [("authorization", self.token.as_str())];
        let me = self.shop.expect(&request("GET", "/v1/me", &headers, None), 200).await?;
        let id = text(&me, "/id")?;
        Ok(Uuid::try_parse(id.rsplit('_').next().unwrap_or(id))?)
    }

    /// Buys what is next.
    pub async fn buy(&mut self) -> Result<()> {
        let variant = self.variants.get(self.turn % self.variants.len().max(1)).cloned();
        self.turn += 1;
        self.post("/v1/cart/items", json!({"variant": variant, "quantity": 1})).await?;
        let order = self.post("/v1/checkout", address()).await?;
        let order = text(&order, "/id")?.to_owned();
        let body = json!({"order": order, "provider": "sandbox"});
        let payment = self.post("/v1/payments", body).await?;
        self.give_card(text(&payment, "/action/client_secret")?).await?;
        self.until_paid(&order).await
    }

    async fn give_card(&mut self, secret: &str) -> Result<()> {
        let (intent, _) = secret.split_once("_secret_").ok_or_else(|| trouble("no secret"))?;
        let card =
            json!({"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"});
        let body = json!({"client_secret": secret, "card": card});
        let path = format!("/v1/intents/{intent}/confirm");
        self.gateway.expect(&request("POST", &path, &[], Some(&body)), 200).await?;
        Ok(())
    }

    async fn until_paid(&mut self, order: &str) -> Result<()> {
        let look = request(
            "GET",
            &format!("/v1/orders/{order}"),
            &[("authorization", self.token.as_str())],
            None,
        );
        let mut pause = FIRST_LOOK;
        for _ in 0..LOOKS {
            sleep(pause).await;
            pause = LOOKS_EVERY.min(pause * 2);
            let seen = self.shop.expect(&look, 200).await?;
            match text(&seen, "/state")? {
                "paid" => return Ok(()),
                "pending" => {}
                other => return Err(trouble(&format!("the order became {other}"))),
            }
        }
        Err(trouble("the order was never paid"))
    }
}

impl Journey for Buyer {
    async fn once(&mut self) -> Result<()> {
        self.buy().await
    }
}

/// What goes into the `Authorization` header.
pub async fn sign_in(connection: &mut Connection, email: &str) -> Result<String> {
    let tokens = connection.expect(&log_in(email), 200).await?;
    Ok(format!("Bearer {}", text(&tokens, "/access_token")?))
}

pub fn log_in(email: &str) -> Vec<u8> {
    let body = json!({"email": email, "password": PASSWORD});
    request("POST", "/v1/auth/login", &[], Some(&body))
}

/// Puts so many pieces of the first products of a list in stock; returns their variants.
pub async fn stock_up(shop: &str, products: &[String], units: i64) -> Result<Vec<String>> {
    let mut connection = Connection::open(shop).await?;
    let token = sign_in(&mut connection, "seller@example.com").await?;
    let mut variants = Vec::new();
    for product in products {
        let shown = connection.expect(&get(&format!("/v1/products/{product}")), 200).await?;
        let variant = text(&shown, "/variants/0/id")?.to_owned();
        let key = Uuid::new_v4().to_string();
        let headers = [("authorization", token.as_str()), ("idempotency-key", &key)];
        let body = json!({"variant": variant, "kind": "received", "units": units});
        let path = format!("/v1/products/{product}/stock");
        connection.expect(&request("POST", &path, &headers, Some(&body)), 201).await?;
        variants.push(variant);
    }
    Ok(variants)
}

fn address() -> Value {
    json!({"address": {
        "name": "Nadia New", "line1": "1 High Street", "city": "Springfield",
        "postal_code": "12345", "country": "US",
    }})
}

pub fn text<'a>(body: &'a Value, pointer: &str) -> Result<&'a str> {
    let found = body.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| trouble(&format!("no {pointer} in {body}")))
}
