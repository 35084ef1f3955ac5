//! How often one may look for vehicles and try to book one, counted by one process and, in Redis, by all of them.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Instant;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use tests::{Answer, Client, Doors, Engine, Shop, rentals::Fleet, rentals::at_once};
use uuid::Uuid;

const BOOKINGS: u64 = 5;
const SEARCHES: u64 = 60;
/// What both are counted in.
const WINDOW_S: u64 = 60;
const SEARCH: &str = "/v1/rent/vehicles?near=26.144518,91.736237&limit=1";

/// A shop with the quotas of `config/default.toml`, which are far away for other tests.
async fn shop_with(engine: Engine, store: &[(&str, &str)]) -> Shop {
    let quotas = [
        ("SOUK__LIMITS__POLICIES__BOOKING", "5/60"),
        ("SOUK__LIMITS__POLICIES__SEARCH", "60/60"),
        ("SOUK__SERVER__TRUSTED_PROXIES", "127.0.0.1/32"),
    ];
    Shop::open_with(engine, &[&quotas, store].concat()).await
}

fn redis() -> String {
    std::env::var("SOUK_TEST_REDIS").unwrap()
}

/// A household that nobody has asked from before.
fn somewhere() -> String {
    let random = Uuid::new_v4().simple().to_string();
    let (a, b) = (random.get(..4).unwrap(), random.get(4..8).unwrap());
    format!("2001:db8:{a}:{b}::1")
}

async fn look(client: Client, path: String, from: String) -> Answer {
    client.ask(Method::GET, &path, &[("x-forwarded-for", &from)], None).await
}

/// Insists that of requests sent in a burst those in the quota were let through, and what came back meanwhile.
#[track_caller]
fn as_many_as_allowed(answers: &[Answer], quota: u64, began: Instant) -> u64 {
    let allowed = answers.iter().filter(|answer| answer.status != 429).count();
    let came_back = began.elapsed().as_secs() * quota / WINDOW_S + 1;
    let allowed = u64::try_from(allowed).unwrap();
    assert!((quota..=quota + came_back).contains(&allowed), "{allowed} of {quota}");
    assert!(allowed < u64::try_from(answers.len()).unwrap(), "nobody was refused");
    allowed
}

/// Insists that a refusal says all it must.
#[track_caller]
fn says_how_long_to_wait(refused: &Answer, policy: &str, quota: u64) {
    assert_eq!((refused.status, refused.code()), (429, "too_many_requests"), "{}", refused.body);
    assert!(refused.is_problem(), "{}", refused.body);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=WINDOW_S.div_ceil(quota)).contains(&wait), "{wait} s");
    assert_eq!(refused.header("ratelimit-policy"), format!("\"{policy}\";q={quota};w={WINDOW_S}"));
    assert!(refused.header("ratelimit").starts_with(&format!("\"{policy}\";r=0;t=")));
}

#[track_caller]
fn all_say_how_long_to_wait(answers: &[Answer], policy: &str, quota: u64) {
    let refused = answers.iter().filter(|answer| answer.status == 429);
    refused.for_each(|answer| says_how_long_to_wait(answer, policy, quota));
}

/// Each attempt counts, whether it comes to a booking or not, and whichever door it is made at.
async fn bookings_are_counted(shop: &Shop, doors: &Doors) {
    let fleet = Fleet::of(shop, at_once()).await;
    let (traveller, other) = (shop.new_customer().await, shop.new_customer().await);
    let began = Instant::now();
    let first = doors.at(0, &traveller);
    let first = fleet.book(&first, 24, 48).await.expect(201);
    assert_eq!(first.header("ratelimit-policy"), "\"booking\";q=5;w=60");
    assert!(first.header("ratelimit").starts_with("\"booking\";r=4;t="), "{:?}", first.headers);

    let attempts = (0..9_usize).map(|number| {
        let (who, from) = (doors.at(number, &traveller), 24 * i64::try_from(number).unwrap());
        let wish = fleet.booking(from, from + 20);
        async move { who.post_fresh("/v1/rent/bookings", wish).await }
    });
    let mut answers = join_all(attempts).await;
    all_say_how_long_to_wait(&answers, "booking", BOOKINGS);
    answers.push(first);
    as_many_as_allowed(&answers, BOOKINGS, began);

    // Nobody else is slowed down, and looking at one's bookings is not booking.
    fleet.book(&other, 240, 250).await.expect(201);
    let own = traveller.get("/v1/rent/bookings").await.expect(200);
    assert!(own.header("ratelimit-policy").starts_with("\"default\""));
}

/// Searches, calendars and quotes count together, for each household of strangers and for each user.
async fn looking_is_counted(shop: &Shop, doors: &Doors) {
    let seller = shop.seller().await;
    let fleet = Fleet::of(shop, at_once()).await;
    let calendar =
        format!("/v1/rent/vehicles/{}/availability?from=2030-01-01&to=2030-01-02", fleet.vehicle);
    let (here, began) = (somewhere(), Instant::now());
    let asked = (0..80_usize).map(|number| {
        let path = if number % 4 == 0 { &calendar } else { SEARCH };
        look(doors.at(number, &shop.client()), path.to_owned(), here.clone())
    });
    let answers = join_all(asked).await;
    all_say_how_long_to_wait(&answers, "search", SEARCHES);
    as_many_as_allowed(&answers, SEARCHES, began);

    let period = json!({"period": fleet.period(24, 48)});
    let quote = format!("/v1/rent/vehicles/{}/quote", fleet.vehicle);
    let from = [("x-forwarded-for", here.as_str())];
    let again: Vec<_> = (0..12).map(|_| shop.client()).collect();
    let again = again.iter().map(|who| who.ask(Method::POST, &quote, &from, Some(period.clone())));
    let again = join_all(again).await;
    assert!(again.iter().any(|answer| answer.status == 429), "a quote is a way of looking, too");

    // Neither the neighbours nor who is signed in are slowed down by it.
    look(shop.client(), SEARCH.to_owned(), somewhere()).await.expect(200);
    look(seller, SEARCH.to_owned(), here).await.expect(200);
}

#[tokio::test]
async fn one_process_counts_bookings_and_searches() {
    let shop = shop_with(Engine::Sqlite, &[]).await;
    let doors = Doors::open(&shop).await;

    bookings_are_counted(&shop, &doors).await;
    looking_is_counted(&shop, &doors).await;
    doors.close(&shop).await;
    shop.close().await;
}

#[tokio::test]
async fn two_processes_count_bookings_and_searches_together_in_redis() {
    let redis = redis();
    let store = [("SOUK__LIMITS__STORE", "redis"), ("SOUK__REDIS__URL", redis.as_str())];
    let shop = shop_with(Engine::Postgres, &store).await;
    let doors = Doors::open(&shop).await;

    bookings_are_counted(&shop, &doors).await;
    looking_is_counted(&shop, &doors).await;
    doors.close(&shop).await;
    shop.close().await;
}
