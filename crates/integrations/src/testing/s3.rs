//! A store of objects that works out Signature Version 4 anew from what really came over the wire.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::{Counterpart, Heard, Reply};

pub const S3_BUCKET: &str = "pictures";
pub const S3_KEY: &str = "AKIDEXAMPLE";
pub const S3_REGION: &str = "eu-central-1";
pub const S3_SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// An object: its content type and its bytes.
pub type Object = (String, Vec<u8>);

#[derive(Default)]
pub struct S3Fake(Mutex<BTreeMap<String, Object>>);

impl S3Fake {
    /// By path, the bucket's name first.
    pub fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Object>> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl Counterpart for S3Fake {
    async fn answer(&self, heard: &Heard) -> Reply {
        if !is_signed(heard) {
            return Reply::empty(403);
        }
        let path = heard.path.split('?').next().unwrap().to_owned();
        if !path.starts_with(&format!("/{S3_BUCKET}/")) {
            return Reply::empty(404);
        }
        match heard.method.as_str() {
            "PUT" => {
                let object = (heard.header("content-type").to_owned(), heard.body.clone());
                self.objects().insert(path, object);
                Reply::empty(200)
            }
            "DELETE" => {
                self.objects().remove(&path);
                Reply::empty(204)
            }
            _ => match self.objects().get(&path).cloned() {
                Some((kind, body)) => {
                    Reply { body, ..Reply::empty(200) }.with("content-type", &kind)
                }
                None => Reply::empty(404),
            },
        }
    }
}

/// By the header `Authorization`, else by the address.
fn is_signed(heard: &Heard) -> bool {
    let query = heard.query();
    let by_address = query.contains_key("X-Amz-Signature");
    let (names, given, payload, at) = if by_address {
        let payload = "UNSIGNED-PAYLOAD".to_owned();
        let names = query["X-Amz-SignedHeaders"].clone();
        (names, query["X-Amz-Signature"].clone(), payload, query["X-Amz-Date"].clone())
    } else {
        let proof = heard.header("authorization");
        let field = |name: &str| {
            let (_, value) = proof.split_once(&format!("{name}=")).unwrap_or_default();
            value.split(',').next().unwrap_or_default().to_owned()
        };
        let payload = heard.header("x-amz-content-sha256").to_owned();
        if payload != hex::encode(Sha256::digest(&heard.body)) {
            return false;
        }
        let at = heard.header("x-amz-date").to_owned();
        (field("SignedHeaders"), field("Signature"), payload, at)
    };
    // A header that counts and was not signed could be another's.
    let must = ["host", "content-type", "x-amz-date", "x-amz-content-sha256"];
    let signed: Vec<_> = names.split(';').collect();
    if must.iter().any(|name| heard.headers.contains_key(*name) && !signed.contains(name)) {
        return false;
    }
    let (path, query) = heard.path.split_once('?').unwrap_or((&heard.path, ""));
    let pairs: Vec<_> =
        query.split('&').filter(|pair| !pair.starts_with("X-Amz-Signature=")).collect();
    assert!(pairs.is_sorted(), "the query is signed in the order of its names");
    let mut request = format!("{}\n{path}\n{}\n", heard.method, pairs.join("&"));
    for name in &signed {
        request.push_str(&format!("{name}:{}\n", heard.header(name)));
    }
    request.push_str(&format!("\n{names}\n{payload}"));
    given == signature(&request, &at)
}

fn signature(request: &str, at: &str) -> String {
    let mac = |key: &[u8], text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let day = &at[..8];
    let hash = hex::encode(Sha256::digest(request));
    let text = format!("AWS4-HMAC-SHA256\n{at}\n{day}/{S3_REGION}/s3/aws4_request\n{hash}");
    let day_key = mac(format!("AWS4{S3_SECRET}").as_bytes(), day);
    let key = mac(&mac(&mac(&day_key, S3_REGION), "s3"), "aws4_request");
    hex::encode(mac(&key, &text))
}
