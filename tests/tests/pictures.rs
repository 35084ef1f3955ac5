//! Pictures from the upload to the last trace of them: on products and on vehicles to rent, and under a flood.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use futures_util::future::join_all;
use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Answer, Client, Engine, Shop,
    pictures::{IMAGES, a_picture, follow},
    shop::until,
};

/// As a phone takes it: too restless to be small.
fn a_photo_of_four_megabytes() -> Vec<u8> {
    let mut chance = 1_u32;
    let mut grain = || {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(chance >> 26).unwrap()
    };
    let photo = RgbImage::from_fn(2_400, 1_800, |x, _| {
        let plain = u8::try_from(x % 128).unwrap();
        Rgb([plain + grain(), 64 + grain(), 96 + grain()])
    });
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&photo).unwrap();
    assert!((3_500_000..5_000_000).contains(&bytes.len()), "{} bytes", bytes.len());
    bytes
}

async fn over(
    who: &Client,
    method: Method,
    path: &str,
    seen: &Answer,
    body: Option<Value>,
) -> Answer {
    let etag = seen.header("etag").to_owned();
    who.ask(method, path, &[("if-match", &etag)], body).await
}

fn a_product(pictures: &[&Answer]) -> Value {
    let images: Vec<_> = pictures.iter().map(|it| json!({"picture": it.body["id"]})).collect();
    let prices = json!([{"amount": 19_00, "currency": "USD"}]);
    let variants =
        json!([{"sku": uuid::Uuid::new_v4(), "prices": prices, "stock_policy": "untracked"}]);
    json!({"title": format!("Mug {}", uuid::Uuid::new_v4()), "variants": variants, "images": images})
}

fn a_shop() -> Value {
    let all_day = json!([{"from": "00:00", "to": "24:00"}]);
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let week: Value = days.iter().map(|day| ((*day).to_owned(), all_day.clone())).collect();
    json!({
        "name": "Hill Bikes", "zone": "Asia/Kolkata", "address": "1 Hill Road",
        "place": {"latitude": "27.100000", "longitude": "93.600000"}, "week": week,
    })
}

fn a_bicycle(shop: &str, images: &Value) -> Value {
    json!({
        "shop": shop, "title": "For the hills", "description": "It climbs.", "class": "bicycle",
        "make": "Trek", "model": "Marlin", "frame_cm": 48, "gears": 21, "helmets": 1,
        "minimum_age": 12, "units": ["F-1"], "images": images,
        "rates": {"currency": "USD", "day_minor": 9_00, "min_minutes": 60, "max_minutes": 43_200},
    })
}

#[tokio::test]
async fn a_product_shows_its_sellers_pictures_and_follows_what_becomes_of_them() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let (seller, operator) = (shop.seller().await, shop.operator().await);
        let words = [("alt", "A blue mug")];
        let first = seller.upload(IMAGES, &a_picture(1), &words).await.expect(201);
        let second = seller.upload(IMAGES, &a_picture(2), &[]).await.expect(201);
        let made = seller.post("/v1/products", a_product(&[&first, &second])).await.expect(201);
        let path = format!("/v1/products/{}", made.text("id"));
        over(&seller, Method::POST, &format!("{path}/publish"), &made, None).await.expect(200);
        let read = async || shop.client().get(&path).await.expect(200).body["images"].clone();

        let images = read().await;
        assert_eq!(images[0]["picture"], first.body["id"]);
        assert_eq!(
            (&images[0]["alt"], &images[0]["urls"]),
            (&json!("A blue mug"), &first.body["urls"])
        );
        assert_eq!(images[0]["url"], first.body["urls"]["full"]);
        for size in ["thumb", "card", "full"] {
            assert_eq!(follow(&shop, &images[1]["urls"][size]).await, 200);
        }
        let own = format!("{IMAGES}/{}", first.text("id"));
        assert_eq!(seller.get(&own).await.expect(200).body["attached"], true);
        assert_eq!(seller.delete(&own).await.expect(409).code(), "image_in_use");

        let next = seller.upload(&format!("{own}/replacements"), &a_picture(3), &[]).await;
        let next = next.expect(201);
        until("the product shows the new picture, answers that were kept among them", || async {
            read().await[0]["picture"] == next.body["id"]
        })
        .await;
        assert_eq!(read().await[0]["alt"], "A blue mug", "it has no words of its own");
        until("the old one is out of the store", || async {
            follow(&shop, &images[0]["urls"]["full"]).await == 404
        })
        .await;

        operator.delete(&format!("{IMAGES}/{}", next.text("id"))).await.expect(204);
        until("the product shows the other one alone", || async {
            let images = read().await;
            images.as_array().unwrap().len() == 1 && images[0]["picture"] == second.body["id"]
        })
        .await;
        shop.close().await;
    }
}

#[tokio::test]
async fn pictures_that_cannot_be_shown_are_told_each_in_its_place() {
    let shop = Shop::open(Engine::Sqlite).await;
    let (seller, customer) = (shop.seller().await, shop.customer().await);
    let theirs = customer.upload(IMAGES, &a_picture(1), &[]).await.expect(201);
    let private = [("visibility", "private")];
    let hidden = seller.upload(IMAGES, &a_picture(2), &private).await.expect(201);
    let good = seller.upload(IMAGES, &a_picture(3), &[]).await.expect(201);
    let used = seller.upload(IMAGES, &a_picture(4), &[]).await.expect(201);
    let holder = seller.post("/v1/products", a_product(&[&used])).await.expect(201);
    let nobodys = "pic_019aa3c5d1f27c3e8a4b5c6d7e8f9012";
    let mut body = a_product(&[&good, &theirs, &hidden, &used, &good]);
    let images = body["images"].as_array_mut().unwrap();
    images.push(json!({"picture": nobodys}));
    images.push(json!({"url": "https://example.com/1.jpg"}));
    images.push(json!({"alt": "Nothing"}));

    let refused = seller.post("/v1/products", body.clone()).await.expect(422);
    body["images"].as_array_mut().unwrap().truncate(6);
    let more = seller.post("/v1/products", body).await.expect(422);

    let told = |refused: &Answer| -> Vec<(String, String)> {
        let errors = refused.body["errors"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        errors.iter().map(|it| (text(&it["pointer"]), text(&it["code"]))).collect()
    };
    let expected = |told: &[(&str, &str)]| -> Vec<(String, String)> {
        told.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect()
    };
    assert_eq!(
        told(&refused),
        expected(&[("#/images/6/alt", "required"), ("#/images/7/picture", "required")])
    );
    assert_eq!(
        told(&more),
        expected(&[
            ("#/images/1/picture", "unknown_picture"),
            ("#/images/2/picture", "picture_private"),
            ("#/images/3/picture", "picture_in_use"),
            ("#/images/4/picture", "repeated"),
            ("#/images/5/picture", "unknown_picture"),
        ])
    );
    let add = format!("/v1/products/{}/images", holder.text("id"));
    let wrong = json!({"picture": theirs.body["id"], "position": 0});
    let wrong = over(&seller, Method::POST, &add, &holder, Some(wrong)).await.expect(422);
    assert_eq!(told(&wrong), expected(&[("#/picture", "unknown_picture")]));
    let listed = over(&seller, Method::POST, &add, &holder, Some(json!([null, null, null, null])));
    assert_eq!(listed.await.expect(422).body["errors"][0]["pointer"], "#");
    let front = json!({"picture": good.body["id"], "position": 0});
    let front = over(&seller, Method::POST, &add, &holder, Some(front)).await.expect(200);
    assert_eq!(front.body["images"][0]["picture"], good.body["id"]);
    shop.close().await;
}

#[tokio::test]
async fn a_vehicle_is_published_with_a_picture_and_paused_when_it_is_taken_down() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let (seller, operator) = (shop.seller().await, shop.operator().await);
        let lender = seller.post("/v1/rent/shops", a_shop()).await.expect(201).text("id");
        let bare = a_bicycle(&lender, &json!([]));
        let made = seller.post("/v1/rent/vehicles/bikes", bare).await.expect(201);
        let path = format!("/v1/rent/vehicles/{}", made.text("id"));
        let publish = format!("{path}/publish");
        let refused = over(&seller, Method::POST, &publish, &made, None).await.expect(422);
        assert_eq!(refused.body["errors"][0]["pointer"], "#/images");

        let picture = seller.upload(IMAGES, &a_picture(5), &[("alt", "A bike")]).await.expect(201);
        let body = Some(json!({"picture": picture.body["id"]}));
        let add = format!("{path}/images");
        let pictured = over(&seller, Method::POST, &add, &made, body).await.expect(200);
        over(&seller, Method::POST, &publish, &pictured, None).await.expect(200);
        let near = "/v1/rent/vehicles?near=27.100000,93.600000&radius_m=1000";
        let found = shop.client().get(near).await.expect(200);
        assert_eq!(found.body["data"][0]["image"]["urls"], picture.body["urls"]);

        let elsewhere = a_bicycle(&lender, &json!([{"picture": picture.body["id"]}]));
        let twice = seller.post("/v1/rent/vehicles/bikes", elsewhere).await.expect(422);
        assert_eq!(twice.body["errors"][0]["code"], "picture_in_use");
        operator.delete(&format!("{IMAGES}/{}", picture.text("id"))).await.expect(204);
        until("the vehicle is paused", || async {
            seller.get(&path).await.body["status"] == "paused"
        })
        .await;
        assert_eq!(shop.client().get(&path).await.status, 404);
        shop.close().await;
    }
}

/// Bytes of memory the process has, or had at most.
fn memory(process: u32, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
    let kilobytes: u64 =
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes * 1_024
}

#[tokio::test]
async fn a_hundred_photos_at_once_are_kept_or_told_to_come_again_and_memory_is_bounded() {
    const LARGEST: u64 = 5 * 1_024 * 1_024;
    const INSIDE: u64 = 6;
    const DECODED: u64 = 2;
    /// What a decoder may take: `media::Limits`.
    const DECODER: u64 = 256 * 1_024 * 1_024;
    let settings = [
        ("SOUK__MEDIA__MAX_BYTES", LARGEST.to_string()),
        ("SOUK__MEDIA__UPLOADS_AT_ONCE", INSIDE.to_string()),
        ("SOUK__MEDIA__UPLOADS_PER_USER", "1000".to_owned()),
        ("SOUK__MEDIA__AT_ONCE", DECODED.to_string()),
        // A client gives up on a connection nobody reads from after half a minute.
        ("SOUK__MEDIA__UPLOAD_WAIT_MS", "15000".to_owned()),
        ("SOUK__MEDIA__UPLOAD_TIMEOUT_MS", "120000".to_owned()),
        ("SOUK__SERVER__REQUEST_TIMEOUT_MS", "5000".to_owned()),
    ];
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let shop = Shop::open_with(Engine::Sqlite, &settings).await;
    let (seller, photo) = (shop.seller().await, a_photo_of_four_megabytes());
    let process = shop.server().process();
    let before = memory(process, "VmRSS");

    let sent = join_all((0..100).map(|_| seller.upload(IMAGES, &photo, &[]))).await;

    let most = memory(process, "VmHWM");
    let (kept, refused): (Vec<_>, Vec<_>) = sent.iter().partition(|answer| answer.status == 201);
    for answer in refused {
        let told = (answer.status, answer.code());
        assert_eq!(told, (503, "uploads_busy"), "{}", answer.body);
        assert!(!answer.header("retry-after").is_empty() && answer.is_problem());
    }
    assert!(kept.len() >= usize::try_from(INSIDE).unwrap(), "{} were kept", kept.len());
    let bound = before + INSIDE * 3 * LARGEST + DECODED * DECODER;
    assert!(most <= bound, "{most} bytes of memory, and {bound} is the bound");
    println!("{} of 100 kept; {before} bytes before, {most} at most, bound {bound}", kept.len());
    assert_eq!(follow(&shop, &kept[0].body["urls"]["card"]).await, 200);
    shop.close().await;
}

#[tokio::test]
async fn one_person_is_told_when_too_many_of_their_uploads_are_under_way() {
    let settings = [("SOUK__MEDIA__UPLOADS_PER_USER", "1"), ("SOUK__MEDIA__AT_ONCE", "1")];
    let shop = Shop::open_with(Engine::Sqlite, &settings).await;
    let (seller, photo) = (shop.seller().await, a_photo_of_four_megabytes());

    let sent = join_all((0..8).map(|_| seller.upload(IMAGES, &photo, &[]))).await;

    for answer in &sent {
        assert!(matches!((answer.status, answer.code()), (201, "") | (429, "too_many_uploads")));
    }
    assert!(sent.iter().any(|answer| answer.status == 201));
    assert!(sent.iter().any(|answer| answer.status == 429));
    shop.close().await;
}

#[tokio::test]
async fn the_demonstrations_vehicles_and_goods_show_pictures_that_are_served() {
    let shop = Shop::open_with(Engine::Sqlite, &[("SOUK__SEED__PICTURES", "true")]).await;
    let anyone = shop.client();

    let vehicles = anyone.get("/v1/rent/vehicles?limit=50").await.expect(200);
    let goods = anyone.get("/v1/products?limit=100").await.expect(200);

    let vehicles = vehicles.body["data"].as_array().unwrap().clone();
    assert!(vehicles.len() >= 20);
    for vehicle in &vehicles {
        assert_eq!(follow(&shop, &vehicle["image"]["urls"]["card"]).await, 200, "{vehicle}");
    }
    let goods = goods.body["data"].as_array().unwrap().clone();
    let pictured: Vec<_> =
        goods.iter().filter(|it| it["image"]["urls"].is_object()).cloned().collect();
    assert!(!pictured.is_empty());
    for product in &pictured {
        assert_eq!(follow(&shop, &product["image"]["urls"]["thumb"]).await, 200, "{product}");
    }
    shop.close().await;
}
