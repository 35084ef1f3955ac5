//! Status, code and shape of every endpoint of pictures, over memory.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its world should stop"
)]

use std::{collections::HashMap, pin::Pin, rc::Rc, sync::Arc, time::Duration};

use actix_web::{
    App,
    body::{BoxBody, to_bytes},
    dev::{Service, ServiceResponse},
    http::{Method, header::HeaderMap},
    middleware::from_fn,
    test::{TestRequest, init_service},
    web::Data,
};
use api::{Draining, Metrics, UploadLimits, edge::watch, extract::InFlight};
use async_trait::async_trait;
use commerce::{
    Actor, AuthError, Authenticator, Id, Role, UserId,
    testing::{Memory, TestEnv},
};
use media::{
    AskedFile, Format, Limits, Media, Place, Rules, ServedFile, ServedFiles, StoreTrouble, Stores,
    Visibility,
    testing::{Shelf, a_jpeg, a_jpeg_from_a_phone, a_moving_webp, an_svg, huge_png},
};
use paperclip::actix::OpenApiExt;
use serde_json::Value;
use uuid::Uuid;

/// Everyone's token is their number.
struct Doorkeeper;

#[async_trait]
impl Authenticator for Doorkeeper {
    async fn authenticate(&self, token: &str) -> Result<Actor, AuthError> {
        let number = token.parse().map_err(|_| AuthError::Invalid)?;
        let (user, session) =
            (UserId::from_uuid(Uuid::from_u128(number)), Id::from_uuid(Uuid::nil()));
        Ok(Actor { user, session, role: Role::Customer })
    }
}

/// Serves what is on the shelf; the pass is a word.
struct Window(Shelf);

#[async_trait]
impl ServedFiles for Window {
    async fn read(&self, asked: &AskedFile) -> Result<Option<ServedFile>, StoreTrouble> {
        let key = Place::of(asked.image, Visibility::Public).key;
        let visibility = match &asked.pass {
            Some(pass) if pass.signature == "open" => Visibility::Private,
            Some(_) => return Ok(None),
            None => Visibility::Public,
        };
        let found = self.0.renditions(&key).into_iter().find(|it| it.variant == asked.variant);
        Ok(found.map(|it| ServedFile { format: Format::Jpeg, visibility, bytes: it.bytes }))
    }
}

struct Reply {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
    body: Value,
}

impl Reply {
    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors.filter_map(|error| error["pointer"].as_str()).collect()
    }
}

type Answering = Pin<Box<dyn Future<Output = Reply>>>;

/// The shell around pictures, without a socket.
struct Gallery {
    shelf: Shelf,
    door: Box<dyn Fn(TestRequest) -> Answering>,
}

impl Gallery {
    async fn open() -> Self {
        let (shelf, clock) = (Shelf::default(), TestEnv::new());
        let limits = Limits { bytes: 100_000, ..Limits::default() };
        let rules = Rules { limits, ..Rules::default() };
        let stores = Stores::new(Arc::new(shelf.clone()));
        let media = Media::over(Arc::new(Memory::default()), stores, clock.env(), rules);
        let doorkeeper: Arc<dyn Authenticator> = Arc::new(Doorkeeper);
        let watching = watch::Watch {
            env: clock.env(),
            trusted_proxies: Arc::from([]),
            metrics: Metrics::new(None).unwrap(),
            draining: Draining::default(),
            request_timeout: Duration::from_secs(10),
        };
        let uploads = UploadLimits {
            at_once: 4,
            of_one_person: 2,
            wait: Duration::from_secs(1),
            timeout: Duration::from_secs(30),
        };
        let mount = api::media::routes(media, Some(Arc::new(Window(shelf.clone()))), uploads);
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
        Self { shelf, door: Box::new(door) }
    }

    async fn ask(&self, who: u32, method: Method, path: &str) -> Reply {
        let request = TestRequest::default().method(method).uri(path);
        (self.door)(request.insert_header(("authorization", format!("Bearer {who}")))).await
    }

    async fn send(&self, path: &str, key: &str, form: Form) -> Reply {
        let request = TestRequest::post()
            .uri(path)
            .insert_header(("authorization", "Bearer 1"))
            .insert_header(("idempotency-key", key))
            .insert_header(("content-type", "multipart/form-data; boundary=xYz"));
        (self.door)(request.set_payload(form.finish())).await
    }

    async fn upload(&self, file: &[u8]) -> Reply {
        let key = format!("key-{}", self.shelf.keys().len());
        self.send("/v1/media/images", &key, Form::of(file)).await
    }
}

async fn read(response: ServiceResponse<BoxBody>) -> Reply {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = to_bytes(response.into_body()).await.unwrap().to_vec();
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Reply { status, headers, bytes, body }
}

#[derive(Default)]
struct Form(Vec<u8>);

impl Form {
    /// A file under a name that lies about everything.
    fn of(file: &[u8]) -> Self {
        let lies =
            "name=\"file\"; filename=\"../../etc/x\u{202e}gpj.php\"\r\nContent-Type: text/html";
        Self::default().part(lies, file)
    }

    fn with(self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{name}\""), value.as_bytes())
    }

    fn part(mut self, about: &str, content: &[u8]) -> Self {
        self.0.extend(format!("--xYz\r\nContent-Disposition: form-data; {about}\r\n\r\n").bytes());
        self.0.extend(content);
        self.0.extend(b"\r\n");
        self
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.extend(b"--xYz--\r\n");
        self.0
    }
}

#[actix_web::test]
async fn an_upload_is_answered_with_where_it_is_seen() {
    let gallery = Gallery::open().await;
    let form = Form::of(&a_jpeg(640, 480)).with("alt", " A red car ");

    let made = gallery.send("/v1/media/images", "one", form).await;

    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(made.header("location"), format!("/v1/media/images/{id}"));
    assert_eq!(made.body["alt"], "A red car");
    assert_eq!((&made.body["width"], &made.body["height"]), (&640.into(), &480.into()));
    let card = made.body["urls"]["card"].as_str().unwrap();
    let name = id.strip_prefix("pic_").unwrap();
    assert_eq!(card, format!("https://shelf.example/images/{name}/card.jpg"));
    assert!(!made.body.to_string().contains("etc"), "the name is not kept");
    let shown = gallery.ask(1, Method::GET, &format!("/v1/media/images/{id}")).await;
    assert_eq!((shown.status, &shown.body), (200, &made.body));
    let listed = gallery.ask(1, Method::GET, "/v1/media/images").await;
    assert_eq!(listed.body["data"][0], made.body);
}

#[actix_web::test]
async fn asked_twice_it_is_kept_once() {
    let gallery = Gallery::open().await;
    let send =
        async |key: &str, file: &[u8]| gallery.send("/v1/media/images", key, Form::of(file)).await;
    let first = send("same", &a_jpeg(64, 48)).await;

    let again = send("same", &a_jpeg(64, 48)).await;
    let other = send("same", &a_jpeg(48, 64)).await;

    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"));
    assert_eq!(gallery.shelf.keys().len(), 1);
}

#[actix_web::test]
async fn what_is_no_picture_is_unprocessable_and_says_why() {
    let gallery = Gallery::open().await;
    let bad = [
        (an_svg(), "unknown_image_format"),
        (b"<?php system('id'); ?>".to_vec(), "unknown_image_format"),
        (huge_png(50_000, 50_000, 1, 0), "too_many_pixels"),
        (a_moving_webp(), "image_moves"),
        (a_jpeg(64, 48)[..400].to_vec(), "image_cut_short"),
        (Vec::new(), "image_empty"),
    ];
    for (file, code) in bad {
        let refused = gallery.upload(&file).await;

        assert_eq!((refused.status, refused.code()), (422, code));
        assert_eq!(refused.pointers(), ["#/file"]);
    }
    assert!(gallery.shelf.keys().is_empty());
}

#[actix_web::test]
async fn a_form_that_is_wrong_says_all_that_is() {
    let gallery = Gallery::open().await;
    let form = Form::default().with("alt", "x\0y").with("visibility", "secret").with("owner", "2");

    let wrong = gallery.send("/v1/media/images", "k", form).await;

    assert_eq!((wrong.status, wrong.code()), (422, "invalid_request"));
    let mut pointers = wrong.pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["#/alt", "#/file", "#/owner", "#/visibility"]);
    let twice = Form::of(&a_jpeg(9, 9)).with("alt", "a").with("alt", "b");
    let twice = gallery.send("/v1/media/images", "k", twice).await;
    assert_eq!((twice.status, twice.pointers()), (422, vec!["#/alt"]));
    let long = Form::of(&a_jpeg(9, 9)).with("alt", &"é".repeat(301));
    let long = gallery.send("/v1/media/images", "k", long).await;
    assert_eq!((long.status, long.pointers()), (422, vec!["#/alt"]));
    let many = (0..9).fold(Form::default(), |form, _| form.with("alt", "a"));
    assert_eq!(gallery.send("/v1/media/images", "k", many).await.status, 400);
}

#[actix_web::test]
async fn the_head_of_a_request_is_judged_before_its_body() {
    let gallery = Gallery::open().await;
    let request = || TestRequest::post().uri("/v1/media/images");
    let signed = || request().insert_header(("authorization", "Bearer 1"));
    let keyed = || signed().insert_header(("idempotency-key", "k"));
    let form = ("content-type", "multipart/form-data; boundary=xYz");
    let status = async |request: TestRequest| (gallery.door)(request).await.status;

    assert_eq!(status(request().insert_header(form)).await, 401);
    assert_eq!(status(signed().insert_header(form)).await, 400, "no key");
    assert_eq!(status(keyed().insert_header(("content-type", "image/jpeg"))).await, 415);
    let packed = keyed().insert_header(form).insert_header(("content-encoding", "gzip"));
    assert_eq!(status(packed).await, 415);
    let declared = keyed().insert_header(form).insert_header(("content-length", "10000000"));
    assert_eq!(status(declared).await, 413);
    let undeclared = keyed().insert_header(form).set_payload(vec![b'x'; 200_000]);
    assert_eq!(status(undeclared).await, 413);
    let cut = keyed().insert_header(form).set_payload("--xYz\r\nContent-Disposition: form-data");
    assert_eq!(status(cut).await, 400);
}

#[actix_web::test]
async fn a_private_picture_is_seen_by_a_link_alone() {
    let gallery = Gallery::open().await;
    let form = Form::of(&a_jpeg_from_a_phone(64, 32)).with("visibility", "private");
    let made = gallery.send("/v1/media/images", "k", form).await;
    let links = format!("/v1/media/images/{}/links", made.body["id"].as_str().unwrap());

    let link = gallery.ask(1, Method::POST, &links).await;

    assert_eq!(made.body["urls"], Value::Null);
    assert_eq!(link.status, 201);
    assert_eq!(link.body["expires_at"], "2026-05-01T12:15:00Z");
    assert!(link.body["url"].as_str().unwrap().contains("/full.jpg?until="));
    assert_eq!(gallery.ask(2, Method::POST, &links).await.status, 404);
    let open = gallery.upload(&a_jpeg(9, 9)).await;
    let links = format!("/v1/media/images/{}/links", open.body["id"].as_str().unwrap());
    assert_eq!(gallery.ask(1, Method::POST, &links).await.code(), "image_not_private");
}

#[actix_web::test]
async fn a_picture_is_replaced_and_removed_by_its_owner_alone() {
    let gallery = Gallery::open().await;
    let made = gallery.upload(&a_jpeg(64, 48)).await;
    let path = format!("/v1/media/images/{}", made.body["id"].as_str().unwrap());

    let next = gallery.send(&format!("{path}/replacements"), "r", Form::of(&a_jpeg(30, 20))).await;

    assert_eq!(next.status, 201, "{}", next.body);
    assert_ne!(next.body["id"], made.body["id"]);
    assert_eq!(gallery.ask(1, Method::GET, &path).await.status, 404, "the old one is gone");
    let path = next.header("location").to_owned();
    assert_eq!(gallery.ask(2, Method::DELETE, &path).await.status, 404);
    assert_eq!(gallery.ask(1, Method::DELETE, &path).await.status, 204);
    assert_eq!(gallery.ask(1, Method::DELETE, &path).await.status, 404);
}

#[actix_web::test]
async fn served_files_are_pictures_and_nothing_else() {
    let gallery = Gallery::open().await;
    let made = gallery.upload(&a_jpeg(64, 48)).await;
    let name = made.body["id"].as_str().unwrap().strip_prefix("pic_").unwrap().to_owned();
    let get = async |path: &str| gallery.ask(1, Method::GET, path).await;

    let thumb = get(&format!("/v1/media/files/{name}/thumb")).await;

    assert_eq!(thumb.status, 200);
    assert_eq!(Format::of(&thumb.bytes), Some(Format::Jpeg));
    let expected = HashMap::from([
        ("content-type", "image/jpeg"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "inline"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ]);
    for (header, value) in expected {
        assert_eq!(thumb.header(header), value, "{header}");
    }
    let private = get(&format!("/v1/media/files/{name}/full?until=1&signature=open")).await;
    assert_eq!(private.header("cache-control"), "private, no-store");
    for nothing in [
        format!("{name}/huge"),
        format!("{name}/thumb?until=1&signature=shut"),
        format!("{name}/thumb?until=1"),
        format!("{}/thumb", Uuid::from_u128(1).simple()),
        format!("{}/thumb", Uuid::from_u128(1)),
        "..%2f..%2fetc%2fpasswd/thumb".to_owned(),
    ] {
        assert_eq!(get(&format!("/v1/media/files/{nothing}")).await.status, 404, "{nothing}");
    }
}
