//! Status, code and shape of every endpoint of buying, over memory.
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
use api::{Draining, Metrics, edge::watch, extract::InFlight, identity::AfterSignIn};
use async_trait::async_trait;
use buy::{Product, Rules, StockPolicy, testing::World};
use commerce::{Actor, AuthError, Authenticator, Id, Role, UserId};
use paperclip::actix::OpenApiExt;
use serde_json::{Value, json};
use uuid::Uuid;

/// Everyone's token is their role.
struct Doorkeeper(UserId);

#[async_trait]
impl Authenticator for Doorkeeper {
    async fn authenticate(&self, token: &str) -> Result<Actor, AuthError> {
        let role = Role::parse(token).ok_or(AuthError::Invalid)?;
        let session = Id::from_uuid(Uuid::nil());
        Ok(Actor { user: self.0, session, role })
    }
}

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    fn etag(&self) -> &str {
        self.header("etag")
    }

    fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors.filter_map(|error| error["pointer"].as_str()).collect()
    }

    fn titles(&self) -> Vec<&str> {
        let data = self.body["data"].as_array().into_iter().flatten();
        data.filter_map(|card| card["title"].as_str()).collect()
    }
}

type Answering = Pin<Box<dyn Future<Output = Reply>>>;

/// The shell around buying, without a socket.
struct Shop {
    world: World,
    door: Box<dyn Fn(TestRequest) -> Answering>,
}

impl Shop {
    async fn open() -> Self {
        Self::with_rules(Rules::default()).await
    }

    async fn with_rules(rules: Rules) -> Self {
        let world = World::with_rules(rules);
        let doorkeeper: Arc<dyn Authenticator> = Arc::new(Doorkeeper(world.user));
        let watching = watch::Watch {
            env: world.env.env(),
            trusted_proxies: Arc::from([]),
            metrics: Metrics::new(None).unwrap(),
            draining: Draining::default(),
            request_timeout: Duration::from_secs(10),
        };
        let mount = api::buy::routes(world.buy.clone(), 0);
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

    async fn ask(&self, method: Method, path: &str, asked: Asked<'_>) -> Reply {
        let mut request = TestRequest::default().method(method).uri(path);
        if let Some(role) = asked.role {
            request = request.insert_header(("authorization", format!("Bearer {role}")));
        }
        for (name, value) in asked.headers {
            request = request.insert_header((*name, *value));
        }
        if let Some(body) = asked.body {
            request = request.set_json(body);
        }
        (self.door)(request).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.ask(Method::GET, path, Asked::default()).await
    }

    /// As a seller, over a version.
    async fn keep(&self, method: Method, path: &str, seen: &str, body: Option<Value>) -> Reply {
        let headers = &[("if-match", seen)];
        self.ask(method, path, Asked { role: Some("seller"), headers, body }).await
    }

    /// As the customer.
    async fn shop(&self, method: Method, path: &str, seen: &str, body: Option<Value>) -> Reply {
        let headers = [("if-match", seen)];
        let headers = if seen.is_empty() { &headers[..0] } else { &headers[..] };
        self.ask(method, path, Asked { role: Some("customer"), headers, body }).await
    }

    async fn put(&self, product: &Product, quantity: u32) -> Reply {
        let body = json!({"variant": product.variants[0].id.to_string(), "quantity": quantity});
        self.shop(Method::POST, "/v1/cart/items", "", Some(body)).await
    }

    async fn check_out(&self, key: &str) -> Reply {
        let headers = &[("idempotency-key", key)];
        let body = Some(address());
        let asked = Asked { role: Some("customer"), headers, body };
        self.ask(Method::POST, "/v1/checkout", asked).await
    }
}

#[derive(Default)]
struct Asked<'a> {
    role: Option<&'a str>,
    headers: &'a [(&'a str, &'a str)],
    body: Option<Value>,
}

async fn read(response: ServiceResponse<BoxBody>) -> Reply {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = to_bytes(response.into_body()).await.unwrap();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Reply { status, headers, body }
}

fn address() -> Value {
    json!({"address": {
        "name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London",
        "postal_code": "SW1Y 4JH", "country": "GB",
    }})
}

fn shirt() -> Value {
    json!({
        "title": "Linen Shirt", "option_names": ["Size"], "attributes": {"Material": "Linen"},
        "images": [{"url": "/demo/images/linen-shirt.svg", "alt": "A shirt"}],
        "variants": [{
            "sku": "LNS-M", "options": {"Size": "M"},
            "prices": [{"amount": 5900, "currency": "USD"}, {"amount": 5450, "currency": "EUR"}],
        }],
    })
}

async fn create(shop: &Shop, body: Value) -> Reply {
    let asked = Asked { role: Some("seller"), headers: &[], body: Some(body) };
    shop.ask(Method::POST, "/v1/products", asked).await
}

#[actix_web::test]
async fn a_product_is_made_published_changed_and_archived() {
    let shop = Shop::open().await;

    let made = create(&shop, shirt()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = made.header("location").to_owned();
    assert_eq!(path, format!("/v1/products/{}", made.body["id"].as_str().unwrap()));
    assert_eq!(
        (&made.body["status"], &made.body["slug"]),
        (&json!("draft"), &json!("linen-shirt"))
    );
    assert_eq!(shop.get(&path).await.status, 404, "a draft is nobody's business");

    let publish = format!("{path}/publish");
    let published = shop.keep(Method::POST, &publish, made.etag(), None).await;
    assert_eq!((published.status, &published.body["status"]), (200, &json!("published")));
    let seen = shop.get("/v1/products/linen-shirt").await;
    assert_eq!((seen.status, seen.etag()), (200, published.etag()));
    let headers = &[("if-none-match", seen.etag())];
    let again = shop.ask(Method::GET, &path, Asked { headers, ..Asked::default() }).await;
    assert_eq!((again.status, again.etag()), (304, seen.etag()));

    let title = Some(json!({"title": "Linen Shirt, washed", "category": null}));
    let edited = shop.keep(Method::PATCH, &path, seen.etag(), title.clone()).await;
    assert_eq!(edited.body["title"], "Linen Shirt, washed");
    let late = shop.keep(Method::PATCH, &path, seen.etag(), title.clone()).await;
    assert_eq!((late.status, late.code()), (412, "outdated"));
    let role = Some("seller");
    let blind =
        shop.ask(Method::PATCH, &path, Asked { role, body: title, ..Asked::default() }).await;
    assert_eq!((blind.status, blind.code()), (428, "version_required"));

    let archived = shop.keep(Method::POST, &format!("{path}/archive"), edited.etag(), None).await;
    assert_eq!(archived.body["status"], "archived");
    assert_eq!(shop.get(&path).await.status, 404);
}

#[actix_web::test]
async fn only_the_shops_keepers_write_the_catalogue() {
    let shop = Shop::open().await;
    let id = format!("prd_{}", "0".repeat(32));
    let writes = [
        (Method::POST, "/v1/products".to_owned()),
        (Method::PATCH, format!("/v1/products/{id}")),
        (Method::POST, format!("/v1/products/{id}/publish")),
        (Method::POST, format!("/v1/products/{id}/archive")),
        (Method::POST, format!("/v1/products/{id}/variants")),
        (Method::DELETE, format!("/v1/products/{id}/variants/var_{}", "0".repeat(32))),
        (Method::POST, format!("/v1/products/{id}/images")),
        (Method::DELETE, format!("/v1/products/{id}/images/img_{}", "0".repeat(32))),
        (Method::GET, format!("/v1/products/{id}/stock")),
        (Method::POST, format!("/v1/products/{id}/stock")),
        (Method::GET, "/v1/keeper/products".to_owned()),
        (Method::POST, "/v1/categories".to_owned()),
        (Method::DELETE, format!("/v1/categories/cat_{}", "0".repeat(32))),
    ];
    for (method, path) in writes {
        let body = || Some(json!({}));
        let stranger = Asked { body: body(), ..Asked::default() };
        let stranger = shop.ask(method.clone(), &path, stranger).await;
        assert_eq!(stranger.status, 401, "{method} {path} {}", stranger.body);
        let customer = shop.shop(method.clone(), &path, "1", body()).await;
        assert_eq!(customer.status, 403, "{method} {path} {}", customer.body);
    }
}

#[actix_web::test]
async fn every_fault_of_a_product_is_told_at_once() {
    let shop = Shop::open().await;
    let faulty = json!({
        "title": "Shirt", "slug": "No Slug",
        "variants": [{"sku": "A", "prices": [
            {"amount": 1, "currency": "USD"}, {"amount": 2, "currency": "USD"},
            {"amount": 3, "currency": "XXX"},
        ]}],
    });

    let refused = create(&shop, faulty).await;

    assert_eq!((refused.status, refused.code()), (422, "invalid_request"));
    let places = ["#/slug", "#/variants/0/prices/1/currency", "#/variants/0/prices/2/currency"];
    assert_eq!(refused.pointers(), places);
    let unknown = create(&shop, json!({"title": "Shirt", "stock": 5})).await;
    assert_eq!(unknown.status, 422);
    let long = create(&shop, json!({"title": "x".repeat(201), "option_names": ["a", "a"]})).await;
    assert_eq!(long.pointers(), ["#/title"]);
    let same = create(&shop, json!({"title": "Shirt", "option_names": ["a", "a"]})).await;
    assert_eq!(same.pointers(), ["#/option_names"]);
}

#[actix_web::test]
async fn variants_and_images_are_kept_over_http() {
    let shop = Shop::open().await;
    let made = create(&shop, shirt()).await;
    let path = made.header("location").to_owned();
    let large = json!({"sku": "LNS-L", "options": {"Size": "L"}, "stock_policy": "untracked"});

    let variants = format!("{path}/variants");
    let added = shop.keep(Method::POST, &variants, made.etag(), Some(large)).await;
    assert_eq!(added.status, 200, "{}", added.body);
    assert_eq!(added.body["variants"][1]["in_stock"], true);
    assert_eq!(added.body["options"][0]["values"], json!(["M", "L"]));
    let variant = format!("{variants}/{}", added.body["variants"][1]["id"].as_str().unwrap());
    let price = json!({"prices": [{"amount": 6100, "currency": "USD"}]});
    let priced = shop.keep(Method::PATCH, &variant, added.etag(), Some(price)).await;
    assert_eq!(priced.body["variants"][1]["prices"][0]["amount"], 6100);
    let left = shop.keep(Method::DELETE, &variant, priced.etag(), None).await;
    assert_eq!(left.body["variants"].as_array().unwrap().len(), 1);
    let gone = shop.keep(Method::DELETE, &variant, left.etag(), None).await;
    assert_eq!((gone.status, gone.code()), (404, "no_variant"));

    let images = format!("{path}/images");
    let front = json!({"url": "https://example.com/1.jpg", "alt": "Front", "position": 0});
    let pictured = shop.keep(Method::POST, &images, left.etag(), Some(front)).await;
    assert_eq!(pictured.body["images"][0]["alt"], "Front");
    let image = format!("{images}/{}", pictured.body["images"][0]["id"].as_str().unwrap());
    let without = shop.keep(Method::DELETE, &image, pictured.etag(), None).await;
    assert_eq!(without.body["images"].as_array().unwrap().len(), 1);
    let script = json!({"url": "javascript:alert(1)", "alt": ""});
    let refused = shop.keep(Method::POST, &images, without.etag(), Some(script)).await;
    assert_eq!(refused.pointers(), ["#/images/1/url"]);
}

#[actix_web::test]
async fn stock_is_changed_once_however_often_it_is_asked_for() {
    let shop = Shop::open().await;
    let tea = shop.world.sell("Tea", 5_00, StockPolicy::Hold, 0).await;
    let path = format!("/v1/products/{}/stock", tea.id);
    let variant = tea.variants[0].id.to_string();
    let change = async |key: &str, kind: &str, units: u32| {
        let body = Some(json!({"variant": variant, "kind": kind, "units": units}));
        let headers = &[("idempotency-key", key)];
        shop.ask(Method::POST, &path, Asked { role: Some("operator"), headers, body }).await
    };

    let received = change("a", "received", 10).await;
    assert_eq!((received.status, &received.body["on_hand"]), (201, &json!(10)));
    let again = change("a", "received", 10).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(change("b", "counted", 7).await.body["available"], 7);
    let lost = change("c", "lost", 8).await;
    assert_eq!((lost.status, lost.code(), &lost.body["on_hand"]), (409, "stock_held", &json!(7)));
    let levels = shop.keep(Method::GET, &path, "", None).await;
    assert_eq!(levels.body["variants"][0]["on_hand"], 7);
}

#[actix_web::test]
async fn products_are_listed_searched_filtered_and_paged() {
    let shop = Shop::open().await;
    for (title, minor, stock) in [("Green Tea", 3_00, 1), ("Black Tea", 1_00, 0), ("Mug", 2_00, 5)]
    {
        shop.world.sell(title, minor, StockPolicy::Hold, stock).await;
    }
    let titles = async |query: &str| {
        let listed = shop.get(&format!("/v1/products?{query}")).await;
        assert_eq!(listed.status, 200, "{query} {}", listed.body);
        listed.titles().join(", ")
    };

    assert_eq!(titles("").await, "Mug, Black Tea, Green Tea");
    assert_eq!(titles("sort=price").await, "Black Tea, Mug, Green Tea");
    assert_eq!(titles("sort=-price&in_stock=true").await, "Green Tea, Mug");
    assert_eq!(titles("q=tae").await, "");
    assert_eq!(titles("q=green+tea").await, "Green Tea");
    assert_eq!(titles("q=balck+tea").await, "Black Tea");
    assert_eq!(titles("price_min=150&price_max=250").await, "Mug");
    assert_eq!(titles("currency=EUR").await, "");
    assert_eq!(titles("option.size=m").await, "");

    let first = shop.get("/v1/products?sort=title&limit=2&facets=true").await;
    assert_eq!((first.titles().len(), &first.body["page"]["has_more"]), (2, &json!(true)));
    assert_eq!(first.body["facets"]["in_stock"], 2);
    assert_eq!(first.body["facets"]["price_max"], json!({"amount": 300, "currency": "USD"}));
    let cursor = first.body["page"]["next_cursor"].as_str().unwrap();
    assert_eq!(titles(&format!("sort=title&limit=2&cursor={cursor}")).await, "Mug");

    let refused = [
        (format!("sort=price&cursor={cursor}"), 422, "bad_cursor"),
        ("sort=relevance".to_owned(), 422, "nothing_to_rank_by"),
        ("limit=0".to_owned(), 422, "invalid_request"),
        ("colour=red".to_owned(), 400, "bad_parameter"),
        ("category=nowhere".to_owned(), 404, "no_category"),
        ("currency=XXX".to_owned(), 422, "invalid_request"),
    ];
    for (query, status, code) in refused {
        let reply = shop.get(&format!("/v1/products?{query}")).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{query}");
    }
    let kept = shop.keep(Method::GET, "/v1/keeper/products?status=published", "", None).await;
    assert_eq!(kept.titles(), ["Mug", "Black Tea", "Green Tea"]);
    let none = shop.keep(Method::GET, "/v1/keeper/products?status=draft", "", None).await;
    assert_eq!(none.titles(), Vec::<&str>::new());
}

#[actix_web::test]
async fn categories_are_kept_as_a_tree() {
    let shop = Shop::open().await;
    let create = async |body: Value| {
        let asked = Asked { role: Some("operator"), headers: &[], body: Some(body) };
        shop.ask(Method::POST, "/v1/categories", asked).await
    };
    let top = create(json!({"name": "Clothes"})).await;
    assert_eq!((top.status, top.etag()), (201, "\"1\""));
    let path = top.header("location").to_owned();
    let leaf = create(json!({"name": "Shirts", "parent": top.body["id"]})).await;

    let tree = shop.get("/v1/categories").await;
    let shown: Vec<_> =
        tree.body["data"].as_array().unwrap().iter().map(|c| (&c["slug"], &c["depth"])).collect();
    assert_eq!(shown, [(&json!("clothes"), &json!(0)), (&json!("shirts"), &json!(1))]);
    assert_eq!(shop.get("/v1/categories/shirts").await.body["id"], leaf.body["id"]);
    assert_eq!(shop.get("/v1/categories/none").await.code(), "no_category");

    let under_itself = Some(json!({"parent": leaf.body["id"]}));
    let circle = shop.keep(Method::PATCH, &path, "\"2\"", under_itself).await;
    assert_eq!((circle.status, circle.code()), (409, "category_circle"));
    let used = shop.keep(Method::DELETE, &path, "\"2\"", None).await;
    assert_eq!((used.status, used.code()), (409, "category_in_use"));
    let lost = create(json!({"name": "Lost", "parent": format!("cat_{}", "0".repeat(32))})).await;
    assert_eq!(lost.pointers(), ["#/parent"]);
    let leaf = leaf.header("location").to_owned();
    let root = shop.keep(Method::PATCH, &leaf, "\"1\"", Some(json!({"parent": null}))).await;
    assert_eq!((&root.body["parent"], root.etag()), (&Value::Null, "\"2\""));
    assert_eq!(shop.keep(Method::DELETE, &leaf, "\"2\"", None).await.status, 204);
    assert_eq!(create(json!({"name": "Clothes"})).await.code(), "slug_taken");
}

#[actix_web::test]
async fn a_guest_gets_a_token_once_and_brings_the_cart_along() {
    let shop = Shop::open().await;
    let tea = shop.world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    let body = || Some(json!({"variant": tea.variants[0].id.to_string(), "quantity": 2}));
    let empty = shop.get("/v1/cart").await;
    assert_eq!((empty.status, &empty.body["id"]), (200, &Value::Null));

    let asked = Asked { body: body(), ..Asked::default() };
    let first = shop.ask(Method::POST, "/v1/cart/items", asked).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let token = first.header("x-cart-token").to_owned();
    assert_eq!(token.len(), 64);
    let headers = &[("x-cart-token", token.as_str())];
    let asked = Asked { headers, body: body(), ..Asked::default() };
    let second = shop.ask(Method::POST, "/v1/cart/items", asked).await;
    assert_eq!(
        (second.header("x-cart-token"), &second.body["items"][0]["quantity"]),
        ("", &json!(4))
    );
    let strange = &[("x-cart-token", "nonsense")];
    let strange = Asked { headers: strange, ..Asked::default() };
    assert_eq!(shop.ask(Method::GET, "/v1/cart", strange).await.code(), "no_cart");

    let merge = async || {
        let body = Some(json!({"cart_token": token}));
        shop.shop(Method::POST, "/v1/cart/merge", "", body).await
    };
    let merged = merge().await;
    assert_eq!((merged.status, &merged.body["left_out"]), (200, &json!([])));
    assert_eq!(merged.body["cart"]["items"][0]["quantity"], 4);
    assert_eq!(merge().await.body["cart"], merged.body["cart"]);
    let gone = Asked { headers, ..Asked::default() };
    assert_eq!(shop.ask(Method::GET, "/v1/cart", gone).await.status, 404);
}

#[actix_web::test]
async fn an_addition_sent_again_under_its_key_counts_once() {
    let shop = Shop::open().await;
    let tea = shop.world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    let body =
        |quantity| Some(json!({"variant": tea.variants[0].id.to_string(), "quantity": quantity}));
    let add = async |role, token: &str, quantity: u32| {
        let headers = [("idempotency-key", "a"), ("x-cart-token", token)];
        let headers = if token.is_empty() { &headers[..1] } else { &headers };
        let asked = Asked { role, headers, body: body(quantity) };
        shop.ask(Method::POST, "/v1/cart/items", asked).await
    };
    let stranger = async || add(None, "", 1).await.header("x-cart-token").to_owned();
    let (ann, ben) = (stranger().await, stranger().await);
    assert_ne!(ann, ben, "each gets a cart of their own");

    for (role, token, whole) in [(Some("customer"), "", 2), (None, &*ann, 3), (None, &*ben, 3)] {
        let first = add(role, token, 2).await;
        let again = add(role, token, 2).await;
        let other = add(role, token, 3).await;

        assert_eq!((first.status, first.header("idempotent-replayed")), (201, ""));
        assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
        assert_eq!(first.body["items"][0]["quantity"], whole);
        assert_eq!((&again.body, again.etag()), (&first.body, first.etag()));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"));
    }
    let empty = Asked { headers: &[("idempotency-key", "")], body: body(1), ..Asked::default() };
    let empty = shop.ask(Method::POST, "/v1/cart/items", empty).await;
    assert_eq!((empty.status, empty.code()), (400, "bad_idempotency_key"));
}

#[actix_web::test]
async fn a_guests_cart_follows_them_when_they_sign_in() {
    let shop = Shop::open().await;
    let tea = shop.world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    let body = Some(json!({"variant": tea.variants[0].id.to_string(), "quantity": 2}));
    let asked = Asked { body, ..Asked::default() };
    let made = shop.ask(Method::POST, "/v1/cart/items", asked).await;
    let (buy, user) = (&shop.world.buy, shop.world.user);

    buy.bring_along(user, made.header("x-cart-token")).await.unwrap();
    buy.bring_along(user, made.header("x-cart-token")).await.unwrap();
    let unknown = buy.bring_along(user, &"0".repeat(64)).await;
    let odd = buy.bring_along(user, "nonsense").await;

    let cart = shop.shop(Method::GET, "/v1/cart", "", None).await;
    assert_eq!(cart.body["items"][0]["quantity"], 2);
    assert!(unknown.is_ok() && odd.is_err());
}

#[actix_web::test]
async fn items_are_changed_over_the_version_that_was_seen() {
    let shop = Shop::open().await;
    let tea = shop.world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    let added = shop.put(&tea, 1).await;
    let path = added.header("location").to_owned();

    let more = shop.shop(Method::PATCH, &path, added.etag(), Some(json!({"quantity": 3}))).await;
    assert_eq!(more.body["totals"]["total"], json!({"amount": 1500, "currency": "USD"}));
    let late = shop.shop(Method::PATCH, &path, added.etag(), Some(json!({"quantity": 4}))).await;
    assert_eq!(late.status, 412);
    let blind = shop.shop(Method::DELETE, &path, "", None).await;
    assert_eq!(blind.status, 428);
    let nothing = shop.shop(Method::PATCH, &path, more.etag(), Some(json!({}))).await;
    assert_eq!(nothing.status, 422);
    let much = shop.shop(Method::PATCH, &path, more.etag(), Some(json!({"quantity": 1000}))).await;
    assert_eq!((much.status, much.code()), (422, "bad_quantity"));
    let price = json!({"amount": 500, "currency": "USD"});
    let both = Some(json!({"quantity": 1000, "accept_price": price}));
    let both = shop.shop(Method::PATCH, &path, more.etag(), both).await;
    assert_eq!((both.status, both.code()), (422, "bad_quantity"));
    let removed = shop.shop(Method::DELETE, &path, more.etag(), None).await;
    assert_eq!(removed.body["items"], json!([]));
    let gone = shop.shop(Method::DELETE, &path, removed.etag(), None).await;
    assert_eq!((gone.status, gone.code()), (404, "no_item"));
    let again = shop.put(&tea, 1).await;
    let cleared = shop.shop(Method::DELETE, "/v1/cart", again.etag(), None).await;
    assert_eq!(cleared.body["items"], json!([]));
}

#[actix_web::test]
async fn a_changed_price_is_shown_and_must_be_accepted_before_checkout() {
    let shop = Shop::open().await;
    let tea = shop.world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    let added = shop.put(&tea, 2).await;
    let variant = format!("/v1/products/{}/variants/{}", tea.id, tea.variants[0].id);
    let dearer = Some(json!({"prices": [{"amount": 600, "currency": "USD"}]}));
    assert_eq!(shop.keep(Method::PATCH, &variant, "\"2\"", dearer).await.status, 200);

    let cart = shop.shop(Method::GET, "/v1/cart", "", None).await;
    assert_ne!(cart.etag(), added.etag(), "the answer is another, though the version is not");
    let issue = &cart.body["items"][0]["issues"][0];
    assert_eq!(
        (&issue["code"], &issue["old_price"]["amount"]),
        (&json!("price_changed"), &json!(500))
    );
    assert_eq!(cart.body["ready"], false);
    let refused = shop.check_out("a").await;
    assert_eq!((refused.status, refused.code()), (409, "price_changed"));
    assert_eq!(refused.body["lines"][0]["new"], json!({"amount": 600, "currency": "USD"}));

    let accept = async |amount: i64| {
        let price = json!({"amount": amount, "currency": "USD"});
        let prices =
            json!({"prices": [{"item": cart.body["items"][0]["id"], "unit_price": price}]});
        shop.shop(Method::POST, "/v1/cart/prices:accept", "", Some(prices)).await
    };
    assert_eq!(accept(550).await.code(), "price_changed");
    assert_eq!(accept(600).await.body["ready"], true);
    assert_eq!(shop.check_out("b").await.body["total"]["amount"], 1200);
}

#[actix_web::test]
async fn checking_out_makes_one_order_and_answers_the_same_again() {
    let shop = Shop::open().await;
    let tea = shop.world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    assert_eq!(shop.check_out("early").await.code(), "cart_empty");
    shop.put(&tea, 2).await;

    let role = Some("customer");
    let unnamed = Asked { role, body: Some(address()), ..Asked::default() };
    let unnamed = shop.ask(Method::POST, "/v1/checkout", unnamed).await;
    assert_eq!((unnamed.status, unnamed.code()), (400, "idempotency_key_required"));
    let placed = shop.check_out("a").await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let id = placed.body["id"].as_str().unwrap();
    assert_eq!(placed.header("location"), format!("/v1/orders/{id}"));
    assert_eq!(placed.body["state"], "pending");
    let again = shop.check_out("a").await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
    assert_eq!(again.body, placed.body);
    let other = shop.check_out("b").await;
    assert_eq!((other.status, other.code()), (409, "cart_checked_out"));
    assert_eq!(other.body["order"], id);
    assert_eq!(shop.world.memory.held(tea.variants[0].resource()), 2);
    let stranger = Asked { body: Some(address()), ..Asked::default() };
    assert_eq!(shop.ask(Method::POST, "/v1/checkout", stranger).await.status, 401);
}

#[actix_web::test]
async fn what_there_is_too_little_of_is_named() {
    let shop = Shop::with_rules(Rules { max_open_orders: 1, ..Rules::default() }).await;
    let tea = shop.world.sell("Tea", 5_00, StockPolicy::Hold, 1).await;
    let added = shop.put(&tea, 2).await;
    assert_eq!(added.body["items"][0]["issues"][0]["available"], 1);

    let refused = shop.check_out("a").await;
    assert_eq!((refused.status, refused.code()), (409, "out_of_stock"));
    let line = &refused.body["lines"][0];
    assert_eq!(
        (&line["sku"], &line["wanted"], &line["available"]),
        (&json!("Tea"), &json!(2), &json!(1))
    );
    let headers = &[("idempotency-key", "b"), ("if-match", "\"9\"")];
    let asked = Asked { role: Some("customer"), headers, body: Some(address()) };
    assert_eq!(shop.ask(Method::POST, "/v1/checkout", asked).await.status, 412);

    let path = added.header("location").to_owned();
    shop.shop(Method::PATCH, &path, added.etag(), Some(json!({"quantity": 1}))).await;
    assert_eq!(shop.check_out("c").await.status, 201);
    let song = shop.world.sell("Song", 5_00, StockPolicy::Untracked, 0).await;
    shop.put(&song, 1).await;
    assert_eq!(shop.check_out("d").await.code(), "too_many_open_orders");
    let bad = json!({"address": {"name": "", "line1": "x", "city": "x", "postal_code": "x", "country": "gb"}});
    let headers = &[("idempotency-key", "e")];
    let asked = Asked { role: Some("customer"), headers, body: Some(bad) };
    let bad = shop.ask(Method::POST, "/v1/checkout", asked).await;
    assert_eq!(bad.pointers(), ["#/address/country", "#/address/name"]);
}
