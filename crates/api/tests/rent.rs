//! Status, code and shape of the endpoints of renting, over memory.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its world should stop"
)]

use std::{pin::Pin, rc::Rc, sync::Arc, time::Duration};

use actix_web::{
    App,
    body::{BoxBody, to_bytes},
    dev::{Service, ServiceResponse},
    http::{Method, header::HeaderMap},
    middleware::from_fn,
    test::{TestRequest, init_service},
    web::Data,
};
use api::{Draining, Metrics, edge::watch, extract::InFlight};
use async_trait::async_trait;
use commerce::{Actor, AuthError, Authenticator, Currency};
use paperclip::actix::OpenApiExt;
use rent::testing::{World, operator, owner, stranger, traveller};
use serde_json::{Value, json};

/// Everyone's token is who they are.
struct Doorkeeper;

#[async_trait]
impl Authenticator for Doorkeeper {
    async fn authenticate(&self, token: &str) -> Result<Actor, AuthError> {
        match token {
            "owner" => Ok(owner()),
            "stranger" => Ok(stranger()),
            "operator" => Ok(operator()),
            "traveller" => Ok(traveller(1)),
            "other" => Ok(traveller(2)),
            _ => Err(AuthError::Invalid),
        }
    }
}

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    #[track_caller]
    fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    }

    fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_default().to_owned()
    }

    fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors.filter_map(|error| error["pointer"].as_str()).collect()
    }
}

type Answering = Pin<Box<dyn Future<Output = Reply>>>;

/// The shell around renting, without a socket.
struct House {
    world: World,
    door: Box<dyn Fn(TestRequest) -> Answering>,
}

impl House {
    async fn open() -> Self {
        let world = World::new();
        let doorkeeper: Arc<dyn Authenticator> = Arc::new(Doorkeeper);
        let watching = watch::Watch {
            env: world.env(),
            trusted_proxies: Arc::from([]),
            metrics: Metrics::new(None).unwrap(),
            draining: Draining::default(),
            request_timeout: Duration::from_secs(10),
        };
        let mount = api::rent::routes(world.rent.clone(), Currency::USD);
        let app = App::new()
            .wrap(from_fn(watch::watch))
            .app_data(Data::new(watching))
            .app_data(Data::new(InFlight::default()))
            .app_data(Data::<dyn Authenticator>::from(doorkeeper))
            .wrap_api()
            .configure(|config| mount(config))
            .build();
        let app = Rc::new(init_service(app).await);
        let door = move |request: TestRequest| -> Answering {
            let app = app.clone();
            let request = request.peer_addr("192.0.2.1:4711".parse().unwrap()).to_request();
            Box::pin(async move { read(app.call(request).await.unwrap()).await })
        };
        Self { world, door: Box::new(door) }
    }

    async fn ask(
        &self,
        who: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply {
        let mut request = TestRequest::default().method(method).uri(path);
        if !who.is_empty() {
            request = request.insert_header(("authorization", format!("Bearer {who}")));
        }
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        if let Some(body) = body {
            request = request.set_json(body);
        }
        (self.door)(request).await
    }

    async fn get(&self, who: &str, path: &str) -> Reply {
        self.ask(who, Method::GET, path, &[], None).await
    }

    async fn post(&self, who: &str, path: &str, body: Value) -> Reply {
        self.ask(who, Method::POST, path, &[], Some(body)).await
    }

    /// A change over the version of an earlier reply.
    async fn over(
        &self,
        who: &str,
        (method, path): (Method, &str),
        seen: &Reply,
        body: Option<Value>,
    ) -> Reply {
        let etag = seen.header("etag");
        self.ask(who, method, path, &[("if-match", &etag)], body).await
    }

    async fn shop(&self) -> String {
        self.post("owner", "/v1/rent/shops", a_shop()).await.expect(201).text("id")
    }

    /// A published scooter with one unit.
    async fn scooter(&self) -> String {
        let body = a_scooter(&self.shop().await);
        let made = self.post("owner", "/v1/rent/vehicles/scooters", body).await.expect(201);
        let path = made.header("location");
        let publish = format!("{path}/publish");
        self.over("owner", (Method::POST, &publish), &made, None).await.expect(200);
        path
    }

    async fn book(&self, who: &str, key: &str, body: Value) -> Reply {
        let headers = [("idempotency-key", key)];
        self.ask(who, Method::POST, "/v1/rent/bookings", &headers, Some(body)).await
    }
}

async fn read(response: ServiceResponse<BoxBody>) -> Reply {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = to_bytes(response.into_body()).await.unwrap();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Reply { status, headers, body }
}

fn a_shop() -> Value {
    let day = json!([{"from": "00:00", "to": "24:00"}]);
    json!({
        "name": "Brahmaputra Wheels", "zone": "Asia/Kolkata", "address": "GS Road, Guwahati",
        "place": {"latitude": "26.144518", "longitude": "91.736237"},
        "week": {
            "monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day,
            "saturday": day, "sunday": day,
        },
    })
}

fn a_scooter(shop: &str) -> Value {
    json!({
        "shop": shop, "title": "Activa", "description": "Twist and go.", "make": "Honda",
        "model": "Activa", "year": 2024, "fuel": "petrol", "engine_cc": 110, "helmets": 2,
        "minimum_age": 18, "odometer_km": 8_000, "units": ["AS-01-1"],
        "images": [{"url": "/demo/images/activa.svg", "alt": "A scooter"}],
        "rates": {
            "currency": "USD", "hour_minor": 2_00, "day_minor": 10_00, "min_minutes": 60,
            "max_minutes": 43_200, "deposit_minor": 40_00,
            "rules": [{"name": "Winter", "days": "all", "from": "2030-12-01", "to": "2031-01-31", "basis_points": 12_500}],
            "extras": [{"code": "helmet", "name": "Helmet", "price_minor": 100, "charged": "per_day", "most": 2}],
        },
    })
}

fn period(from: i64, to: i64) -> Value {
    json!({"starts_at": World::hour(from), "ends_at": World::hour(to)})
}

fn booking(vehicle: &str, from: i64, to: i64) -> Value {
    let vehicle = vehicle.rsplit('/').next().unwrap();
    let driver = json!({"name": "Ada Lovelace", "born_on": "1990-12-10"});
    json!({"vehicle": vehicle, "period": period(from, to), "driver": driver})
}

#[actix_web::test]
async fn a_shop_is_opened_looked_at_and_changed() {
    let house = House::open().await;

    let made = house.post("owner", "/v1/rent/shops", a_shop()).await.expect(201);
    let path = made.header("location");
    assert_eq!(path, format!("/v1/rent/shops/{}", made.text("id")));
    assert_eq!(made.body["week"]["monday"], json!([{"from": "00:00", "to": "24:00"}]));
    assert_eq!(made.body["place"]["latitude"], "26.144518");
    let seen = house.get("", &path).await.expect(200);

    let patch = json!({
        "exceptions": [{"date": "2030-12-25", "hours": []}],
        "blackouts": [{"from": "2030-12-31", "to": "2031-01-01"}],
        "week": {"monday": [{"from": "09:30", "to": "18:00"}]},
    });
    let edit = (Method::PATCH, path.as_str());
    let edited = house.over("owner", edit.clone(), &seen, Some(patch.clone())).await.expect(200);
    assert_eq!(edited.body["blackouts"][0]["to"], "2031-01-01");
    assert_eq!(edited.body["week"]["tuesday"], json!([]));
    let late = house.over("owner", edit.clone(), &seen, Some(patch.clone())).await.expect(412);
    assert_eq!(late.code(), "outdated");
    let blind = house.ask("owner", Method::PATCH, &path, &[], Some(patch.clone())).await;
    assert_eq!(blind.expect(428).code(), "version_required");
    house.over("stranger", edit, &edited, Some(patch)).await.expect(404);
    let own = house.get("owner", "/v1/rent/shops").await.expect(200);
    assert_eq!(own.body["data"][0]["id"], made.text("id"));
}

#[actix_web::test]
async fn every_fault_of_a_shop_is_told_with_its_place() {
    let house = House::open().await;
    let faulty = json!({
        "name": "Wheels", "zone": "Middle/Earth", "address": "x",
        "place": {"latitude": "north", "longitude": "1.0"},
        "week": {"monday": [{"from": "9", "to": "25:00"}]},
    });

    let refused = house.post("owner", "/v1/rent/shops", faulty).await.expect(422);

    let places = ["#/zone", "#/place/latitude", "#/week/monday/0/from", "#/week/monday/0/to"];
    assert_eq!(refused.pointers(), places);
}

#[actix_web::test]
async fn every_fault_of_a_vehicle_is_told_at_once() {
    let house = House::open().await;
    let shop = house.shop().await;
    let mut faulty = a_scooter(&shop);
    faulty["title"] = json!("x".repeat(121));
    faulty["year"] = json!(1_900);
    faulty["fuel"] = json!("electric");
    faulty["helmets"] = json!(9);
    faulty["images"][0]["url"] = json!("javascript:alert(1)");
    faulty["rates"]["currency"] = json!("XXX");
    faulty["rates"]["day_minor"] = json!(100_00);
    faulty["rates"]["rules"][0]["to"] = Value::Null;
    faulty["units"] = json!(["A", "A"]);
    // Not even of the right shape.
    faulty.as_object_mut().unwrap().remove("make");
    faulty["shop"] = json!("the one at the corner");
    faulty["model"] = json!(5);
    faulty["odometer_km"] = json!(-1);
    faulty["colour"] = json!("red");
    faulty["images"][0]["size"] = json!("large");
    faulty["rates"]["rules"][0]["wheels"] = json!(2);

    let refused = house.post("owner", "/v1/rent/vehicles/scooters", faulty).await.expect(422);

    assert_eq!(refused.code(), "invalid_request");
    let mut places = refused.pointers();
    places.sort_unstable();
    let expected = [
        "#/colour",
        "#/engine_cc",
        "#/helmets",
        "#/images/0/size",
        "#/images/0/url",
        "#/make",
        "#/model",
        "#/odometer_km",
        "#/rates/currency",
        "#/rates/day_minor",
        "#/rates/rules/0/to",
        "#/rates/rules/0/wheels",
        "#/shop",
        "#/title",
        "#/units/1",
        "#/year",
    ];
    assert_eq!(places, expected);
    let unknown = json!({"shop": shop, "colour": "red", "title": 5});
    let shapeless = house.post("owner", "/v1/rent/vehicles/cars", unknown).await.expect(422);
    let pointers = shapeless.pointers();
    for place in ["#/colour", "#/title", "#/make", "#/seats"] {
        assert!(pointers.contains(&place), "{place} in {pointers:?}");
    }
}

#[actix_web::test]
async fn a_bike_is_a_motorbike_or_a_bicycle() {
    let house = House::open().await;
    let shop = house.shop().await;
    let bicycle = json!({
        "shop": shop, "title": "Trek", "class": "bicycle", "make": "Trek", "model": "Marlin",
        "frame_cm": 48, "gears": 21, "helmets": 1, "minimum_age": 12,
    });

    let made = house.post("owner", "/v1/rent/vehicles/bikes", bicycle.clone()).await.expect(201);
    assert_eq!(
        (&made.body["kind"], &made.body["bike"]["class"]),
        (&json!("bike"), &json!("bicycle"))
    );
    assert_eq!((&made.body["car"], &made.body["scooter"]), (&Value::Null, &Value::Null));
    assert_eq!(made.body["features"], json!(["bicycle", "helmet", "no_licence"]));

    let mut mixed = bicycle;
    mixed["class"] = json!("motorbike");
    let refused = house.post("owner", "/v1/rent/vehicles/bikes", mixed).await.expect(422);
    let pointers = refused.pointers();
    for place in ["#/frame_cm", "#/gears", "#/year", "#/fuel", "#/licence", "#/odometer_km"] {
        assert!(pointers.contains(&place), "{place} in {pointers:?}");
    }
}

#[actix_web::test]
async fn a_vehicle_is_published_changed_paused_and_retired() {
    let house = House::open().await;
    let shop = house.shop().await;
    let mut bare = a_scooter(&shop);
    for field in ["images", "rates", "description", "units"] {
        bare.as_object_mut().unwrap().remove(field);
    }
    let made = house.post("owner", "/v1/rent/vehicles/scooters", bare).await.expect(201);
    let path = made.header("location");
    let publish = format!("{path}/publish");
    house.get("", &path).await.expect(404);
    let refused = house.over("owner", (Method::POST, &publish), &made, None).await.expect(422);
    assert_eq!(refused.pointers(), ["#/rates", "#/description", "#/images", "#/units"]);

    let image = Some(json!({"url": "/demo/images/activa.svg", "alt": "A scooter"}));
    let images = format!("{path}/images");
    let pictured = house.over("owner", (Method::POST, &images), &made, image).await.expect(200);
    let unit = Some(json!({"label": "AS-01-1"}));
    let units = format!("{path}/units");
    let owned = house.over("owner", (Method::POST, &units), &pictured, unit).await.expect(200);
    let rates = a_scooter(&shop)["rates"].clone();
    let patch = Some(json!({"rates": rates, "description": "Twist and go."}));
    let priced = house.over("owner", (Method::PATCH, &path), &owned, patch).await.expect(200);
    assert_eq!(priced.body["rates"]["rules"][0]["from"], "2030-12-01");
    let shown = house.over("owner", (Method::POST, &publish), &priced, None).await.expect(200);
    assert_eq!(shown.body["status"], "published");

    let seen = house.get("", &path).await.expect(200);
    assert_eq!((&seen.body["units"], &seen.body["units_ready"]), (&Value::Null, &json!(1)));
    let etag = seen.header("etag");
    house.ask("", Method::GET, &path, &[("if-none-match", &etag)], None).await.expect(304);

    let scooter = format!("{path}/scooter");
    let car = format!("{path}/car");
    let anew = json!({
        "make": "Honda", "model": "Dio", "year": 2025, "fuel": "petrol", "engine_cc": 109,
        "helmets": 1, "minimum_age": 18, "odometer_km": 10,
    });
    let anew = house.over("owner", (Method::PUT, &scooter), &shown, Some(anew)).await.expect(200);
    assert_eq!(anew.body["scooter"]["model"], "Dio");
    let other = json!({
        "make": "Maruti", "model": "Swift", "year": 2023, "fuel": "petrol", "engine_cc": 1_197,
        "transmission": "manual", "seats": 5, "doors": 5, "minimum_age": 21, "odometer_km": 1,
    });
    let other = house.over("owner", (Method::PUT, &car), &anew, Some(other)).await.expect(422);
    assert_eq!(other.code(), "other_kind");

    let unit = anew.body["units"][0]["id"].as_str().unwrap();
    let away = format!("{units}/{unit}");
    let away = house.over("owner", (Method::PATCH, &away), &anew, Some(json!({"away": true})));
    let away = away.await.expect(200);
    assert_eq!(away.body["units_ready"], 0);
    let pause = format!("{path}/pause");
    let paused = house.over("owner", (Method::POST, &pause), &away, None).await.expect(200);
    house.get("traveller", &path).await.expect(404);
    let retire = format!("{path}/retire");
    let retired = house.over("owner", (Method::POST, &retire), &paused, None).await.expect(200);
    let back = house.over("owner", (Method::POST, &publish), &retired, None).await.expect(409);
    assert_eq!(back.code(), "vehicle_retired");
    let list = format!("/v1/rent/shops/{shop}/vehicles?status=retired");
    assert_eq!(house.get("owner", &list).await.expect(200).body["data"][0]["status"], "retired");
}

#[actix_web::test]
async fn a_search_says_what_it_does_not_understand() {
    let house = House::open().await;
    let vehicle = house.scooter().await;
    let from = World::hour(24).format("%Y-%m-%dT%H:%M:%SZ");
    let until = World::hour(48).format("%Y-%m-%dT%H:%M:%SZ");

    let search = format!(
        "/v1/rent/vehicles?near=26.14,91.73&kind=scooter&features=helmet,no_licence&seats=2\
         &free_from={from}&free_until={until}"
    );
    let found = house.get("", &search).await.expect(200);
    assert!(vehicle.ends_with(found.body["data"][0]["id"].as_str().unwrap()));
    assert_eq!(found.body["data"][0]["total"], json!({"amount": 50_00, "currency": "USD"}));
    let none = house.get("", "/v1/rent/vehicles?near=0.0,0.0&radius_m=1000").await.expect(200);
    assert_eq!(none.body["data"], json!([]));

    let search =
        format!("/v1/rent/vehicles?near=here&features=wings&currency=XXX&free_from={from}");
    let refused = house.get("", &search).await.expect(422);
    assert_eq!(refused.pointers(), ["near", "currency", "features", "free_until"]);
    let lost = house.get("", "/v1/rent/vehicles?sort=distance").await.expect(422);
    assert_eq!(lost.code(), "nothing_to_be_near");
    house.get("", "/v1/rent/vehicles?colour=red").await.expect(400);
    let far = house.get("", "/v1/rent/vehicles?near=95.0,10.0").await.expect(422);
    assert_eq!(far.code(), "bad_place");
}

#[actix_web::test]
async fn what_was_quoted_is_what_is_booked_and_nobody_books_it_twice() {
    let house = House::open().await;
    let vehicle = house.scooter().await;
    let asked = json!({"period": period(24, 48)});
    let quote = house.post("", &format!("{vehicle}/quote"), asked.clone()).await.expect(200);
    assert_eq!((&quote.body["free_units"], &quote.body["nearest"]), (&json!(1), &json!([])));
    assert_eq!(quote.body["quote"]["zone"], "Asia/Kolkata");

    let mut wanted = booking(&vehicle, 24, 48);
    wanted["accepted_total"] = json!({"amount": 1, "currency": "USD"});
    let dear = house.book("traveller", "a", wanted.clone()).await.expect(409);
    assert_eq!((dear.code(), &dear.body["total"]["amount"]), ("price_changed", &json!(50_00)));
    wanted["accepted_total"] = quote.body["quote"]["total"].clone();
    let booked = house.book("traveller", "b", wanted.clone()).await.expect(201);
    assert_eq!(booked.header("location"), format!("/v1/rent/bookings/{}", booked.text("id")));
    assert_eq!(booked.header("etag"), "\"1\"");
    let again = house.book("traveller", "b", wanted).await.expect(201);
    assert_eq!(again.header("idempotent-replayed"), "true");

    let refused = house.book("other", "c", booking(&vehicle, 30, 40)).await.expect(409);
    assert_eq!(refused.code(), "not_free");
    let nearest = refused.body["nearest"][0].clone();
    assert!(nearest["starts_at"].is_string() && nearest["ends_at"].is_string(), "{nearest}");
    let taken = house.post("", &format!("{vehicle}/quote"), asked).await.expect(200);
    assert_eq!(taken.body["free_units"], 0);
    assert!(!taken.body["nearest"].as_array().unwrap().is_empty());
    let first = World::hour(24).format("%Y-%m-%d");
    let calendar = format!("{vehicle}/availability?from={first}&to={first}");
    let calendar = house.get("", &calendar).await.expect(200);
    assert_eq!(calendar.body["days"][0]["date"], first.to_string());

    let backwards = house.book("other", "d", booking(&vehicle, 40, 30)).await.expect(422);
    assert_eq!(backwards.pointers(), ["#/period"]);
    let mut young = booking(&vehicle, 60, 70);
    young["driver"]["born_on"] = json!(World::hour(0).format("%Y-%m-%d").to_string());
    let young = house.book("other", "e", young).await.expect(422);
    assert_eq!(young.pointers(), ["#/driver/born_on"]);
    let keyless = house.post("other", "/v1/rent/bookings", booking(&vehicle, 60, 70)).await;
    assert_eq!(keyless.expect(400).code(), "idempotency_key_required");
}

#[actix_web::test]
async fn a_booking_is_its_sides_alone_and_changes_over_what_they_saw() {
    let house = House::open().await;
    let vehicle = house.scooter().await;
    let booked = house.book("traveller", "a", booking(&vehicle, 1, 24)).await;
    let booked = booked.expect(201);
    let path = booked.header("location");

    for who in ["traveller", "owner", "operator"] {
        house.get(who, &path).await.expect(200);
    }
    for who in ["other", "stranger"] {
        assert_eq!(house.get(who, &path).await.expect(404).code(), "no_booking");
    }
    house.get("", &path).await.expect(401);
    let mine = house.get("traveller", "/v1/rent/bookings?state=held").await.expect(200);
    assert_eq!(mine.body["data"][0]["id"], booked.text("id"));
    let none = house.get("other", "/v1/rent/bookings").await.expect(200);
    assert_eq!(none.body["data"], json!([]));

    let order = booked.text("order").parse().unwrap();
    house.world.pay(&traveller(1), order).await;
    let cancel = format!("{path}/cancel");
    let stale = house.over("traveller", (Method::POST, &cancel), &booked, None).await.expect(412);
    assert_eq!(stale.code(), "outdated");
    let paid = house.get("traveller", &path).await.expect(200);
    assert_eq!(
        (&paid.body["state"], &paid.body["deposit"]["state"]),
        (&json!("confirmed"), &json!("held"))
    );

    let record = || Some(json!({"odometer_km": 8_000, "fuel_percent": 100}));
    let out = format!("{path}/hand-over");
    let own = house.over("traveller", (Method::POST, &out), &paid, record()).await.expect(403);
    assert_eq!(own.code(), "not_the_shop");
    let active = house.over("owner", (Method::POST, &out), &paid, record()).await.expect(200);
    let back = format!("{path}/take-back");
    let returned = house.over("owner", (Method::POST, &back), &active, record()).await.expect(200);
    let charges = format!("{path}/charges");
    let dent = house.world.a_photo(&owner()).to_string();
    let charge = |cents: i64| {
        Some(json!({
            "kind": "damage", "amount": {"amount": cents, "currency": "USD"}, "reason": "Broken.",
            "evidence": [dent],
        }))
    };
    let too_much = house.over("owner", (Method::POST, &charges), &returned, charge(41_00)).await;
    let too_much = too_much.expect(409);
    assert_eq!(
        (too_much.code(), &too_much.body["left"]["amount"]),
        ("deposit_too_small", &json!(40_00))
    );
    let charged = house.over("owner", (Method::POST, &charges), &returned, charge(15_00)).await;
    let charged = charged.expect(200);
    let complete = format!("{path}/complete");
    let done = house.over("owner", (Method::POST, &complete), &charged, None).await.expect(200);
    assert_eq!(done.body["deposit"]["returned"]["amount"], 25_00);
    let again = house.over("owner", (Method::POST, &complete), &done, None).await.expect(409);
    assert_eq!((again.code(), again.text("state")), ("wrong_state", "completed".to_owned()));
}

#[actix_web::test]
async fn photos_are_private_pictures_that_both_sides_can_open() {
    let house = House::open().await;
    let vehicle = house.scooter().await;
    let booked = house.book("traveller", "a", booking(&vehicle, 1, 24)).await.expect(201);
    let path = booked.header("location");
    house.world.pay(&traveller(1), booked.text("order").parse().unwrap()).await;
    let paid = house.get("owner", &path).await.expect(200);
    let [front, rear] = [(); 2].map(|()| house.world.a_photo(&owner()).to_string());
    let theirs = house.world.a_photo(&traveller(1)).to_string();
    let out = format!("{path}/hand-over");
    let hand_over = async |photos: Value| {
        let record = json!({"odometer_km": 8_000, "photos": photos});
        house.over("owner", (Method::POST, &out), &paid, Some(record)).await
    };

    let odd = hand_over(json!([front, "/media/1.webp", "veh_1", rear])).await.expect(422);
    let unfit = hand_over(json!([front, theirs, front])).await.expect(422);
    let many = hand_over(json!(vec![front.as_str(); 21])).await.expect(422);
    let active = hand_over(json!([front, rear])).await.expect(200);

    assert_eq!(odd.pointers(), ["#/photos/1", "#/photos/2"]);
    assert_eq!(unfit.pointers(), ["#/photos/1", "#/photos/2"]);
    assert_eq!(many.pointers(), ["#/photos"]);
    assert_eq!(active.body["handed_over"]["photos"], json!([front, rear]));
    let link = async |who: &str, picture: &str| {
        let path = format!("{path}/photos/{picture}/links");
        house.ask(who, Method::POST, &path, &[], None).await
    };
    for who in ["traveller", "owner", "operator"] {
        let link = link(who, &front).await.expect(201);
        assert!(link.text("url").contains(&front) && link.body["expires_at"].is_string());
    }
    for who in ["other", "stranger"] {
        assert_eq!(link(who, &front).await.expect(404).code(), "no_booking");
    }
    assert_eq!(link("owner", &theirs).await.expect(404).code(), "no_image");
    link("", &front).await.expect(401);
}
