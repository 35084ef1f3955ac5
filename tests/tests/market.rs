//! Selling for others, from the application to the money's way back, on both engines; the books are right after every step.

use reqwest::Method;
use serde_json::json;
use tests::{
    Engine,
    bazaar::{Bazaar, cents, itemised, offers},
};

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
