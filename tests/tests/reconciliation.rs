//! The gateway's own record beside the books, on both engines: what we never heard of is named, and heals.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use serde_json::{Value, json};
use tests::{
    Client, Engine, Policy, Shop,
    shop::{API_KEY, until},
    trade::GOOD_CARD,
};

const PRICE: i64 = 12_50;
/// What the gateway keeps of it: 2.9 % and 30 cents.
const FEE: i64 = 66;

/// Nobody asks the gateway again by itself.
const NO_POLLING: [(&str, &str); 2] =
    [("SOUK__WORKER__POLL_PAYMENTS_EVERY_S", "86400"), ("SOUK__PAYMENTS__POLL_GAPS_S", "86400")];

async fn report(operator: &Client) -> Value {
    let report = operator.get("/v1/ledger/reconciliation").await.expect(200);
    report.body["data"][0].clone()
}

/// Reconciles until the report is like that: what is younger than a second is left to the next run.
async fn reconciled(shop: &Shop, operator: &Client, what: &str, like: impl Fn(&Value) -> bool) {
    until(what, || async {
        shop.run(&["ledger", "reconcile", "sandbox"]).await;
        like(&report(operator).await)
    })
    .await;
}

async fn clearing(shop: &Shop) -> i64 {
    let sum = "select cast(coalesce(sum(amount), 0) as bigint) from ledger_entries
               where account = 'psp:sandbox:clearing'";
    shop.database.number(sum).await
}

#[tokio::test]
async fn a_capture_we_never_heard_of_is_named_and_explained_once_it_is_settled() {
    for engine in Engine::BOTH {
        let shop = Shop::open_with(engine, &NO_POLLING).await;
        let tea = shop.put_on_sale(Policy::Hold, PRICE, 10).await;
        let (buyer, operator) = (shop.new_customer().await, shop.operator().await);
        let empty = report(&operator).await;
        assert_eq!((&empty["can_list"], &empty["ran_at"]), (&json!(true), &Value::Null));
        shop.buy(&buyer, &tea, 1).await;
        shop.befalls("lose");
        let order = buyer.order(&tea, 1).await.expect(201).text("id");
        let payment = buyer.pay(&order).await.expect(201);
        shop.confirm(&payment, GOOD_CARD).await.expect(200);
        until("the gateway has the money", || async {
            shop.sandbox.books().totals.get("USD").is_some_and(|totals| totals.captures == 2)
        })
        .await;

        let named = "the report names it";
        reconciled(&shop, &operator, named, |report| report["unexplained"] == 1).await;

        let output = shop.run(&["ledger", "reconcile"]).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!output.status.success() && said.contains("missing_here"), "{said}");
        let lines = operator.get("/v1/ledger/reconciliation/lines?provider=sandbox").await;
        let line = lines.expect(200).body["data"][0].clone();
        assert_eq!((&line["class"], &line["kind"]), (&json!("missing_here"), &json!("capture")));
        assert_eq!(line["payment"], payment.body["id"], "whose payment it is");
        assert_eq!(line["amount"], json!({"amount": PRICE, "currency": "USD"}));
        let half = report(&operator).await;
        let share = json!({"currency": "USD", "explained": PRICE, "total": 2 * PRICE, "basis_points": 5_000});
        assert_eq!(half["explained"], json!([share]));
        assert_eq!(half["oldest_unexplained"], line["id"]);
        let metrics = shop.client().get("/metrics").await.expect(200);
        let metrics = metrics.body.as_str().unwrap();
        for told in [
            "souk_reconciliation_explained_basis_points{currency=\"USD\",provider=\"sandbox\"} 5000",
            "souk_reconciliation_unexplained{provider=\"sandbox\"} 1",
            "souk_clearing_balance_minor{currency=\"USD\",provider=\"sandbox\"} ",
        ] {
            assert!(metrics.contains(told), "{told} is not in\n{metrics}");
        }

        tell_again(&shop).await;
        buyer.order_becomes(&order, "paid").await;
        let healed = "it is explained";
        reconciled(&shop, &operator, healed, |report| report["unexplained"] == 0).await;

        let whole = report(&operator).await;
        assert_eq!(whole["explained"][0]["basis_points"], 10_000);
        assert_eq!(whole["oldest_unexplained"], Value::Null);
        let net = shop.sandbox.books().totals["USD"].net;
        assert_eq!((clearing(&shop).await, net), (2 * (PRICE - FEE), 2 * (PRICE - FEE)));
        shop.close().await;
    }
}

/// The gateway sends every webhook once more, those that were lost too.
async fn tell_again(shop: &Shop) {
    let gateway = Client::new(&shop.sandbox.url()).with_token(API_KEY);
    let events = gateway.get("/v1/events?type=intent.captured").await.expect(200);
    for event in events.body["data"].as_array().unwrap() {
        let path = format!("/v1/events/{}/resend", event["id"].as_str().unwrap());
        gateway.post(&path, json!({})).await.expect(202);
    }
}

#[tokio::test]
async fn once_the_gateway_has_paid_out_nothing_is_left_at_it() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let tea = shop.put_on_sale(Policy::Hold, PRICE, 10).await;
        let (buyer, operator) = (shop.new_customer().await, shop.operator().await);
        let order = shop.buy(&buyer, &tea, 2).await;
        let refund = json!({
            "payment": order.text("payment"), "amount": {"amount": 5_00, "currency": "USD"},
            "reason": "One arrived broken.",
        });
        operator.post_fresh("/v1/refunds", refund).await.expect(201);
        until("the refund is sent", || async { shop.sandbox.books().totals["USD"].refunds == 1 })
            .await;
        shop.settled().await;

        let gateway = Client::new(&shop.sandbox.url()).with_token(API_KEY);
        gateway.post("/test/settlements", json!({})).await.expect(201);
        reconciled(&shop, &operator, "all three are explained", |report| {
            report["classes"][0]["count"] == 3 && report["unexplained"] == 0
        })
        .await;

        assert_eq!(clearing(&shop).await, 0);
        let bank =
            "select cast(sum(amount) as bigint) from ledger_entries where account = 'cash:bank'";
        let settled = shop.sandbox.books().totals["USD"].settled;
        assert_eq!(shop.database.number(bank).await, settled);
        let verified = shop.run(&["ledger", "verify"]).await;
        assert!(verified.status.success());
        shop.close().await;
    }
}

#[tokio::test]
async fn the_worker_reconciles_each_night() {
    let shop =
        Shop::open_with(Engine::Sqlite, &[("SOUK__PAYMENTS__RECONCILIATION__AT", "00:00")]).await;
    let tea = shop.put_on_sale(Policy::Hold, PRICE, 10).await;
    until("the first night is over", || async {
        shop.database.number("select count(*) from commerce_reconciliations").await == 1
    })
    .await;
    shop.buy(&shop.new_customer().await, &tea, 1).await;

    until("a later night explains it", || async {
        shop.database.execute("update commerce_reconciliations set ran_at = 0").await;
        let explained = "select count(*) from commerce_statement_lines where class = 'explained'";
        shop.database.number(explained).await == 1
    })
    .await;

    shop.close().await;
}
