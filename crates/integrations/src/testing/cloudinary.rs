//! A Cloudinary that works out every signature anew, by the documented rule and with code of its own.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use commerce::Clock;
use serde_json::json;
use sha1::{Digest, Sha1};

use super::{Counterpart, Heard, Part, Reply, parts};

pub const CLOUD: &str = "souk-test";
pub const CLOUDINARY_KEY: &str = "1234567890";
pub const CLOUDINARY_SECRET: &str = "abcd-cloudinary-secret";

/// How long a signed request is good for.
const HOUR_S: i64 = 60 * 60;

/// What a signature is made of, and what stands beside it.
const KNOWN: [&str; 9] = [
    "public_id",
    "overwrite",
    "timestamp",
    "eager",
    "allowed_formats",
    "type",
    "invalidate",
    "signature",
    "api_key",
];

/// A picture it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPicture {
    pub asset_id: String,
    pub version: i64,
    pub format: String,
    pub bytes: Vec<u8>,
    pub eager: Vec<String>,
}

pub struct CloudinaryFake {
    clock: Arc<dyn Clock>,
    /// By type (`upload`, `private`) and public id.
    kept: Mutex<BTreeMap<(String, String), KeptPicture>>,
    uploads: Mutex<i64>,
}

type Fields = BTreeMap<String, String>;

impl CloudinaryFake {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, kept: Mutex::default(), uploads: Mutex::default() }
    }

    pub fn kept(&self) -> MutexGuard<'_, BTreeMap<(String, String), KeptPicture>> {
        self.kept.lock().unwrap()
    }

    /// What a browser gets that follows a link to a private picture.
    pub fn follow(&self, url: &str) -> u16 {
        let (path, query) = url.split_once('?').unwrap();
        assert!(path.ends_with(&format!("/v1_1/{CLOUD}/image/download")), "{path}");
        let fields: Fields = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        if self.refused(&fields).is_some() {
            return 401;
        }
        let now = self.clock.now().timestamp();
        let expired = fields["expires_at"].parse::<i64>().unwrap() <= now;
        let key = (fields["type"].clone(), fields["public_id"].clone());
        match self.kept().get(&key) {
            _ if expired => 401,
            Some(kept) if kept.format == fields["format"] => 200,
            _ => 404,
        }
    }

    fn refused(&self, fields: &Fields) -> Option<Reply> {
        let known = |name: &&String| {
            KNOWN.contains(&name.as_str()) || ["expires_at", "format"].contains(&name.as_str())
        };
        if let Some(strange) = fields.keys().find(|name| !known(name)) {
            return Some(no(400, &format!("{strange} is not known")));
        }
        if fields.values().any(String::is_empty) {
            return Some(no(400, "empty parameters are left out"));
        }
        if fields.get("api_key").map(String::as_str) != Some(CLOUDINARY_KEY) {
            return Some(no(401, "Unknown API key"));
        }
        let timestamp: i64 = fields.get("timestamp").and_then(|at| at.parse().ok()).unwrap_or(0);
        if self.clock.now().timestamp().abs_diff(timestamp) > HOUR_S.unsigned_abs() {
            return Some(no(400, "Stale request"));
        }
        let fits = fields.get("signature") == Some(&signature(fields));
        (!fits).then(|| no(401, "Invalid Signature"))
    }

    fn upload(&self, fields: &Fields, file: &Part) -> Reply {
        let format = match file.content.as_slice() {
            [0xff, 0xd8, 0xff, ..] => "jpg",
            [0x89, b'P', b'N', b'G', ..] => "png",
            _ => return no(400, "Invalid image file"),
        };
        let allowed = fields.get("allowed_formats").map(String::as_str).unwrap_or_default();
        if !allowed.split(',').any(|one| one == format) {
            return no(400, "Image file format is not allowed");
        }
        let steps = fields.get("eager").map(|eager| eager.split('|').map(str::to_owned));
        let eager: Vec<_> = steps.into_iter().flatten().collect();
        if !eager.iter().all(|step| step.split(',').is_sorted()) {
            return no(400, "Invalid transformation");
        }
        let version = {
            let mut uploads = self.uploads.lock().unwrap();
            *uploads += 1;
            1_700_000_000 + *uploads
        };
        let public_id = fields["public_id"].clone();
        let kind = fields.get("type").cloned().unwrap_or_else(|| "upload".to_owned());
        let asset_id = hex::encode(Sha1::digest(public_id.as_bytes()));
        let picture = KeptPicture {
            asset_id: asset_id.clone(),
            version,
            format: format.to_owned(),
            bytes: file.content.clone(),
            eager,
        };
        self.kept().insert((kind.clone(), public_id.clone()), picture);
        let proof = sha1_hex(&format!("public_id={public_id}&version={version}"));
        Reply::json(
            200,
            &json!({
                "asset_id": asset_id, "public_id": public_id, "version": version,
                "version_id": "77", "signature": proof, "width": 1, "height": 1, "type": kind,
                "format": format, "resource_type": "image", "bytes": file.content.len(),
                "secure_url": "https://elsewhere.example/not-to-be-trusted.jpg",
            }),
        )
    }

    fn destroy(&self, fields: &Fields) -> Reply {
        let kind = fields.get("type").cloned().unwrap_or_else(|| "upload".to_owned());
        let found = self.kept().remove(&(kind, fields["public_id"].clone()));
        Reply::json(200, &json!({"result": if found.is_some() { "ok" } else { "not found" }}))
    }
}

#[async_trait]
impl Counterpart for CloudinaryFake {
    async fn answer(&self, heard: &Heard) -> Reply {
        let parts = parts(heard);
        let (files, texts): (Vec<_>, Vec<_>) = parts.iter().partition(|part| part.name == "file");
        let fields: Fields = texts.iter().map(|part| (part.name.clone(), part.text())).collect();
        if fields.len() != texts.len() {
            return no(400, "a parameter came twice");
        }
        if let Some(refused) = self.refused(&fields) {
            return refused;
        }
        let base = format!("POST /v1_1/{CLOUD}/image/");
        match (heard.call().strip_prefix(&base), files.as_slice()) {
            (Some("upload"), [file]) => self.upload(&fields, file),
            (Some("destroy"), []) => self.destroy(&fields),
            _ => no(404, "no such call"),
        }
    }
}

/// Sorted pairs without the file, the key and the signature; `&` in a value is `%26`.
fn signature(fields: &Fields) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if name == "api_key" || name == "signature" {
            continue;
        }
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(&value.replace('&', "%26"));
    }
    sha1_hex(&text)
}

fn sha1_hex(text: &str) -> String {
    hex::encode(Sha1::digest(format!("{text}{CLOUDINARY_SECRET}").as_bytes()))
}

fn no(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({"error": {"message": message}}))
}
