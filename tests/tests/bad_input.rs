//! Whatever a client sends, to whichever route: it is told what is wrong, and nothing breaks. The requests are made of
//! the OpenAPI document, so a new route is walked as soon as it is there.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tests::{Client, Document, Engine, Operation, Shop, crowd::assert_calm, trade::PASSWORD};

/// What a request is wrong in, and what must be said about it.
struct Wrong {
    what: String,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
    must: Must,
}

/// What the answer must be.
#[derive(Debug, Clone)]
enum Must {
    /// Any refusal.
    Refuse,
    /// A refusal with one of these.
    Be(&'static [u16]),
    /// A refusal of the value under this name, told in `errors`.
    Name(String),
    /// Anything but a fault of ours: what is odd need not be wrong.
    Hold,
}

/// Asks without the politeness of [`Client`]: any bytes as a body, any header.
struct Rude {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Rude {
    async fn ask(&self, method: &Method, wrong: &Wrong) -> Response {
        let url = format!("{}{}", self.url, wrong.path);
        let mut request = self.http.request(method.clone(), url).bearer_auth(&self.token);
        for (name, value) in &wrong.headers {
            let value = reqwest::header::HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request = request.header(*name, value);
        }
        if let Some(body) = &wrong.body {
            request = request.body(body.clone());
        }
        request.send().await.unwrap()
    }

    /// What is wrong with the answer, if anything is.
    async fn complaint(&self, operation: &Operation, wrong: &Wrong) -> Option<String> {
        let answer = self.ask(&operation.method, wrong).await;
        let status = answer.status().as_u16();
        let media = answer.headers().get("content-type").cloned();
        let text = answer.text().await.unwrap();
        let told = |why: &str| {
            let (name, what) = (operation.name(), &wrong.what);
            let text: String = text.chars().take(300).collect();
            Some(format!("{name}, {what}: {why}: {status} {text}"))
        };
        match (&wrong.must, status) {
            (Must::Hold, 200..400) => return None,
            (Must::Be(these), _) if !these.contains(&status) => return told("another status"),
            (_, 400..500) => {}
            _ => return told("no refusal"),
        }
        if media.is_none_or(|media| media != "application/problem+json") {
            return told("no problem body");
        }
        let problem: Value = serde_json::from_str(&text).unwrap_or_default();
        let whole = problem["status"] == status
            && ["type", "title", "detail", "instance", "code", "request_id"]
                .iter()
                .all(|member| problem[*member].is_string())
            && problem["errors"].is_array();
        if !whole {
            return told("half a problem body");
        }
        if let Must::Name(name) = &wrong.must
            && !(matches!(status, 400 | 422) && names(&problem, name))
        {
            return told(&format!("nothing said about {name}"));
        }
        leak(&text).and_then(|word| told(&format!("says `{word}`")))
    }
}

/// Whether an error points at this value, or at what it belongs to and speaks of it.
fn names(problem: &Value, name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    problem["errors"].as_array().into_iter().flatten().any(|error| {
        let pointer = error["pointer"].as_str().unwrap_or_default();
        let detail = error["detail"].as_str().unwrap_or_default();
        let inside = pointer == name || pointer.starts_with(&format!("{name}/"));
        inside || (name.starts_with(pointer) && detail.contains(&format!("`{last}`")))
    })
}

/// What no answer may speak of.
fn leak(text: &str) -> Option<&'static str> {
    let words = [
        "sqlx",
        "SQLSTATE",
        "sqlite",
        "SELECT ",
        "panicked",
        ".rs:",
        "stack backtrace",
        "postgres",
    ];
    words.into_iter().find(|word| text.contains(word))
}

/// The headers without which a route refuses for another reason than the one at hand.
fn headers(operation: &Operation) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if operation.asks_for("If-Match") {
        headers.push(("if-match", "\"1\"".to_owned()));
    }
    if operation.asks_for("Idempotency-Key") {
        headers.push(("idempotency-key", uuid::Uuid::new_v4().to_string()));
    }
    if operation.body().is_some() {
        headers.push(("content-type", "application/json".to_owned()));
    }
    headers
}

fn wrong(operation: &Operation, what: impl Into<String>, must: Must) -> Wrong {
    let (path, headers) = (operation.path_to_nothing(), headers(operation));
    Wrong { what: what.into(), path, headers, body: None, must }
}

/// Bodies that are no JSON, too much of it, or of another kind.
fn unreadable(operation: &Operation) -> Vec<Wrong> {
    let with = |what: &str, body: &[u8], must: Must| Wrong {
        body: Some(body.to_vec()),
        ..wrong(operation, what, must)
    };
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let deep_inside = format!("{{\"x\":{}1{}}}", "{\"x\":".repeat(5_000), "}".repeat(5_000));
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(70_000));
    let mut all = vec![
        with("an empty body", b"", Must::Refuse),
        with("half an object", b"{\"a\":", Must::Refuse),
        with("no JSON", b"nope", Must::Refuse),
        with("half a list", b"[1,", Must::Refuse),
        with("single quotes", b"{'a':1}", Must::Refuse),
        with("a byte order mark", b"\xef\xbb\xbf{}", Must::Refuse),
        with("two values", b"{}{}", Must::Refuse),
        with("a NUL", b"{\"a\":\"\0\"}", Must::Refuse),
        with("only NULs", b"\0\0\0\0", Must::Refuse),
        with("no UTF-8", b"{\"a\":\"\xff\xfe\"}", Must::Refuse),
        with("half a surrogate", br#"{"a":"\ud800"}"#, Must::Refuse),
        with("a number out of all bounds", br#"{"a":1e999}"#, Must::Refuse),
        with("a list", b"[]", Must::Refuse),
        with("null", b"null", Must::Refuse),
        with("a word", b"\"x\"", Must::Refuse),
        with("a number", b"1", Must::Refuse),
        with("too deep a list", deep.as_bytes(), Must::Refuse),
        with("too deep an object", deep_inside.as_bytes(), Must::Refuse),
        with("too large a body", large.as_bytes(), Must::Be(&[413])),
    ];
    for (what, media) in [
        ("text", "text/plain"),
        ("a form", "application/x-www-form-urlencoded"),
        ("nonsense", ";;"),
    ] {
        let mut one = with(&format!("said to be {what}"), b"{}", Must::Be(&[415]));
        for (name, value) in &mut one.headers {
            if *name == "content-type" {
                media.clone_into(value);
            }
        }
        all.push(one);
    }
    let mut silent = with("said to be nothing", b"{}", Must::Be(&[415]));
    silent.headers.retain(|(name, _)| *name != "content-type");
    all.push(silent);
    let mut zipped = with("said to be zipped", b"{}", Must::Be(&[415]));
    zipped.headers.push(("content-encoding", "gzip".to_owned()));
    all.push(zipped);
    all
}

/// Bodies that are JSON and not what was asked for, one value at a time.
fn unacceptable(document: &Document, operation: &Operation, schema: &Value) -> Vec<Wrong> {
    let good = document.example(schema);
    let with = |what: String, body: &Value, must: Must| Wrong {
        body: Some(body.to_string().into_bytes()),
        ..wrong(operation, what, must)
    };
    let mut all = Vec::new();
    let mut strange = good.clone();
    strange["unheard_of"] = json!(1);
    all.push(with("an unknown field".into(), &strange, Must::Name("#/unheard_of".into())));
    for name in required(document, schema) {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(&name);
        all.push(with(format!("without {name}"), &without, Must::Name(format!("#/{name}"))));
    }
    let mut places = Vec::new();
    spots(document, schema, &good, "", &mut places);
    for (pointer, schema) in places {
        for (what, value, must) in bad_values(document, &schema, &pointer) {
            let mut body = good.clone();
            put(&mut body, &pointer, value);
            all.push(with(format!("{pointer} is {what}"), &body, must));
        }
    }
    all
}

fn required(document: &Document, schema: &Value) -> Vec<String> {
    let required = document.resolve(schema)["required"].as_array().cloned().unwrap_or_default();
    required.iter().filter_map(|name| name.as_str().map(ToOwned::to_owned)).collect()
}

/// Every place of a body where a value belongs, with the schema of the value.
fn spots(
    document: &Document,
    schema: &Value,
    good: &Value,
    at: &str,
    found: &mut Vec<(String, Value)>,
) {
    let resolved = document.resolve(schema);
    for (name, property) in resolved["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{at}/{name}");
        found.push((pointer.clone(), property.clone()));
        let inner = document.resolve(property);
        match good.get(name) {
            Some(Value::Array(items)) if !items.is_empty() => {
                let pointer = format!("{pointer}/0");
                found.push((pointer.clone(), inner["items"].clone()));
                spots(document, &inner["items"], &items[0], &pointer, found);
            }
            Some(value @ Value::Object(_)) => spots(document, property, value, &pointer, found),
            _ => {}
        }
    }
}

fn put(body: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        parent => parent[name] = value,
    }
}

/// Values that a schema does not allow, or that trip programs up.
fn bad_values(document: &Document, schema: &Value, pointer: &str) -> Vec<(String, Value, Must)> {
    let nullable = schema["nullable"] == true;
    let schema = document.resolve(schema);
    let kind = schema["type"].as_str().unwrap_or_default();
    let name = || Must::Name(format!("#{pointer}"));
    let mut bad = Vec::new();
    if !nullable && schema["nullable"] != true && schema.get("default").is_none() {
        bad.push(("null".to_owned(), Value::Null, name()));
    }
    let others = [
        ("boolean", json!(true)),
        ("integer", json!(7)),
        ("number", json!(1.5)),
        ("string", json!("x y")),
        ("array", json!([[]])),
        ("object", json!({"unheard_of": 1})),
    ];
    for (other, value) in others {
        let fits = kind == other || (kind == "number" && other == "integer") || kind.is_empty();
        // A schema with rules for its members is met again at each of them.
        if !fits {
            bad.push((format!("of another type: {value}"), value, name()));
        }
    }
    match kind {
        "string" => bad.extend(bad_words(schema, &name())),
        "integer" => {
            for edge in [json!(-1e30), json!(1e30), json!(i64::MIN), json!(u64::MAX)] {
                bad.push((format!("{edge}"), edge, Must::Refuse));
            }
            if let Some(least) = schema["minimum"].as_i64() {
                bad.push(("below its minimum".into(), json!(least.saturating_sub(1)), name()));
            }
            if let Some(most) = schema["maximum"].as_i64().filter(|most| *most < i64::MAX) {
                bad.push(("above its maximum".into(), json!(most + 1), name()));
            }
        }
        "array" => {
            if let Some(most) = schema["maxItems"].as_u64() {
                let item = document.example(&schema["items"]);
                let most = usize::try_from(most).unwrap();
                bad.push(("too many".into(), json!(vec![item; most + 1]), Must::Refuse));
            }
        }
        _ => {}
    }
    bad
}

fn bad_words(schema: &Value, name: &Must) -> Vec<(String, Value, Must)> {
    let mut bad = Vec::new();
    let mut say = |what: &str, value: String, must: &Must| {
        bad.push((what.to_owned(), Value::String(value), must.clone()));
    };
    let has_shape = schema.get("pattern").is_some() || schema.get("enum").is_some();
    let odd = if has_shape { name } else { &Must::Hold };
    say("a word with a NUL in it", "open-sesame\0-1001".into(), name);
    say("a NUL", "\0".into(), name);
    say("SQL", "x' or 1=1; drop table buy_products; --".into(), odd);
    say("the ends of Unicode", "\u{202e}\u{fffd}\u{10ffff}\u{feff}".into(), odd);
    say("an emoji of many parts", "👩‍👩‍👧‍👦".repeat(3), odd);
    if has_shape {
        say("out of shape", "zzz_0".into(), name);
        say("empty", String::new(), name);
    }
    if let Some(most) = schema["maxLength"].as_u64() {
        say("too long", "x".repeat(usize::try_from(most).unwrap() + 1), name);
    }
    if schema["minLength"].as_u64().is_some_and(|least| least > 0) {
        say("empty", String::new(), name);
    }
    bad
}

/// Ids that are none.
fn bad_paths(operation: &Operation) -> Vec<Wrong> {
    let long = "x".repeat(3_000);
    let ids = [
        "x",
        "0",
        "-1",
        "%00",
        "a%00b",
        "%ff%fe",
        "..%2f..%2fetc",
        "%25",
        "%F0%9F%92%A9",
        "*",
        "'",
        "prd_",
        "prd_x",
        "zzz_019aa3c5d1f27c3e8a4b5c6d7e8f9012",
        "019aa3c5-d1f2-7c3e-8a4b-5c6d7e8f9012",
        &long,
    ];
    let mut all = Vec::new();
    for parameter in operation.parameters("path") {
        for id in ids {
            let path = operation.path_with(|other| {
                if other["name"] == parameter["name"] { id.to_owned() } else { "x".to_owned() }
            });
            let what = format!("{} is {}", parameter["name"], id.get(..40).unwrap_or(id));
            let body = operation.body().map(|_| b"{}".to_vec());
            // A code is any word; there is nothing under most.
            let must = if parameter["name"] == "code" { Must::Hold } else { Must::Refuse };
            all.push(Wrong { path, body, ..wrong(operation, what, must) });
        }
    }
    all
}

/// Query strings with parameters nobody knows, or of values that are none.
fn bad_queries(document: &Document, operation: &Operation) -> Vec<Wrong> {
    let parameters = operation.parameters("query");
    let with = |query: &str, must: Must| {
        let path = format!("{}?{query}", operation.path_to_nothing());
        let what = format!("?{}", query.get(..60).unwrap_or(query));
        Wrong { path, ..wrong(operation, what, must) }
    };
    let mut all = Vec::new();
    if !parameters.is_empty() {
        all.push(with("unheard_of=1", Must::Be(&[400, 422])));
        all.push(with(&format!("unheard_of={}", "x".repeat(5_000)), Must::Be(&[400, 414, 422])));
        all.push(with("%00=%00", Must::Be(&[400, 422])));
        all.push(with("%ff", Must::Be(&[400, 422])));
    }
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap();
        let schema = document.resolve(&parameter["schema"]);
        let shaped = schema.get("pattern").is_some()
            || schema.get("enum").is_some()
            || schema["type"] != "string"
            || name == "cursor";
        let bad = if shaped { Must::Refuse } else { Must::Hold };
        for value in
            ["x%20y", "%00", "%ff%fe", "-", "1.5", "99999999999999999999", "%F0%9F%92%A9", "'--"]
        {
            all.push(with(&format!("{name}={value}"), bad.clone()));
        }
        all.push(with(&format!("{name}={}", "x".repeat(3_900)), Must::Hold));
        all.push(with(&format!("{name}=1&{name}=2"), Must::Hold));
        all.push(with(&format!("{name}="), Must::Hold));
        if schema["type"] == "integer" {
            for edge in ["-1", "-9223372036854775808", "9223372036854775807"] {
                all.push(with(&format!("{name}={edge}"), Must::Hold));
            }
        }
    }
    all
}

/// Headers that are missing or make no sense.
fn bad_headers(operation: &Operation) -> Vec<Wrong> {
    let mut all = Vec::new();
    let body = operation.body().map(|_| b"{}".to_vec());
    let long = "x".repeat(2_000);
    for (name, missing, values) in [
        ("If-Match", 428, ["", "x", "\"", "W/\"1\"", "\"-1\"", "\"99999999999999999999\"", &long]),
        ("Idempotency-Key", 400, ["", " ", "", "ä", "\t", "", &long]),
        ("X-Cart-Token", 0, ["", "x", "ä", "crt_", "cart", "%00", &long]),
    ] {
        let Some(told) = operation.parameters("header").into_iter().find(|it| it["name"] == name)
        else {
            continue;
        };
        let lower: &'static str = match name {
            "If-Match" => "if-match",
            "Idempotency-Key" => "idempotency-key",
            _ => "x-cart-token",
        };
        for value in values {
            let mut one = wrong(
                operation,
                format!("{name}: {}", value.get(..20).unwrap_or(value)),
                Must::Hold,
            );
            one.headers.retain(|(header, _)| *header != lower);
            one.headers.push((lower, value.to_owned()));
            one.body.clone_from(&body);
            if told["required"] == true {
                one.must = Must::Refuse;
            }
            all.push(one);
        }
        if told["required"] == true {
            let statuses: &'static [u16] = if missing == 428 { &[428, 422] } else { &[400] };
            let mut one = wrong(operation, format!("no {name}"), Must::Be(statuses));
            one.headers.retain(|(header, _)| *header != lower);
            one.body.clone_from(&body);
            all.push(one);
        }
    }
    all
}

fn everything(document: &Document, operation: &Operation) -> Vec<Wrong> {
    let mut all = bad_paths(operation);
    all.extend(bad_queries(document, operation));
    all.extend(bad_headers(operation));
    // A provider's message is taken as it comes; its signature decides.
    let is_notice = operation.path.starts_with("/v1/webhooks/");
    if let Some(schema) = operation.body().filter(|_| !is_notice) {
        all.extend(unreadable(operation));
        all.extend(unacceptable(document, operation, schema));
    }
    all
}

/// Sends everything wrong to every route, as someone who may do everything, and then looks whether the shop is well.
async fn walk(engine: Engine) {
    let shop = Shop::open(engine).await;
    let document = Document::served(&shop.client()).await;
    let operator = shop.sign_in("operator@example.com", PASSWORD).await;
    let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    let token = operator.token.clone().unwrap();
    let rude = Rude { http, url: shop.url().to_owned(), token };
    let (mut asked, mut complaints) = (0, Vec::new());

    for operation in document.operations() {
        for wrong in everything(&document, &operation) {
            asked += 1;
            complaints.extend(rude.complaint(&operation, &wrong).await);
        }
    }

    assert!(complaints.is_empty(), "{} of {asked}:\n{}", complaints.len(), complaints.join("\n"));
    assert!(asked > 2_000, "only {asked} requests; does the document still say what routes read?");
    operator.get("/v1/me").await.expect(200);
    operator.get("/v1/products").await.expect(200);
    assert_calm(&shop.client()).await;
    shop.close().await;
}

#[tokio::test]
async fn nothing_a_client_sends_breaks_a_shop_on_sqlite() {
    walk(Engine::Sqlite).await;
}

#[tokio::test]
async fn nothing_a_client_sends_breaks_a_shop_on_postgresql() {
    walk(Engine::Postgres).await;
}

#[tokio::test]
async fn every_unacceptable_field_is_told_at_once() {
    let shop = Shop::open(Engine::Sqlite).await;
    let body = json!({"email": "nobody", "name": "", "password": "short"});

    let answer = shop.client().post("/v1/auth/register", body).await.expect(422);

    let errors = answer.body["errors"].as_array().unwrap();
    let mut pointers: Vec<_> = errors.iter().filter_map(|it| it["pointer"].as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["#/email", "#/name", "#/password"], "{}", answer.body);
    shop.close().await;
}

#[tokio::test]
async fn what_is_not_there_and_what_it_cannot_do_is_told_as_a_problem() {
    let shop = Shop::open(Engine::Sqlite).await;
    let anyone: Client = shop.client();

    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v2/products",
        "/v1//products",
        "/%00",
        "/v1/products/a/b/c",
    ] {
        assert!(anyone.get(path).await.expect(404).is_problem(), "{path}");
    }
    for (method, path) in [
        (Method::PUT, "/v1/products"),
        (Method::DELETE, "/v1/auth/login"),
        (Method::GET, "/v1/auth/login"),
        (Method::PATCH, "/v1/orders"),
        (Method::TRACE, "/v1/me"),
        (Method::from_bytes(b"BREW").unwrap(), "/v1/cart"),
    ] {
        let answer = anyone.ask(method, path, &[], None).await;
        assert_eq!(answer.status, 405, "{}: {}", answer.request, answer.body);
        assert!(answer.is_problem(), "{}: {}", answer.request, answer.body);
        assert!(!answer.header("allow").is_empty(), "{} tells no Allow", answer.request);
    }
    shop.close().await;
}
