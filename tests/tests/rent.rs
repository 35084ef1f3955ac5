//! A rental from the first search to the deposit's way back, and what cannot happen on the way, on both engines.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Answer, Client, Engine, Shop,
    pictures::{IMAGES, a_picture, a_private_picture, follow},
    rentals::{
        Fleet, HERE, a_car, at_once, comes_back, over, pay, photo_link, record, record_with, step,
    },
};

fn amount(of: &Value) -> i64 {
    of["amount"].as_i64().unwrap()
}

#[tokio::test]
async fn a_rental_ends_with_the_deposit_back_and_balanced_books() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let fleet = Fleet::of(&shop, at_once()).await;
        let traveller = shop.new_customer().await;

        let found = search(&shop, &fleet, 2, 50).await;
        assert_eq!(found["id"], fleet.vehicle);
        let asked = json!({
            "period": fleet.period(2, 50), "extras": [{"code": "child_seat", "count": 1}],
        });
        let path = format!("/v1/rent/vehicles/{}/quote", fleet.vehicle);
        let quote = shop.client().post(&path, asked).await.expect(200);
        assert_eq!(quote.body["free_units"], 1);
        // Two days and a child seat, a tenth of tax on both, and the deposit.
        let total = quote.body["quote"]["total"].clone();
        assert_eq!(amount(&total), 100_00 + 5_00 + 10_50 + 100_00);
        assert_eq!(amount(&found["total"]), 100_00 + 10_00 + 100_00, "without the seat");

        let mut booking = fleet.booking(2, 50);
        booking["accepted_total"] = total.clone();
        let booked = traveller.post_once("/v1/rent/bookings", "once", booking.clone()).await;
        let booked = booked.expect(201);
        let again = traveller.post_once("/v1/rent/bookings", "once", booking).await.expect(201);
        assert_eq!(
            (again.header("idempotent-replayed"), again.text("id")),
            ("true", booked.text("id"))
        );
        assert_eq!(
            (&booked.body["state"], &booked.body["awaiting"]),
            (&json!("held"), &json!("payment"))
        );

        let confirmed = pay(&shop, &traveller, &booked).await;
        assert_eq!(confirmed.body["deposit"]["state"], "held");
        let early = step(&traveller, &booked, "hand-over", Some(record(40_000))).await;
        assert_eq!((early.status, early.code()), (403, "not_the_shop"));
        step(&fleet.seller, &booked, "hand-over", Some(record(40_000))).await.expect(200);
        let backwards = step(&fleet.seller, &booked, "take-back", Some(record(39_000))).await;
        assert_eq!(backwards.body["errors"][0]["pointer"], "#/odometer_km");
        step(&fleet.seller, &booked, "take-back", Some(record(40_400))).await.expect(200);
        let mirror = a_private_picture(&fleet.seller, 1).await;
        let charge = json!({
            "kind": "damage", "amount": {"amount": 30_00, "currency": "USD"},
            "reason": "A broken mirror.", "evidence": [mirror.body["id"]],
        });
        let charged = step(&fleet.seller, &booked, "charges", Some(charge)).await.expect(200);
        assert_eq!(amount(&charged.body["deposit"]["chargeable"]), 70_00);

        let done = step(&fleet.seller, &booked, "complete", None).await.expect(200);
        let deposit = &done.body["deposit"];
        assert_eq!(
            (&done.body["state"], &deposit["state"]),
            (&json!("completed"), &json!("settled"))
        );
        assert_eq!((amount(&deposit["returned"]), amount(&deposit["claimed"])), (70_00, 30_00));
        comes_back(&traveller, &booked, 70_00).await;

        both_review(&shop, &fleet, &traveller, &booked).await;
        shop.close().await;
    }
}

#[tokio::test]
async fn photos_of_a_rental_are_seen_by_its_sides_alone_and_stay_what_they_were() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let fleet = Fleet::of(&shop, at_once()).await;
        let (traveller, stranger) = (shop.new_customer().await, shop.new_customer().await);
        let booked = fleet.book(&traveller, 2, 50).await.expect(201);
        pay(&shop, &traveller, &booked).await;
        let keeper = &fleet.seller;
        let (front, dent) =
            (a_private_picture(keeper, 1).await, a_private_picture(keeper, 2).await);
        refuses_what_is_not_the_keepers_own(keeper, &stranger, &booked, &front).await;

        let shown = Some(record_with(40_000, &[&front]));
        let out = step(keeper, &booked, "hand-over", shown).await.expect(200);
        assert_eq!(out.body["handed_over"]["photos"], json!([front.body["id"]]));
        let used = Some(record_with(40_100, &[&front]));
        let used = step(keeper, &booked, "take-back", used).await.expect(422);
        assert_eq!(faults(&used), [("#/photos/0", "picture_in_use")]);
        step(keeper, &booked, "take-back", Some(record(40_100))).await.expect(200);
        let charge = json!({
            "kind": "damage", "amount": {"amount": 1_00, "currency": "USD"},
            "reason": "A dent.", "evidence": [dent.body["id"]],
        });
        step(keeper, &booked, "charges", Some(charge)).await.expect(200);

        for photo in [&front, &dent] {
            for who in [&traveller, keeper, &shop.operator().await] {
                let link = photo_link(who, &booked, photo).await.expect(201);
                assert!(link.body["expires_at"].is_string());
                assert_eq!(follow(&shop, &link.body["url"]).await, 200);
            }
            let refused = photo_link(&stranger, &booked, photo).await.expect(404);
            assert_eq!(refused.code(), "no_booking");
            stays_what_it_was(&shop, keeper, photo).await;
        }
        let loose = a_private_picture(keeper, 3).await;
        let refused = photo_link(keeper, &booked, &loose).await.expect(404);
        assert_eq!(refused.code(), "no_image", "it is not the booking's");
        shop.close().await;
    }
}

fn word<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap()
}

fn faults(refused: &Answer) -> Vec<(&str, &str)> {
    let errors = refused.body["errors"].as_array().unwrap();
    let told = |error| (word(error, "pointer"), word(error, "code"));
    errors.iter().map(told).collect()
}

async fn refuses_what_is_not_the_keepers_own(
    keeper: &Client,
    stranger: &Client,
    booked: &Answer,
    good: &Answer,
) {
    let public = keeper.upload(IMAGES, &a_picture(4), &[]).await.expect(201);
    let theirs = a_private_picture(stranger, 5).await;
    let mut record = record_with(40_000, &[good, &public, &theirs, good]);
    let photos = record["photos"].as_array_mut().unwrap();
    photos.push(json!("pic_019aa3c5d1f27c3e8a4b5c6d7e8f9012"));
    let unfit = step(keeper, booked, "hand-over", Some(record.clone())).await.expect(422);
    assert_eq!(
        faults(&unfit),
        [
            ("#/photos/1", "picture_public"),
            ("#/photos/2", "unknown_picture"),
            ("#/photos/3", "repeated"),
            ("#/photos/4", "unknown_picture"),
        ]
    );
    record["photos"] = json!([good.body["id"], "/media/front.webp", "pic_1"]);
    let odd = step(keeper, booked, "hand-over", Some(record)).await.expect(422);
    assert_eq!(faults(&odd), [("#/photos/1", "bad_value"), ("#/photos/2", "bad_value")]);
    let own = keeper.get(&format!("{IMAGES}/{}", good.text("id"))).await.expect(200);
    assert_eq!(own.body["attached"], false, "what is refused takes nothing");
}

/// Neither its uploader nor an operator puts another picture in its place, and its uploader does not remove it.
async fn stays_what_it_was(shop: &Shop, keeper: &Client, photo: &Answer) {
    let path = format!("{IMAGES}/{}", photo.text("id"));
    assert_eq!(keeper.delete(&path).await.expect(409).code(), "image_in_use");
    for who in [keeper, &shop.operator().await] {
        let swapped = who.upload(&format!("{path}/replacements"), &a_picture(9), &[]).await;
        assert_eq!(swapped.expect(409).code(), "image_in_use");
    }
    assert_eq!(keeper.get(&path).await.expect(200).body["attached"], true);
}

/// The one vehicle a search near the shop shows for a period.
async fn search(shop: &Shop, fleet: &Fleet, from: i64, to: i64) -> Value {
    let (from, to) = (fleet.at(from), fleet.at(to));
    let path = format!(
        "/v1/rent/vehicles?near={HERE}&radius_m=5000&kind=car&seats=4&price_max=6000\
         &free_from={from}&free_until={to}"
    );
    let found = shop.client().get(&path).await.expect(200);
    let data = found.body["data"].as_array().unwrap();
    assert!(data.len() <= 1, "{}", found.body);
    data.first().cloned().unwrap_or_default()
}

async fn both_review(shop: &Shop, fleet: &Fleet, traveller: &Client, booked: &Answer) {
    let path = format!("/v1/rent/bookings/{}/reviews", booked.text("id"));
    let listed = format!("/v1/rent/vehicles/{}/reviews", fleet.vehicle);
    traveller.post(&path, json!({"stars": 4, "text": "It climbs."})).await.expect(201);
    let twice = traveller.post(&path, json!({"stars": 5})).await.expect(409);
    assert_eq!(twice.code(), "reviewed_already");
    let hidden = shop.client().get(&listed).await.expect(200);
    assert_eq!(hidden.body["count"], 0, "nobody reads the one before the other is written");

    fleet.seller.post(&path, json!({"stars": 5, "text": "Clean."})).await.expect(201);

    let seen = shop.client().get(&listed).await.expect(200);
    assert_eq!((&seen.body["count"], &seen.body["average"]), (&json!(1), &json!("4.0")));
    let own = traveller.get("/v1/rent/reviews").await.expect(200);
    assert_eq!(own.body["data"][0]["text"], "Clean.");
}

#[tokio::test]
async fn nobody_gets_hours_that_another_has_and_is_told_the_nearest_free_ones() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let fleet = Fleet::of(&shop, at_once()).await;
        let (first, second) = (shop.new_customer().await, shop.new_customer().await);
        let booked = fleet.book(&first, 24, 48).await.expect(201);

        for (from, to) in [(24, 48), (30, 40), (12, 25), (47, 60), (2, 72)] {
            let refused = fleet.book(&second, from, to).await.expect(409);
            assert_eq!(refused.code(), "not_free");
            assert!(
                refused.is_problem() && !refused.body["nearest"].as_array().unwrap().is_empty()
            );
        }
        assert_eq!(search(&shop, &fleet, 30, 40).await, Value::Null, "it is not found, either");

        // The first of the nearest can be had, and is what it was said to be.
        let refused = fleet.book(&second, 30, 40).await.expect(409);
        let mut nearest = fleet.booking(30, 40);
        nearest["period"] = refused.body["nearest"][0].clone();
        second.post_fresh("/v1/rent/bookings", nearest).await.expect(201);

        // Given up, the hours are there again.
        step(&first, &booked, "cancel", None).await.expect(200);
        let order = booked.text("order");
        first.order_becomes(&order, "cancelled").await;
        fleet.book(&second, 34, 40).await.expect(201);
        shop.close().await;
    }
}

#[tokio::test]
async fn what_a_traveller_gets_back_is_what_the_deadlines_say() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let fleet = Fleet::of(&shop, at_once()).await;
        let traveller = shop.new_customer().await;
        // A day and a child seat with their tax come to 60.50, beside the deposit.
        let cases = [(240, 60_50 + 100_00), (72, 30_25 + 100_00), (2, 100_00)];

        for (from, back) in cases {
            let booked = fleet.book(&traveller, from, from + 24).await.expect(201);
            pay(&shop, &traveller, &booked).await;
            let cancelled = step(&traveller, &booked, "cancel", None).await.expect(200);
            assert_eq!(cancelled.body["cancelled_by"], "traveller");
            assert_eq!(amount(&cancelled.body["money_back"]), back);
            comes_back(&traveller, &booked, back).await;
        }

        // When the shop backs out, everything goes back.
        let booked = fleet.book(&traveller, 2, 26).await.expect(201);
        pay(&shop, &traveller, &booked).await;
        step(&fleet.seller, &booked, "cancel", None).await.expect(200);
        comes_back(&traveller, &booked, 160_50).await;
        shop.close().await;
    }
}

#[tokio::test]
async fn a_request_waits_for_the_shops_answer_and_then_for_payment() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let fleet = Fleet::of(&shop, json!({"instant": false, "lead_minutes": 0})).await;
        let (traveller, other) = (shop.new_customer().await, shop.new_customer().await);

        let asked = fleet.book(&traveller, 24, 48).await.expect(201);
        assert_eq!(
            (&asked.body["awaiting"], &asked.body["order"]),
            (&json!("answer"), &Value::Null)
        );
        fleet.book(&other, 30, 36).await.expect(409);
        let no = json!({"accept": false});
        let declined = step(&fleet.seller, &asked, "answer", Some(no)).await.expect(200);
        assert_eq!(declined.body["cancelled_by"], "owner");

        let asked = fleet.book(&other, 24, 48).await.expect(201);
        let list = format!("/v1/rent/shops/{}/bookings?state=held", fleet.shop);
        let waiting = fleet.seller.get(&list).await.expect(200);
        assert_eq!(waiting.body["data"][0]["id"], asked.text("id"));
        let yes = Some(json!({"accept": true}));
        let own = step(&other, &asked, "answer", yes.clone()).await;
        assert_eq!((own.status, own.code()), (403, "not_the_shop"));
        step(&fleet.seller, &asked, "answer", yes).await.expect(200);
        pay(&shop, &other, &asked).await;
        shop.close().await;
    }
}

#[tokio::test]
async fn a_strangers_rentals_are_not_there() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let fleet = Fleet::of(&shop, at_once()).await;
        let traveller = shop.new_customer().await;
        let booked = fleet.book(&traveller, 24, 48).await.expect(201);
        let draft =
            fleet.seller.post("/v1/rent/vehicles/cars", a_car(&fleet.shop, at_once())).await;
        let draft = format!("/v1/rent/vehicles/{}", draft.expect(201).text("id"));

        let stranger = shop.new_customer().await;
        let booking = format!("/v1/rent/bookings/{}", booked.text("id"));
        for (verb, body) in [
            ("answer", Some(json!({"accept": true}))),
            ("cancel", None),
            ("hand-over", Some(record(1))),
            ("take-back", Some(record(1))),
            ("complete", None),
        ] {
            let path = format!("{booking}/{verb}");
            let refused = over(&stranger, Method::POST, &path, &booked, body).await.expect(404);
            assert_eq!(refused.code(), "no_booking");
        }
        let photo = a_private_picture(&stranger, 1).await;
        let refused = photo_link(&stranger, &booked, &photo).await.expect(404);
        assert_eq!(refused.code(), "no_booking");
        stranger.get(&booking).await.expect(404);
        stranger.post(&format!("{booking}/reviews"), json!({"stars": 1})).await.expect(404);
        stranger.get(&draft).await.expect(404);
        let own = stranger.get("/v1/rent/bookings").await.expect(200);
        assert_eq!(own.body["data"], json!([]));

        // Another seller keeps another shop.
        let rival = a_rival(&shop).await;
        rival.get(&booking).await.expect(404);
        rival.get(&draft).await.expect(404);
        rival.get(&format!("/v1/rent/shops/{}/bookings", fleet.shop)).await.expect(404);
        rival.get(&format!("/v1/rent/shops/{}/vehicles", fleet.shop)).await.expect(404);
        let path = format!("/v1/rent/vehicles/{}", fleet.vehicle);
        let seen = rival.get(&path).await.expect(200);
        assert_eq!(seen.body["units"], Value::Null, "number plates are the keeper's");
        let title = Some(json!({"title": "Mine now"}));
        over(&rival, Method::PATCH, &path, &seen, title).await.expect(404);
        let theirs = rival.post("/v1/rent/vehicles/cars", a_car(&fleet.shop, at_once())).await;
        assert_eq!(theirs.expect(422).body["errors"][0]["pointer"], "#/shop");
        shop.close().await;
    }
}

/// Somebody else who keeps a shop.
async fn a_rival(shop: &Shop) -> Client {
    let rival = shop.new_customer().await;
    let me = rival.get("/v1/me").await.expect(200);
    let path = format!("/v1/users/{}/role", me.text("id"));
    let role = Some(json!({"role": "seller"}));
    shop.operator().await.ask(Method::PUT, &path, &[], role).await.expect(200);
    shop.sign_in(&me.text("email"), tests::trade::PASSWORD).await
}

#[tokio::test]
async fn the_demonstration_lends_a_fleet_in_one_city() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let city = "/v1/rent/vehicles?near=26.144518,91.736237&radius_m=20000&limit=10";

        let (mut path, mut seen, mut shops) = (city.to_owned(), Vec::new(), Vec::new());
        loop {
            let page = shop.client().get(&path).await.expect(200);
            for card in page.body["data"].as_array().unwrap() {
                seen.push((card["distance_m"].as_i64().unwrap(), card["id"].to_string()));
                shops.push(card["shop"]["name"].to_string());
                let picture = card["image"]["url"].as_str().unwrap();
                shop.client().get(picture).await.expect(200);
            }
            let Some(next) = page.body["page"]["next_cursor"].as_str() else { break };
            path = format!("{city}&cursor={next}");
        }

        assert!(seen.len() >= 20, "{}", seen.len());
        assert!(seen.is_sorted(), "nearest first, each once: {seen:?}");
        shops.sort();
        shops.dedup();
        assert_eq!(shops.len(), 3);
        shop.close().await;
    }
}
