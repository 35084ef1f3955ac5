//! Uploading a photo, beside reading and writing its pixels and nothing else.

use std::{
    io::Cursor,
    time::{Duration, Instant},
};

use image::{DynamicImage, ImageFormat, RgbImage, codecs::jpeg::JpegEncoder};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Result,
    figures::{Figures, millis},
    http::{Connection, request},
    load::{Journey, drive},
    measure::Plan,
    purchase::{PASSWORD, sign_in},
    report::Section,
    say,
    shop::Ground,
    store::{Engine, Store},
};

pub const NAME: &str = "Upload of a 4 MB photo";
/// As a telephone takes them: 12 megapixels.
const SIZE: (u32, u32) = (4_000, 3_000);
/// As large a file as that comes to.
const QUALITY: u8 = 85;
/// As pictures are kept.
const KEPT_QUALITY: u8 = 82;
/// So long at least is a round, for an upload takes a good part of a second.
const UPLOADS: Duration = Duration::from_secs(8);

pub async fn measure(
    plan: &Plan,
    ground: &Ground<'_>,
    engine: Engine,
    sections: &mut Vec<Section>,
) -> Result<()> {
    if !plan.wants(NAME) {
        return Ok(());
    }
    let photo = photo()?;
    let store = Store::make(engine, ground.folder).await?;
    ground.run(&store, &["migrate", "up"]).await?;
    let pictures = ground.folder.join("pictures").display().to_string();
    let settings = [
        ("SOUK__AUTH__BCRYPT_COST", "4"),
        ("SOUK__MEDIA__FOLDER__PATH", pictures.as_str()),
        ("SOUK__MEDIA__MAX_UNUSED_PER_USER", "1000000"),
    ];
    let shop = ground.serve(&store, &settings).await?;
    let mut rounds = Vec::new();
    for _ in 0..plan.rounds {
        let sender = Sender::new(&shop.authority, &photo).await?;
        let lasts = plan.lasts().max(UPLOADS);
        let uploads = drive(vec![sender], lasts).await;
        rounds.push((uploads, bare(&photo, lasts)?));
    }
    shop.stop().await?;
    store.drop().await?;
    rounds.sort_by_key(|(uploads, bare)| uploads.rate.share_of(bare.rate));
    if let Some((uploads, bare)) = rounds.get(rounds.len() / 2) {
        told(engine, &photo, (uploads, bare), sections);
    }
    Ok(())
}

fn told(
    engine: Engine,
    photo: &[u8],
    (uploads, bare): (&Figures, &Figures),
    sections: &mut Vec<Section>,
) {
    let ratio = uploads.rate.share_of(bare.rate);
    let size = format!("{}.{} MB", photo.len() / 1_000_000, photo.len() % 1_000_000 / 100_000);
    let (p50, bare) = (millis(uploads.p50), millis(bare.p50));
    say(&format!("{engine:<10} {NAME}: p50 {p50} ms, bare {bare} ms, ratio {ratio}"));
    let (p99, errors) = (millis(uploads.p99), uploads.errors);
    let row =
        [engine.to_string(), size, p50, p99, errors.to_string(), bare, ratio.to_string()].to_vec();
    Section {
        title: "Pictures",
        text: "One client uploads a photo of 12 megapixels over and over: received, proved, decoded, made anew in \
               three sizes, put in the local folder and written down. Beside it, in a process that does nothing \
               else: the photo decoded and encoded once, as large as it is.",
        head: &["Engine", "Photo", "p50 ms", "p99 ms", "Errors", "Bare decode + encode ms", "Ratio"],
        errors,
        rows: vec![row],
    }
    .add_to(sections);
}

/// Sends the photo over and over.
struct Sender {
    shop: Connection,
    token: String,
    photo: Vec<u8>,
}

impl Sender {
    async fn new(authority: &str, photo: &[u8]) -> Result<Self> {
        let mut shop = Connection::open(authority).await?;
        let email = format!("{}@example.com", Uuid::new_v4().simple());
        let body = json!({"email": email, "name": "Pia Photo", "password": PASSWORD});
        shop.expect(&request("POST", "/v1/auth/register", &[], Some(&body)), 202).await?;
        let token = sign_in(&mut shop, &email).await?;
        Ok(Self { shop, token, photo: photo.to_vec() })
    }

    fn upload(&self) -> Vec<u8> {
        let head = "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"photo.jpg\"\r\n\
                    content-type: image/jpeg\r\n\r\n";
        let tail = "\r\n--edge--\r\n";
        let body = [head.as_bytes(), &self.photo, tail.as_bytes()].concat();
        let (length, key) = (body.len().to_string(), Uuid::new_v4().to_string());
        let headers = [
            ("authorization", self.token.as_str()),
            ("idempotency-key", key.as_str()),
            ("content-type", "multipart/form-data; boundary=edge"),
            ("content-length", length.as_str()),
        ];
        let mut upload = request("POST", "/v1/media/images", &headers, None);
        upload.extend(body);
        upload
    }
}

impl Journey for Sender {
    async fn once(&mut self) -> Result<()> {
        let upload = self.upload();
        self.shop.expect(&upload, 201).await.map(|_| ())
    }
}

/// Slopes and some noise, so that it is neither flat nor chaos.
fn photo() -> Result<Vec<u8>> {
    let mut seed = 0x9e37_79b9_u32;
    let picture = RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = seed >> 27;
        let shade = |slope: u32| u8::try_from((slope + noise) % 256).unwrap_or_default();
        image::Rgb([shade(x / 16), shade(y / 12), shade((x + y) / 28)])
    });
    encoded(&picture.into(), QUALITY)
}

fn encoded(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))?;
    Ok(bytes)
}

/// Decodes and encodes the photo over and over.
fn bare(photo: &[u8], lasts: Duration) -> Result<Figures> {
    let (started, mut took) = (Instant::now(), Vec::new());
    while started.elapsed() < lasts {
        let begun = Instant::now();
        let picture = image::load(Cursor::new(photo), ImageFormat::Jpeg)?;
        std::hint::black_box(encoded(&picture, KEPT_QUALITY)?);
        took.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    Ok(Figures::of(took, 0, started.elapsed()))
}
