//! Cloudinary: signed uploads, sizes made there, answers believed when they are signed.
//!
//! Sources: Cloudinary's own libraries (`cloudinary` 1.46 for Python: `utils.py`, `uploader.py`) and their tests.

mod form;
pub mod sign;

use std::{sync::Arc, time::Duration};

use ::media::{Access, ImageStore, Place, Placed, StoreTrouble, Upload, Variant, Visibility};
use async_trait::async_trait;
use commerce::{Clock, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};

use self::{
    form::Form,
    sign::{Params, SignatureDigest},
};
use super::call::{Answer, Caller, Persistence};
use crate::http;

const STORE: &str = "cloudinary";

#[derive(Debug, Clone)]
pub struct CloudinarySettings {
    /// `https://api.cloudinary.com`; accounts in Europe and Asia have hosts of their own.
    pub api_url: String,
    /// `https://res.cloudinary.com`.
    pub delivery_url: String,
    pub cloud: String,
    pub api_key: String,
    pub api_secret: SecretString,
    /// What the account is set to; SHA-1 unless someone changed it.
    pub digest: SignatureDigest,
    /// Signs the addresses of pictures, for accounts that serve no others.
    pub signed_urls: bool,
    pub timeout: Duration,
    pub persistence: Persistence,
}

pub struct Cloudinary {
    settings: CloudinarySettings,
    caller: Caller,
    clock: Arc<dyn Clock>,
}

/// Fields of an uploaded resource; there are many more.
#[derive(Deserialize)]
struct WireImage {
    asset_id: String,
    public_id: String,
    version: i64,
    signature: String,
    format: String,
}

#[derive(Deserialize)]
struct WireResult {
    result: String,
}

impl Cloudinary {
    pub fn new(
        settings: CloudinarySettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let client = http::client(settings.timeout)?;
        let caller = Caller { store: STORE, client, persistence: settings.persistence };
        Ok(Self { settings, caller, clock })
    }

    fn secret(&self) -> &str {
        self.settings.api_secret.expose_secret()
    }

    fn endpoint(&self, action: &str) -> String {
        let (api, cloud) = (self.settings.api_url.trim_end_matches('/'), &self.settings.cloud);
        format!("{api}/v1_1/{cloud}/image/{action}")
    }

    fn signed(&self, params: Params, at: Timestamp) -> Params {
        let params = params.with("timestamp", at.timestamp().to_string());
        let signature = params.signature(self.secret(), self.settings.digest);
        params.with("signature", signature).with("api_key", self.settings.api_key.clone())
    }

    /// Signed anew at every try: a signature is good for an hour, and clocks differ.
    async fn post(
        &self,
        action: &str,
        params: &Params,
        file: Option<(&str, &[u8])>,
    ) -> Result<Answer, StoreTrouble> {
        self.caller
            .call(None, || {
                let form = Form::new(file.map(|(_, bytes)| bytes).unwrap_or_default());
                let signed = self.signed(params.clone(), self.clock.now());
                let form = signed.iter().fold(form, |form, (name, value)| form.text(name, value));
                let form = match file {
                    Some((media_type, bytes)) => form.file("file", "picture", media_type, bytes),
                    None => form,
                };
                let (content_type, body) = form.finish();
                let request = self.caller.client.post(self.endpoint(action));
                request.header("content-type", content_type).body(body)
            })
            .await
    }

    /// Signed over the name and the version, in the first manner of signing.
    fn is_ours(&self, image: &WireImage, place: &Place) -> bool {
        let digest = self.settings.digest;
        let version = image.version.to_string();
        let expected = sign::response_signature(&image.public_id, &version, self.secret(), digest);
        let genuine = sign::equal(expected.as_bytes(), image.signature.as_bytes());
        genuine && image.public_id == place.key
    }

    /// A link of the API's own that stops opening at a moment; it leads to the largest size.
    fn private_url(
        &self,
        place: &Place,
        placed: &Placed,
        (now, until): (Timestamp, Timestamp),
    ) -> String {
        let params = Params::default()
            .with("public_id", place.key.clone())
            .with("format", placed.extension.clone())
            .with("type", "private")
            .with("expires_at", until.timestamp().to_string());
        let signed = self.signed(params, now);
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(signed.iter()).finish();
        format!("{}?{query}", self.endpoint("download"))
    }

    fn open_url(&self, place: &Place, placed: &Placed, variant: Variant) -> String {
        let file = format!("{}.{}", place.key, placed.extension);
        let path = format!("{}/{file}", transformation(variant));
        let signature = match self.settings.signed_urls {
            true => format!("{}/", sign::url_signature(&path, self.secret(), self.settings.digest)),
            false => String::new(),
        };
        let (delivery, cloud) =
            (self.settings.delivery_url.trim_end_matches('/'), &self.settings.cloud);
        let version = placed.version.unwrap_or(1);
        let transformation = transformation(variant);
        format!("{delivery}/{cloud}/image/upload/{signature}{transformation}/v{version}/{file}")
    }
}

#[async_trait]
impl ImageStore for Cloudinary {
    fn name(&self) -> &'static str {
        STORE
    }

    fn needs(&self, _: Visibility) -> &'static [Variant] {
        &[Variant::Full]
    }

    async fn put(&self, upload: &Upload) -> Result<Placed, StoreTrouble> {
        let full = upload.renditions.iter().find(|it| it.variant == Variant::Full);
        let full = full.ok_or_else(|| StoreTrouble::Lasting("nothing to upload".into()))?;
        let params =
            typed(&upload.place).with("overwrite", "1").with("allowed_formats", "jpg,png,webp");
        let params = match upload.place.visibility {
            Visibility::Public => params.with("eager", eager()),
            Visibility::Private => params,
        };
        let file = (full.format.media_type(), full.bytes.as_slice());
        let image: WireImage = read(&self.post("upload", &params, Some(file)).await?)?;
        if !self.is_ours(&image, &upload.place) {
            return Err(StoreTrouble::Passing("an answer was not signed by cloudinary".into()));
        }
        let WireImage { asset_id, version, format, .. } = image;
        Ok(Placed { reference: asset_id, version: Some(version), extension: format })
    }

    async fn remove(&self, place: &Place) -> Result<(), StoreTrouble> {
        let params = typed(place).with("invalidate", "1");
        let answer: WireResult = read(&self.post("destroy", &params, None).await?)?;
        match answer.result.as_str() {
            "ok" | "not found" => Ok(()),
            other => Err(StoreTrouble::Passing(format!("cloudinary answered `{other}`"))),
        }
    }

    fn url(&self, place: &Place, placed: &Placed, variant: Variant, access: Access) -> String {
        match access {
            Access::Open => self.open_url(place, placed, variant),
            Access::Until { now, until } => self.private_url(place, placed, (now, until)),
        }
    }
}

fn typed(place: &Place) -> Params {
    let params = Params::default().with("public_id", place.key.clone());
    match place.visibility {
        Visibility::Public => params,
        Visibility::Private => params.with("type", "private"),
    }
}

/// Parameters in alphabetical order, as Cloudinary's libraries write them.
fn transformation(variant: Variant) -> String {
    let side = variant.side();
    match variant.fit() {
        ::media::Fit::Fill => format!("c_fill,f_auto,g_auto,h_{side},q_auto,w_{side}"),
        ::media::Fit::Within => format!("c_limit,f_auto,h_{side},q_auto,w_{side}"),
    }
}

/// Every size is made at the upload, so that nobody waits for it and nobody can order others.
fn eager() -> String {
    Variant::ALL.map(transformation).join("|")
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, StoreTrouble> {
    let strange = |_| StoreTrouble::Passing("cloudinary's answer cannot be read".into());
    serde_json::from_slice(&answer.body).map_err(strange)
}
