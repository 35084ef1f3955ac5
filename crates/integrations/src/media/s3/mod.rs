//! Stores that speak Amazon's S3: path-style addresses, requests signed by Signature Version 4.

pub mod sign;

use std::{sync::Arc, time::Duration};

use ::media::{Access, ImageStore, Place, Placed, StoreTrouble, Upload, Variant, Visibility};
use async_trait::async_trait;
use commerce::{Clock, Timestamp};
use reqwest::{Method, StatusCode, Url};
use secrecy::SecretString;

use self::sign::{Request, Signer, UNSIGNED_PAYLOAD};
use super::call::{Caller, Persistence};
use crate::http;

const STORE: &str = "s3";

/// A presigned address opens for a week at the most.
const LONGEST_LINK_S: i64 = 7 * 24 * 60 * 60;

/// A name is never used for another picture.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

#[derive(Debug, Clone)]
pub struct S3Settings {
    /// `https://s3.eu-central-1.amazonaws.com`, or wherever the store is.
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    pub key_id: String,
    pub secret: SecretString,
    /// Where the bucket's `public/` is served from, such as a CDN; the bucket itself when absent.
    pub public_url: Option<String>,
    pub timeout: Duration,
    pub persistence: Persistence,
}

pub struct S3 {
    /// Without a slash at its end.
    endpoint: String,
    host: String,
    bucket: String,
    public_url: String,
    signer: Signer,
    caller: Caller,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, thiserror::Error)]
pub enum S3Error {
    #[error("the endpoint is no address of a store")]
    Endpoint,
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

impl S3 {
    pub fn new(settings: S3Settings, clock: Arc<dyn Clock>) -> Result<Self, S3Error> {
        let client = http::client(settings.timeout)?;
        let endpoint = settings.endpoint.trim_end_matches('/').to_owned();
        let host =
            Url::parse(&endpoint).ok().and_then(|url| host(&url)).ok_or(S3Error::Endpoint)?;
        let bucket_url = || format!("{endpoint}/{}", settings.bucket);
        let public_url = settings.public_url.unwrap_or_else(bucket_url);
        Ok(Self {
            public_url: public_url.trim_end_matches('/').to_owned(),
            endpoint,
            host,
            bucket: settings.bucket,
            signer: Signer::new(settings.key_id, settings.secret, settings.region),
            caller: Caller { store: STORE, client, persistence: settings.persistence },
            clock,
        })
    }

    async fn send(
        &self,
        method: Method,
        key: &str,
        headers: &[(&'static str, String)],
        body: &[u8],
    ) -> Result<(), StoreTrouble> {
        let path = sign::encoded_path(&format!("/{}/{key}", self.bucket));
        let gone = (method == Method::DELETE).then_some(StatusCode::NOT_FOUND);
        let sent = self.caller.call(gone, || {
            let request = Request {
                method: method.as_str(),
                host: &self.host,
                path: &path,
                headers: headers.to_vec(),
            };
            let signed = self.signer.authorize(request, body, self.clock.now());
            let url = format!("{}{path}", self.endpoint);
            let call = self.caller.client.request(method.clone(), url).body(body.to_vec());
            signed.into_iter().fold(call, |call, (name, value)| call.header(name, value))
        });
        sent.await.map(drop)
    }

    fn private_url(&self, key: &str, now: Timestamp, until: Timestamp) -> String {
        let path = sign::encoded_path(&format!("/{}/{key}", self.bucket));
        let seconds = until.signed_duration_since(now).num_seconds().clamp(1, LONGEST_LINK_S);
        let request = Request { method: "GET", host: &self.host, path: &path, headers: Vec::new() };
        let query = self.signer.presign(request, UNSIGNED_PAYLOAD, now, seconds);
        format!("{}{path}?{query}", self.endpoint)
    }
}

#[async_trait]
impl ImageStore for S3 {
    fn name(&self) -> &'static str {
        STORE
    }

    fn needs(&self, visibility: Visibility) -> &'static [Variant] {
        match visibility {
            Visibility::Public => &Variant::ALL,
            Visibility::Private => &[Variant::Full],
        }
    }

    async fn put(&self, upload: &Upload) -> Result<Placed, StoreTrouble> {
        let mut extension = "";
        for rendition in &upload.renditions {
            extension = rendition.format.extension();
            let caching = match upload.place.visibility {
                Visibility::Public => FOR_EVER,
                Visibility::Private => "private, no-store",
            };
            let headers = [
                ("cache-control", caching.to_owned()),
                ("content-disposition", "inline".to_owned()),
                ("content-type", rendition.format.media_type().to_owned()),
            ];
            let key = key(&upload.place, rendition.variant);
            self.send(Method::PUT, &key, &headers, &rendition.bytes).await?;
        }
        let reference = upload.place.key.clone();
        Ok(Placed { reference, version: None, extension: extension.to_owned() })
    }

    async fn remove(&self, place: &Place) -> Result<(), StoreTrouble> {
        for variant in Variant::ALL {
            self.send(Method::DELETE, &key(place, variant), &[], &[]).await?;
        }
        Ok(())
    }

    fn url(&self, place: &Place, _: &Placed, variant: Variant, access: Access) -> String {
        let key = key(place, variant);
        match access {
            Access::Open => {
                format!("{}{}", self.public_url, sign::encoded_path(&format!("/{key}")))
            }
            Access::Until { now, until } => self.private_url(&key, now, until),
        }
    }
}

/// Private pictures lie apart, so that a bucket can open the others to everyone.
fn key(place: &Place, variant: Variant) -> String {
    format!("{}/{}/{}", place.visibility.as_str(), place.key, variant.as_str())
}

/// As it stands in the `Host` header: with its port unless that is the scheme's own.
fn host(url: &Url) -> Option<String> {
    let name = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    })
}
