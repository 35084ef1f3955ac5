//! A shop in which others sell: sellers who were let in, what their goods bring them, and how they are paid.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Answer, Client, Engine, Goods, Policy, Shop,
    shop::{API_KEY, until},
    trade::GOOD_CARD,
};

/// A seller, and the person who owns it.
pub struct Merchant {
    pub id: String,
    pub owner: Client,
}

/// A shop in which others sell.
pub struct Bazaar {
    pub shop: Shop,
    pub operator: Client,
    pub buyer: Client,
}

/// Earnings wait an hour unless a test lets it pass; a fee is taxed at 19 %.
const SETTINGS: [(&str, &str); 2] =
    [("SOUK__MARKET__DISPUTE_WINDOW_HOURS", "1"), ("SOUK__MARKET__FEE_TAX_BASIS_POINTS", "1900")];

impl Bazaar {
    /// Earnings wait an hour unless a test lets it pass; a fee is taxed at 19 %.
    pub async fn open(engine: Engine) -> Self {
        let shop = Shop::open_with(engine, &SETTINGS).await;
        let (operator, buyer) = (shop.operator().await, shop.new_customer().await);
        Self { shop, operator, buyer }
    }

    /// Somebody who applied and was approved.
    pub async fn merchant(&self, name: &str) -> Merchant {
        let owner = self.shop.new_customer().await;
        let application = json!({
            "name": name, "zone": "Europe/Berlin", "address": "Alexanderplatz 1, Berlin",
            "place": {"latitude": "52.52", "longitude": "13.405"},
            "payout_account": format!("acct_{name}"),
        });
        let applied = owner.post("/v1/market/sellers", application).await.expect(201);
        let id = applied.text("id");
        assert_eq!(applied.text("state"), "applied");
        let path = format!("/v1/market/sellers/{id}/approve");
        self.operator.post(&path, json!({})).await.expect(200);
        until("the owner may sell", || async {
            owner.get("/v1/me").await.expect(200).text("role") == "seller"
        })
        .await;
        Merchant { id, owner }
    }

    /// Buys one of each, and waits until it is paid.
    pub async fn buys(&self, goods: &[&Goods]) -> Bought {
        for goods in goods {
            self.buyer.put_in_cart(goods, 1).await.expect(201);
        }
        let order = self.buyer.check_out().await.expect(201).text("id");
        let payment = self.buyer.pay(&order).await.expect(201);
        self.shop.confirm(&payment, GOOD_CARD).await.expect(200);
        self.buyer.order_becomes(&order, "paid").await;
        self.right().await;
        Bought { payment: payment.text("id") }
    }

    /// Every event was heard, and every promise is kept.
    pub async fn right(&self) {
        self.shop.settled().await;
        self.shop.check().await;
    }

    /// Pending, payable and receivable.
    pub async fn stands(&self, merchant: &Merchant) -> [i64; 3] {
        let path = format!("/v1/market/sellers/{}/balances", merchant.id);
        let balances = merchant.owner.get(&path).await.expect(200);
        let balance = &balances.body["data"][0];
        ["pending", "payable", "receivable"]
            .map(|account| balance[account]["amount"].as_i64().unwrap_or_default())
    }

    /// The time for disputes is over, and the worker has seen it.
    pub async fn window_passes(&self) {
        self.shop
            .database
            .execute("update commerce_earnings set earned_at = 1 where released_at is null")
            .await;
        let waiting = "select count(*) from commerce_earnings where released_at is null";
        until("earnings are released", || async { self.shop.database.number(waiting).await == 0 })
            .await;
        self.right().await;
    }

    pub async fn pays_out(&self, merchant: &Merchant) -> Answer {
        let body = json!({"seller": merchant.id, "currency": "USD"});
        self.operator.post_fresh("/v1/market/payouts", body).await
    }

    pub async fn payout_becomes(&self, payout: &Answer, state: &str) -> Answer {
        let path = format!("/v1/market/payouts/{}", payout.text("id"));
        until(&format!("the payout is {state}"), || async {
            self.operator.get(&path).await.body["state"] == state
        })
        .await;
        self.right().await;
        self.operator.get(&path).await.expect(200)
    }

    pub async fn refunds(&self, by: &Client, bought: &Bought, cents: i64) -> Answer {
        let amount = json!({"amount": cents, "currency": "USD"});
        let body = json!({"payment": bought.payment, "amount": amount, "reason": "broken"});
        by.post_fresh("/v1/refunds", body).await
    }

    /// The account's bank gives a payout back.
    pub async fn bank_returns(&self, payout: &Answer) {
        let bank = Client::new(&self.shop.sandbox.url()).with_token(API_KEY);
        let path = format!("/test/payouts/{}/return", payout.text("provider_ref"));
        bank.post(&path, json!({"code": "account_closed"})).await.expect(200);
    }

    /// The customer's bank takes money back; whose it is, is not yet decided.
    pub async fn bank_disputes(&self, bought: &Bought, cents: i64) -> String {
        let amount = json!({"amount": cents, "currency": "USD"});
        let body = json!({"amount": amount, "reason": "never arrived"});
        let path = format!("/v1/payments/{}/disputes", bought.payment);
        let opened = self.operator.post_fresh(&path, body).await.expect(201);
        self.right().await;
        opened.text("id")
    }

    pub async fn dispute_is(&self, bought: &Bought, dispute: &str, outcome: &str) -> Answer {
        let path = format!("/v1/payments/{}/disputes/{dispute}/decision", bought.payment);
        let answer = self.operator.post(&path, json!({"outcome": outcome})).await;
        self.right().await;
        answer
    }
}

/// A paid order of the buyer.
pub struct Bought {
    pub payment: String,
}

/// Puts something of theirs on sale.
pub async fn offers(by: &Client, cents: i64) -> Goods {
    let sku = Uuid::new_v4().simple().to_string();
    let body = json!({
        "title": format!("Thing {sku}"),
        "variants": [{
            "sku": sku,
            "prices": [{"amount": cents, "currency": "USD"}],
            "stock_policy": Policy::Untracked.name(),
        }],
    });
    let made = by.post("/v1/products", body).await.expect(201);
    let product = made.text("id");
    let variant = made.body["variants"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/products/{product}/publish");
    by.ask(Method::POST, &path, &[("if-match", made.header("etag"))], None).await.expect(200);
    Goods { product, variant, sku }
}

/// The minor units of an amount.
pub fn cents(value: &Value) -> i64 {
    value["amount"].as_i64().unwrap()
}

/// What a payout consists of, and that it is exactly that.
pub fn itemised(payout: &Answer) -> Vec<(String, i64)> {
    let items = payout.body["items"].as_array().unwrap();
    let items: Vec<_> = items
        .iter()
        .map(|item| (item["kind"].as_str().unwrap().to_owned(), cents(&item["amount"])))
        .collect();
    assert_eq!(items.iter().map(|(_, cents)| cents).sum::<i64>(), cents(&payout.body["amount"]));
    items
}
