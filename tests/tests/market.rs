//! Selling for others, from the application to the money's way back, on both engines; the books are right after every step.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story stops at the first surprise"
)]

use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Answer, Client, Engine, Goods, Policy, Shop,
    shop::{API_KEY, until},
    trade::GOOD_CARD,
};
use uuid::Uuid;

/// A seller, and the person who owns it.
struct Merchant {
    id: String,
    owner: Client,
}

struct Bazaar {
    shop: Shop,
    operator: Client,
    buyer: Client,
}

/// Earnings wait an hour unless a test lets it pass; a fee is taxed at 19 %.
const SETTINGS: [(&str, &str); 2] =
    [("SOUK__MARKET__DISPUTE_WINDOW_HOURS", "1"), ("SOUK__MARKET__FEE_TAX_BASIS_POINTS", "1900")];

impl Bazaar {
    async fn open(engine: Engine) -> Self {
        let shop = Shop::open_with(engine, &SETTINGS).await;
        let (operator, buyer) = (shop.operator().await, shop.new_customer().await);
        Self { shop, operator, buyer }
    }

    /// Somebody who applied and was approved.
    async fn merchant(&self, name: &str) -> Merchant {
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

    async fn buys(&self, goods: &[&Goods]) -> Bought {
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
    async fn right(&self) {
        self.shop.settled().await;
        self.shop.check().await;
    }

    /// Pending, payable and receivable.
    async fn stands(&self, merchant: &Merchant) -> [i64; 3] {
        let path = format!("/v1/market/sellers/{}/balances", merchant.id);
        let balances = merchant.owner.get(&path).await.expect(200);
        let balance = &balances.body["data"][0];
        ["pending", "payable", "receivable"]
            .map(|account| balance[account]["amount"].as_i64().unwrap_or_default())
    }

    /// The time for disputes is over, and the worker has seen it.
    async fn window_passes(&self) {
        self.shop
            .database
            .execute("update commerce_earnings set earned_at = 1 where released_at is null")
            .await;
        let waiting = "select count(*) from commerce_earnings where released_at is null";
        until("earnings are released", || async { self.shop.database.number(waiting).await == 0 })
            .await;
        self.right().await;
    }

    async fn pays_out(&self, merchant: &Merchant) -> Answer {
        let body = json!({"seller": merchant.id, "currency": "USD"});
        self.operator.post_fresh("/v1/market/payouts", body).await
    }

    async fn payout_becomes(&self, payout: &Answer, state: &str) -> Answer {
        let path = format!("/v1/market/payouts/{}", payout.text("id"));
        until(&format!("the payout is {state}"), || async {
            self.operator.get(&path).await.body["state"] == state
        })
        .await;
        self.right().await;
        self.operator.get(&path).await.expect(200)
    }

    async fn refunds(&self, by: &Client, bought: &Bought, cents: i64) -> Answer {
        let amount = json!({"amount": cents, "currency": "USD"});
        let body = json!({"payment": bought.payment, "amount": amount, "reason": "broken"});
        by.post_fresh("/v1/refunds", body).await
    }

    /// The account's bank gives a payout back.
    async fn bank_returns(&self, payout: &Answer) {
        let bank = Client::new(&self.shop.sandbox.url()).with_token(API_KEY);
        let path = format!("/test/payouts/{}/return", payout.text("provider_ref"));
        bank.post(&path, json!({"code": "account_closed"})).await.expect(200);
    }

    /// The customer's bank takes money back; whose it is, is not yet decided.
    async fn bank_disputes(&self, bought: &Bought, cents: i64) -> String {
        let amount = json!({"amount": cents, "currency": "USD"});
        let body = json!({"amount": amount, "reason": "never arrived"});
        let path = format!("/v1/payments/{}/disputes", bought.payment);
        let opened = self.operator.post_fresh(&path, body).await.expect(201);
        self.right().await;
        opened.text("id")
    }

    async fn dispute_is(&self, bought: &Bought, dispute: &str, outcome: &str) -> Answer {
        let path = format!("/v1/payments/{}/disputes/{dispute}/decision", bought.payment);
        let answer = self.operator.post(&path, json!({"outcome": outcome})).await;
        self.right().await;
        answer
    }
}

struct Bought {
    payment: String,
}

/// Puts something of theirs on sale.
async fn offers(by: &Client, cents: i64) -> Goods {
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

fn cents(value: &Value) -> i64 {
    value["amount"].as_i64().unwrap()
}

/// What a payout consists of, and that it is exactly that.
fn itemised(payout: &Answer) -> Vec<(String, i64)> {
    let items = payout.body["items"].as_array().unwrap();
    let items: Vec<_> = items
        .iter()
        .map(|item| (item["kind"].as_str().unwrap().to_owned(), cents(&item["amount"])))
        .collect();
    assert_eq!(items.iter().map(|(_, cents)| cents).sum::<i64>(), cents(&payout.body["amount"]));
    items
}

#[tokio::test]
async fn two_sellers_share_a_cart_and_every_cent_is_accounted_for_all_the_way_back() {
    for engine in Engine::BOTH {
        let bazaar = Bazaar::open(engine).await;
        let (ann, bob) = (bazaar.merchant("ann").await, bazaar.merchant("bob").await);
        let rule = json!({"seller": bob.id, "basis_points": 1_200});
        bazaar.operator.post("/v1/market/commission-rules", rule).await.expect(201);
        let tea = offers(&ann.owner, 100_00).await;
        let cup = offers(&bob.owner, 50_00).await;
        let ours = offers(&bazaar.shop.seller().await, 30_00).await;

        // One cart, three owners. Ann pays 10 % and Bob 12 %, and 19 % tax on that.
        let bought = bazaar.buys(&[&tea, &cup, &ours]).await;
        assert_eq!(bazaar.stands(&ann).await, [88_10, 0, 0]);
        assert_eq!(bazaar.stands(&bob).await, [42_86, 0, 0]);
        let path = format!("/v1/market/sellers/{}/sales", ann.id);
        let sold = ann.owner.get(&path).await.expect(200);
        let line = &sold.body["data"][0];
        let [gross, fee, tax, net] =
            ["gross", "commission", "commission_tax", "net"].map(|part| cents(&line[part]));
        assert_eq!([gross, fee, tax, net], [100_00, 10_00, 1_90, 88_10]);
        let early = bazaar.pays_out(&ann).await.expect(409);
        assert_eq!(early.code(), "nothing_to_pay");

        bazaar.window_passes().await;
        assert_eq!(bazaar.stands(&ann).await, [0, 88_10, 0]);

        // Ann is paid out.
        let payout = bazaar.pays_out(&ann).await.expect(201);
        let payout = bazaar.payout_becomes(&payout, "paid").await;
        assert_eq!(itemised(&payout), [("earnings_released".to_owned(), 88_10)]);
        assert_eq!(bazaar.stands(&ann).await, [0, 0, 0]);

        // A fifth of it goes back: Ann owes her share, Bob has his still.
        bazaar.refunds(&bazaar.operator, &bought, 36_00).await.expect(201);
        bazaar.right().await;
        assert_eq!(bazaar.stands(&ann).await, [0, 0, 17_62]);
        assert_eq!(bazaar.stands(&bob).await, [0, 34_29, 0]);

        // Ann's bank gives the payout back; what she owes is kept from the next.
        bazaar.bank_returns(&payout).await;
        let returned = bazaar.payout_becomes(&payout, "returned").await;
        assert_eq!(returned.text("code"), "account_closed");
        assert_eq!(bazaar.stands(&ann).await, [0, 88_10, 17_62]);
        let second = bazaar.pays_out(&ann).await.expect(201);
        let second = bazaar.payout_becomes(&second, "paid").await;
        let expected =
            [("payout_returned".to_owned(), 88_10), ("earnings_netted".to_owned(), -17_62)];
        assert_eq!(itemised(&second), expected);
        assert_eq!(bazaar.stands(&ann).await, [0, 0, 0]);

        // The customer's bank takes half of the rest: the sellers bear their lines.
        let dispute = bazaar.bank_disputes(&bought, 72_00).await;
        let too_much = bazaar.refunds(&bazaar.operator, &bought, 73_00).await.expect(422);
        assert_eq!(too_much.code(), "refund_too_large");
        for _ in 0..2 {
            bazaar.dispute_is(&bought, &dispute, "lost").await.expect(200);
        }
        let late = bazaar.dispute_is(&bought, &dispute, "won").await.expect(409);
        assert_eq!(late.code(), "dispute_decided");
        assert_eq!(bazaar.stands(&ann).await, [0, 0, 40_00]);
        assert_eq!(bazaar.stands(&bob).await, [0, 34_29, 20_00]);

        // What Ann earns next pays her debt first.
        let again = bazaar.buys(&[&tea]).await;
        let held = bazaar.bank_disputes(&again, 100_00).await;
        bazaar.shop.database.execute("update commerce_earnings set earned_at = 1").await;
        bazaar.right().await;
        assert_eq!(bazaar.stands(&ann).await, [88_10, 0, 40_00], "not while a bank disputes it");
        bazaar.dispute_is(&again, &held, "won").await.expect(200);
        bazaar.window_passes().await;
        assert_eq!(bazaar.stands(&ann).await, [0, 48_10, 0]);

        // She gives all of that sale back, and may touch nobody else's.
        bazaar.refunds(&bob.owner, &again, 1_00).await.expect(404);
        bazaar.refunds(&ann.owner, &again, 100_00).await.expect(201);
        bazaar.right().await;
        assert_eq!(bazaar.stands(&ann).await, [0, 0, 40_00]);
        bazaar.shop.close().await;
    }
}

#[tokio::test]
async fn what_is_a_sellers_is_nobody_elses_business() {
    let bazaar = Bazaar::open(Engine::Sqlite).await;
    let (ann, bob) = (bazaar.merchant("ann").await, bazaar.merchant("bob").await);
    let tea = offers(&ann.owner, 10_00).await;
    let hers = |rest: &str| format!("/v1/market/sellers/{}{rest}", ann.id);

    for rest in ["", "/balances", "/statement", "/sales"] {
        bob.owner.get(&hers(rest)).await.expect(404);
        bazaar.buyer.get(&hers(rest)).await.expect(404);
        ann.owner.get(&hers(rest)).await.expect(200);
        bazaar.operator.get(&hers(rest)).await.expect(200);
    }
    bazaar.shop.client().get(&hers("/profile")).await.expect(200);
    let product =
        bazaar.shop.client().get(&format!("/v1/products/{}", tea.product)).await.expect(200);
    let edit = Some(json!({"title": "Bob's now"}));
    let path = format!("/v1/products/{}", tea.product);
    for stranger in [&bob.owner, &bazaar.shop.seller().await] {
        let headers = [("if-match", product.header("etag"))];
        stranger.ask(Method::PATCH, &path, &headers, edit.clone()).await.expect(404);
    }
    let kept = bob.owner.get("/v1/keeper/products").await.expect(200);
    assert_eq!(kept.body["data"].as_array().unwrap().len(), 0);

    // A suspended seller sells nothing, and nothing of it is shown.
    bazaar.buyer.put_in_cart(&tea, 1).await.expect(201);
    let body = json!({"reason": "fakes"});
    bazaar.operator.post(&hers("/suspend"), body).await.expect(200);
    bazaar.shop.client().get(&hers("/profile")).await.expect(404);
    bazaar.right().await;
    let listed = format!("/v1/products?q={}", tea.sku);
    bazaar.shop.client().get(&path).await.expect(404);
    assert_eq!(bazaar.shop.client().get(&listed).await.expect(200).body["data"], json!([]));
    let refused = bazaar.buyer.check_out().await.expect(409);
    assert_eq!(refused.code(), "unavailable_items");
    let price = json!([{"amount": 1_00, "currency": "USD"}]);
    let more = json!({"title": "More", "variants": [{"sku": "MORE", "prices": price}]});
    ann.owner.post("/v1/products", more).await.expect(403);
    bazaar.operator.post(&hers("/reinstate"), json!({})).await.expect(200);
    bazaar.right().await;
    bazaar.shop.client().get(&path).await.expect(200);
    let found = bazaar.shop.client().get(&listed).await.expect(200);
    assert_eq!(found.body["data"].as_array().unwrap().len(), 1);
    bazaar.buyer.check_out().await.expect(201);
    bazaar.shop.close().await;
}
