//! Vehicles that a seller of the market lends: what it earns and claims, and when it is paid, on both engines.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story stops at the first surprise"
)]

use serde_json::{Value, json};
use tests::{
    Answer, Engine,
    bazaar::{Bazaar, Merchant, cents, itemised, offers},
    pictures::a_private_picture,
    rentals::{Fleet, at_once, comes_back, pay, record, step},
    shop::until,
};

/// What the seller's lines came to, the newest sale first: gross, commission, its tax, net, refunded.
async fn sales(merchant: &Merchant) -> Vec<[i64; 5]> {
    let path = format!("/v1/market/sellers/{}/sales", merchant.id);
    let sold = merchant.owner.get(&path).await.expect(200);
    let lines = sold.body["data"].as_array().unwrap().clone();
    let parts = ["gross", "commission", "commission_tax", "net", "refunded"];
    lines.iter().map(|line| parts.map(|part| cents(&line[part]))).collect()
}

/// The sums over some lines.
fn summed(lines: &[[i64; 5]]) -> [i64; 5] {
    lines.iter().fold([0; 5], |sums, line| std::array::from_fn(|at| sums[at] + line[at]))
}

/// Hands the car out, takes it back, claims 30 of its deposit of 100, and is done.
async fn lends(bazaar: &Bazaar, fleet: &Fleet, booked: &Answer) {
    step(&fleet.seller, booked, "hand-over", Some(record(40_000))).await.expect(200);
    step(&fleet.seller, booked, "take-back", Some(record(40_400))).await.expect(200);
    let mirror = a_private_picture(&fleet.seller, 7).await;
    let charge = json!({
        "kind": "damage", "amount": {"amount": 30_00, "currency": "USD"},
        "reason": "A broken mirror.", "evidence": [mirror.body["id"]],
    });
    step(&fleet.seller, booked, "charges", Some(charge)).await.expect(200);
    step(&fleet.seller, booked, "complete", None).await.expect(200);
    comes_back(&bazaar.buyer, booked, 70_00).await;
    bazaar.right().await;
}

#[tokio::test]
async fn a_seller_earns_its_rentals_and_is_paid_once_they_are_over() {
    for engine in Engine::BOTH {
        let bazaar = Bazaar::open(engine).await;
        let ann = bazaar.merchant("ann").await;
        let fleet = Fleet::kept_by(ann.owner.clone(), at_once()).await;
        let path = format!("/v1/rent/shops/{}", fleet.shop);
        assert_eq!(ann.owner.get(&path).await.expect(200).text("seller"), ann.id);

        // Two days and a child seat: 105.00 and a tenth of tax are hers, less 10 % of 105.00 and 19 % on that.
        let booked = fleet.book(&bazaar.buyer, 2, 50).await.expect(201);
        pay(&bazaar.shop, &bazaar.buyer, &booked).await;
        bazaar.right().await;
        let lines = sales(&ann).await;
        let [gross, fee, tax, net, refunded] = summed(&lines);
        assert_eq!(
            (lines.len(), gross, fee, refunded),
            (2, 115_50, 10_50, 0),
            "no deposit is sold"
        );
        assert!((1_99..=2_01).contains(&tax), "19 % of each fee: {tax}");
        assert_eq!(net, gross - fee - tax);
        assert_eq!(bazaar.stands(&ann).await, [net, 0, 0]);

        // What is damaged is paid from the deposit, and is hers at once.
        lends(&bazaar, &fleet, &booked).await;
        assert_eq!(bazaar.stands(&ann).await, [net, 30_00, 0]);
        assert_eq!(sales(&ann).await, lines, "the deposit went back, and nothing of her lines");

        // Goods sold the same day are released before the rental is over.
        let tea = offers(&ann.owner, 10_00).await;
        bazaar.buys(&[&tea]).await;
        let database = &bazaar.shop.database;
        database.execute("update commerce_earnings set earned_at = 1").await;
        let released = "select count(*) from commerce_earnings where released_at is not null";
        until("the tea is released", || async { database.number(released).await == 1 }).await;
        bazaar.right().await;
        assert_eq!(bazaar.stands(&ann).await, [net, 30_00 + 8_81, 0]);
        database.execute("update commerce_earnings set due_at = 1 where due_at is not null").await;
        bazaar.window_passes().await;
        assert_eq!(bazaar.stands(&ann).await, [0, net + 30_00 + 8_81, 0]);

        let payout = bazaar.pays_out(&ann).await.expect(201);
        let payout = bazaar.payout_becomes(&payout, "paid").await;
        let mut items = itemised(&payout);
        items.sort();
        let released = |amount| ("earnings_released".to_owned(), amount);
        let claimed = ("deposit_settled".to_owned(), 30_00);
        assert_eq!(items, [claimed, released(8_81), released(net)]);
        bazaar.shop.close().await;
    }
}

#[tokio::test]
async fn a_cancelled_rental_is_earned_as_far_as_it_is_kept() {
    for engine in Engine::BOTH {
        let bazaar = Bazaar::open(engine).await;
        let ann = bazaar.merchant("ann").await;
        let fleet = Fleet::kept_by(ann.owner.clone(), at_once()).await;

        // A day and a seat are 60.50 with tax; three days ahead half of that goes back, and the whole deposit.
        let booked = fleet.book(&bazaar.buyer, 72, 96).await.expect(201);
        pay(&bazaar.shop, &bazaar.buyer, &booked).await;
        step(&bazaar.buyer, &booked, "cancel", None).await.expect(200);
        comes_back(&bazaar.buyer, &booked, 30_25 + 100_00).await;
        bazaar.right().await;

        let [gross, fee, tax, net, refunded] = summed(&sales(&ann).await);
        assert_eq!(
            (gross, fee, refunded),
            (60_50, 5_50, 30_25),
            "the deposit was not hers to give"
        );
        assert_eq!(net, gross - fee - tax);
        let [pending, payable, receivable] = bazaar.stands(&ann).await;
        assert!((net - 2 * pending).abs() <= 2, "half of {net} is left: {pending}");
        assert_eq!((payable, receivable), (0, 0));
        bazaar.shop.close().await;
    }
}

#[tokio::test]
async fn a_seller_who_was_stopped_lends_nothing() {
    for engine in Engine::BOTH {
        let bazaar = Bazaar::open(engine).await;
        let ann = bazaar.merchant("ann").await;
        let fleet = Fleet::kept_by(ann.owner.clone(), at_once()).await;
        let hers = |verb: &str| format!("/v1/market/sellers/{}/{verb}", ann.id);
        let path = format!("/v1/rent/vehicles/{}", fleet.vehicle);
        let near = format!("/v1/rent/vehicles?near={}&radius_m=5000", tests::rentals::HERE);
        let guest = bazaar.shop.client();

        bazaar.operator.post(&hers("suspend"), json!({"reason": "fakes"})).await.expect(200);
        bazaar.right().await;
        guest.get(&path).await.expect(404);
        assert_eq!(guest.get(&near).await.expect(200).body["data"], json!([]));
        let refused = fleet.book(&bazaar.buyer, 2, 26).await.expect(404);
        assert_eq!(refused.code(), "no_vehicle");
        let another = ann.owner.post("/v1/rent/shops", tests::rentals::a_shop()).await;
        assert_eq!((another.status, another.code()), (403, "not_a_keeper"));

        bazaar.operator.post(&hers("reinstate"), json!({})).await.expect(200);
        bazaar.right().await;
        let found: Value = guest.get(&near).await.expect(200).body["data"].clone();
        assert_eq!(found[0]["id"], fleet.vehicle);
        fleet.book(&bazaar.buyer, 2, 26).await.expect(201);
        bazaar.shop.close().await;
    }
}
