//! One whole purchase and one whole rental over HTTP, step by step, against a throwaway shop: `make demo`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "it tells what happens, and stops at the first thing that is off"
)]

mod rental;

use std::{process::ExitCode, time::Instant};

use serde_json::{Value, json};
use tests::{
    Answer, Client, Engine, Goods, Shop,
    shop::until,
    trade::{DECLINED_CARD, GOOD_CARD, PASSWORD, address},
};

const EMAIL: &str = "nadia@example.com";
/// What she gets back of her purchase, in cents.
const REFUNDED: i64 = 5_00;

#[tokio::main]
async fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|what| {
        let told = what.payload_as_str().unwrap_or("a panic without words");
        println!("\nSomething is off: {told}");
    }));
    let began = Instant::now();
    match tokio::spawn(stories()).await {
        Ok(summary) => {
            let took_ms = began.elapsed().as_millis();
            println!("\nAll is well: {summary} ({}.{} s)", took_ms / 1000, took_ms % 1000 / 100);
            ExitCode::SUCCESS
        }
        Err(_) => {
            println!("The demonstration failed.");
            ExitCode::FAILURE
        }
    }
}

async fn stories() -> String {
    println!(
        "Souk: one purchase and one rental over HTTP, from a look around to balanced books.\n"
    );
    let mut tour = Tour::open().await;
    let sold = purchase(&mut tour).await;
    let lent = tour.rental().await;
    tour.read_the_books(sold + lent).await;
    tour.close().await
}

/// Tells the cents that the shop keeps of it.
async fn purchase(tour: &mut Tour) -> i64 {
    let wanted = tour.look_around().await;
    let (guest, token) = tour.fill_a_cart_as_guest(&wanted).await;
    tour.register().await;
    let nadia = tour.sign_in().await;
    tour.merge(&nadia, &guest, &token).await;
    let order = tour.check_out(&nadia, &wanted).await;
    tour.meet_a_declined_card(&nadia, &order).await;
    let paid = tour.pay(&nadia, &order, &wanted).await;
    tour.refund_a_part(&nadia, &paid).await;
    cents(&paid.body["total"]) - REFUNDED
}

/// A product of the shop, and what there was of it at first.
struct Wanted {
    goods: Goods,
    title: String,
    quantity: i64,
    on_hand: i64,
}

/// The throwaway shop, and how far the story has come.
struct Tour {
    shop: Shop,
    step: u32,
}

impl Tour {
    async fn open() -> Self {
        let shop = Shop::open(Engine::Sqlite).await;
        println!("A throwaway shop is open at {}, on SQLite in a folder of its own;", shop.url());
        println!("its gateway is another server, at {}.", shop.sandbox.url());
        Self { shop, step: 0 }
    }

    fn step(&mut self, title: &str) {
        self.step += 1;
        println!("\n{:>2}. {title}", self.step);
    }

    async fn look_around(&mut self) -> Vec<Wanted> {
        self.step("Look around");
        let anyone = self.shop.client();
        let categories = anyone.get("/v1/categories").await.expect(200);
        let count = list(&categories.body).len();
        told(&categories, &format!("{count} categories"));
        insist(count >= 8, "the shop has at least 8 categories");
        let found = anyone.get("/v1/products?q=tea&in_stock=true&limit=20").await.expect(200);
        let titles: Vec<_> = list(&found.body).iter().map(|card| word(&card["title"])).collect();
        told(&found, &titles.join(", "));
        let mut wanted = Vec::new();
        for card in list(&found.body) {
            let quantity = if wanted.is_empty() { 2 } else { 1 };
            wanted.extend(self.choose(&anyone, card, quantity).await);
            if wanted.len() == 2 {
                break;
            }
        }
        insist(wanted.len() == 2, "a search for tea finds two things in stock");
        wanted
    }

    /// Something that is counted; what is made to order has no shelf to look at.
    async fn choose(&self, anyone: &Client, card: &Value, quantity: i64) -> Option<Wanted> {
        let product = anyone.get(&format!("/v1/products/{}", word(&card["id"]))).await.expect(200);
        let variants = product.body["variants"].as_array().unwrap();
        let variant =
            variants.iter().find(|it| it["stock_policy"] == "hold" && it["in_stock"] == true)?;
        let goods = Goods {
            product: product.text("id"),
            variant: word(&variant["id"]).to_owned(),
            sku: word(&variant["sku"]).to_owned(),
        };
        let on_hand = self.level(&goods).await.0;
        told(&product, &format!("{} {}, {on_hand} on the shelf", card["title"], goods.sku));
        Some(Wanted { goods, title: product.text("title"), quantity, on_hand })
    }

    /// On the shelf and of that held, of one variant.
    async fn level(&self, goods: &Goods) -> (i64, i64) {
        let path = format!("/v1/products/{}/stock", goods.product);
        let stock = self.shop.seller().await.get(&path).await.expect(200);
        let levels = stock.body["variants"].as_array().unwrap();
        let level = levels.iter().find(|level| level["variant"] == goods.variant.as_str());
        let level = level.unwrap_or_else(|| panic!("no stock of {} in {}", goods.sku, stock.body));
        (level["on_hand"].as_i64().unwrap(), level["held"].as_i64().unwrap())
    }

    async fn fill_a_cart_as_guest(&mut self, wanted: &[Wanted]) -> (Client, String) {
        self.step("Fill a cart as a guest");
        let guest = self.shop.client();
        let mut token = String::new();
        for Wanted { goods, title, quantity, .. } in wanted {
            let body = json!({"variant": goods.variant, "quantity": quantity});
            let headers = [("x-cart-token", token.as_str())];
            let headers = if token.is_empty() { &[] } else { headers.as_slice() };
            let added =
                guest.ask(reqwest::Method::POST, "/v1/cart/items", headers, Some(body)).await;
            let added = added.expect(201);
            told(
                &added,
                &format!("{quantity} × {title}, in all {}", money(&added.body["totals"]["total"])),
            );
            if token.is_empty() {
                added.header("x-cart-token").clone_into(&mut token);
            }
        }
        insist(!token.is_empty(), "a guest is given a token for the cart");
        (guest, token)
    }

    async fn register(&mut self) {
        self.step("Register, and prove the address by the token in the mail");
        let anyone = self.shop.client();
        let body = json!({"email": EMAIL, "name": "Nadia New", "password": PASSWORD});
        let registered = anyone.post("/v1/auth/register", body).await.expect(202);
        told(&registered, &registered.text("detail"));
        let token = self.mailed_token().await;
        let body = json!({"token": token});
        let verified = anyone.post("/v1/auth/email/verify", body.clone()).await.expect(204);
        told(&verified, &format!("with {}… from the mail", token.get(..16).unwrap_or(&token)));
        let again = anyone.post("/v1/auth/email/verify", body).await.expect(410);
        told(&again, "a token serves once");
    }

    /// The token in the one mail to the newcomer.
    async fn mailed_token(&self) -> String {
        let find = || {
            let mails = std::fs::read_dir(self.shop.mail_folder()).ok()?;
            let mut mails =
                mails.filter_map(|mail| std::fs::read_to_string(mail.ok()?.path()).ok());
            let mail = mails.find(|mail| mail.contains(&format!("To: {EMAIL}")))?;
            let (_, after) = mail.split_once("#token=")?;
            after.split_whitespace().next().map(ToOwned::to_owned)
        };
        until("the mail has come", || async { find().is_some() }).await;
        find().unwrap()
    }

    async fn sign_in(&mut self) -> Client {
        self.step("Sign in");
        let body = json!({"email": EMAIL, "password": PASSWORD});
        let tokens = self.shop.client().post("/v1/auth/login", body).await.expect(200);
        told(&tokens, &format!("a token for {} seconds", tokens.body["expires_in"]));
        let nadia = self.shop.client().with_token(&tokens.text("access_token"));
        let me = nadia.get("/v1/me").await.expect(200);
        told(
            &me,
            &format!(
                "{}, a {}, address proved: {}",
                me.text("name"),
                me.text("role"),
                me.body["email_verified"]
            ),
        );
        insist(me.body["email_verified"] == true, "the address is proved");
        nadia
    }

    async fn merge(&mut self, nadia: &Client, guest: &Client, token: &str) {
        self.step("Bring the guest's cart along");
        let merged = nadia.post("/v1/cart/merge", json!({"cart_token": token})).await.expect(200);
        let cart = nadia.get("/v1/cart").await.expect(200);
        let count = cart.body["items"].as_array().unwrap().len();
        told(&merged, &format!("{count} items, {}", money(&cart.body["totals"]["total"])));
        insist(count == 2 && cart.body["ready"] == true, "both items came along and can be bought");
        let headers = [("x-cart-token", token)];
        let gone = guest.ask(reqwest::Method::GET, "/v1/cart", &headers, None).await.expect(404);
        told(&gone, "the guest's cart is no more");
    }

    async fn check_out(&mut self, nadia: &Client, wanted: &[Wanted]) -> Answer {
        self.step("Check out");
        let key = "demo-checkout-1";
        let order = nadia.post_once("/v1/checkout", key, address()).await.expect(201);
        let total = money(&order.body["total"]);
        told(&order, &format!("order {} is {}, {total}", order.text("id"), order.text("state")));
        insist(order.body["state"] == "pending", "a new order waits for payment");
        let again = nadia.post_once("/v1/checkout", key, address()).await.expect(201);
        told(&again, "asked again under the same key: the same order");
        insist(again.body["id"] == order.body["id"], "one key makes one order");
        self.shelf(wanted, |it| (it.on_hand, it.quantity)).await;
        order
    }

    /// Tells the stock of everything wanted, and insists that it is (on hand, held) as it should be.
    async fn shelf(&self, wanted: &[Wanted], should: impl Fn(&Wanted) -> (i64, i64)) {
        for it in wanted {
            let (on_hand, held) = self.level(&it.goods).await;
            println!("      {}: {on_hand} on the shelf, {held} of them held", it.title);
            insist((on_hand, held) == should(it), &format!("{} is as it should be", it.title));
        }
    }

    async fn meet_a_declined_card(&mut self, nadia: &Client, order: &Answer) {
        self.step("Try a card that the gateway declines");
        let payment = nadia.pay(&order.text("id")).await.expect(201);
        told(&payment, &format!("payment {} is {}", payment.text("id"), payment.text("state")));
        let declined = self.shop.confirm(&payment, DECLINED_CARD).await.expect(200);
        told(&declined, "at the gateway: the browser gives the card");
        let path = format!("/v1/payments/{}", payment.text("id"));
        until("the payment failed", || async { nadia.get(&path).await.body["state"] == "failed" })
            .await;
        let failed = nadia.get(&path).await.expect(200);
        told(&failed, &format!("failed: {}", failed.text("failure_code")));
        let still = nadia.get(&format!("/v1/orders/{}", order.text("id"))).await.expect(200);
        insist(still.body["state"] == "pending", "the order still waits for payment");
    }

    async fn pay(&mut self, nadia: &Client, order: &Answer, wanted: &[Wanted]) -> Answer {
        self.step("Pay with a good card; the gateway tells the shop by a signed webhook");
        let payment = nadia.pay(&order.text("id")).await.expect(201);
        told(
            &payment,
            &format!("payment {} of {}", payment.text("id"), money(&payment.body["amount"])),
        );
        told(&self.shop.confirm(&payment, GOOD_CARD).await.expect(200), "at the gateway");
        let paid = nadia.order_becomes(&order.text("id"), "paid").await;
        told(&paid, &format!("the order is PAID, {}", money(&paid.body["total"])));
        insist(
            paid.body["payment"] == payment.body["id"],
            "the order names the payment that paid it",
        );
        self.shelf(wanted, |it| (it.on_hand - it.quantity, 0)).await;
        paid
    }

    async fn refund_a_part(&mut self, nadia: &Client, paid: &Answer) {
        self.step("An operator gives a part back");
        let operator = self.shop.operator().await;
        let body = json!({
            "payment": paid.text("payment"),
            "amount": {"amount": REFUNDED, "currency": "USD"},
            "reason": "One tin arrived dented.",
        });
        nadia.post_fresh("/v1/refunds", body.clone()).await.expect(403);
        let refund = operator.post_fresh("/v1/refunds", body).await.expect(201);
        told(&refund, &format!("refund {} is {}", refund.text("id"), refund.text("state")));
        let path = format!("/v1/payments/{}", paid.text("payment"));
        let given_back = json!({"amount": REFUNDED, "currency": "USD"});
        until("the refund arrived", || async {
            nadia.get(&path).await.body["refunded"] == given_back
        })
        .await;
        let payment = nadia.get(&path).await.expect(200);
        let (captured, refunded) = (&payment.body["captured"], &payment.body["refunded"]);
        told(&payment, &format!("captured {}, given back {}", money(captured), money(refunded)));
    }

    async fn read_the_books(&mut self, kept: i64) {
        self.step("Read the books");
        let operator = self.shop.operator().await;
        self.shop.settled().await;
        let balance = operator.get("/v1/ledger/trial-balance").await.expect(200);
        for line in list(&balance.body) {
            let sides = format!("debits {}, credits {}", line["debits"], line["credits"]);
            told(
                &balance,
                &format!("{}: {sides}, balanced: {}", word(&line["currency"]), line["balanced"]),
            );
            insist(line["balanced"] == true, "the books sum to nothing");
        }
        insist(!list(&balance.body).is_empty(), "the books are not empty");
        let accounts = operator.get("/v1/ledger/accounts?limit=100").await.expect(200);
        told(&accounts, "each account:");
        for account in list(&accounts.body) {
            println!("      {:>12}  {}", money(&account["balance"]), word(&account["code"]));
        }
        insist(self.shop.money_kept() == kept, "the gateway kept what the shop thinks it has");
        println!("      the gateway's own books agree");
    }

    /// Every invariant, over the database itself; then the shop goes away.
    async fn close(mut self) -> String {
        self.step("souk check");
        let output = self.shop.run(&["check"]).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = said.lines().last().unwrap_or_default().to_owned();
        println!(
            "      {} invariants; {last}",
            said.lines().filter(|line| line.starts_with("ok")).count()
        );
        insist(output.status.success() && last == "Everything holds.", &said);
        self.shop.close().await;
        "a PAID order, less stock, a deposit returned, and balanced books".to_owned()
    }
}

/// One line: what was asked, the status, and what came of it.
fn told(answer: &Answer, what: &str) {
    println!("      {:<66} {}  {what}", answer.request, answer.status);
}

#[track_caller]
fn insist(holds: bool, what: &str) {
    assert!(holds, "not so: {what}");
}

fn list(page: &Value) -> &[Value] {
    page["data"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn cents(value: &Value) -> i64 {
    value["amount"].as_i64().unwrap_or_else(|| panic!("no money in {value}"))
}

/// `1999 USD` as `19.99 USD`; the shop of the demonstration sells in cents.
fn money(value: &Value) -> String {
    let amount = cents(value);
    let sign = if amount < 0 { "-" } else { "" };
    let (whole, cents) = (amount.unsigned_abs() / 100, amount.unsigned_abs() % 100);
    format!("{sign}{whole}.{cents:02} {}", word(&value["currency"]))
}
