//! AWS Signature Version 4, in a header and in an address ("Signature calculations", Amazon S3 API reference).

use commerce::Timestamp;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Says that the body is not part of the signature.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

type Headers = Vec<(&'static str, String)>;

pub struct Signer {
    key_id: String,
    secret: SecretString,
    region: String,
}

/// What is signed of a request.
pub struct Request<'a> {
    pub method: &'a str,
    pub host: &'a str,
    /// Encoded as it is sent.
    pub path: &'a str,
    /// Names in lower case.
    pub headers: Headers,
}

impl Signer {
    pub fn new(key_id: String, secret: SecretString, region: String) -> Self {
        Self { key_id, secret, region }
    }

    /// Every header to send but `Host`, the proof among them.
    pub fn authorize(&self, request: Request<'_>, body: &[u8], at: Timestamp) -> Headers {
        let payload = hex::encode(Sha256::digest(body));
        let mut headers = request.headers;
        headers.push(("x-amz-content-sha256", payload.clone()));
        headers.push(("x-amz-date", stamp(at)));
        let request = Request { headers: with_host(&headers, request.host), ..request };
        let signature = self.signature(&canonical(&request, "", &payload), at);
        let (key_id, scope) = (&self.key_id, self.scope(at));
        let names = names(&request.headers);
        let proof = format!(
            "{ALGORITHM} Credential={key_id}/{scope},SignedHeaders={names},Signature={signature}"
        );
        headers.push(("authorization", proof));
        headers
    }

    /// The query that opens an address for so many seconds.
    pub fn presign(
        &self,
        request: Request<'_>,
        payload: &str,
        at: Timestamp,
        seconds: i64,
    ) -> String {
        let request = Request { headers: with_host(&request.headers, request.host), ..request };
        let credential = format!("{}/{}", self.key_id, self.scope(at));
        // In the order of their names, as it is signed.
        let query = [
            ("X-Amz-Algorithm", ALGORITHM.to_owned()),
            ("X-Amz-Credential", credential),
            ("X-Amz-Date", stamp(at)),
            ("X-Amz-Expires", seconds.to_string()),
            ("X-Amz-SignedHeaders", names(&request.headers)),
        ];
        let query = query.map(|(name, value)| format!("{name}={}", encoded(&value, false)));
        let query = query.join("&");
        let signature = self.signature(&canonical(&request, &query, payload), at);
        format!("{query}&X-Amz-Signature={signature}")
    }

    fn scope(&self, at: Timestamp) -> String {
        format!("{}/{}/s3/aws4_request", day(at), self.region)
    }

    fn signature(&self, canonical: &str, at: Timestamp) -> String {
        let hash = hex::encode(Sha256::digest(canonical));
        let to_sign = format!("{ALGORITHM}\n{}\n{}\n{hash}", stamp(at), self.scope(at));
        let secret = format!("AWS4{}", self.secret.expose_secret());
        let key = [day(at).as_str(), &self.region, "s3", "aws4_request"]
            .into_iter()
            .fold(secret.into_bytes(), |key, part| mac(&key, part));
        hex::encode(mac(&key, &to_sign))
    }
}

/// The request in the one form both sides arrive at.
fn canonical(request: &Request<'_>, query: &str, payload: &str) -> String {
    let line = |(name, value): &(&str, String)| format!("{name}:{}\n", value.trim());
    let headers: String = request.headers.iter().map(line).collect();
    let (method, path, names) = (request.method, request.path, names(&request.headers));
    format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{payload}")
}

fn with_host(headers: &Headers, host: &str) -> Headers {
    let mut all = headers.clone();
    all.push(("host", host.to_owned()));
    all.sort();
    all
}

fn names(headers: &Headers) -> String {
    headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
}

fn stamp(at: Timestamp) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

fn day(at: Timestamp) -> String {
    at.format("%Y%m%d").to_string()
}

/// A key of any length makes a MAC, so there is always one.
fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A path with everything escaped but what RFC 3986 calls unreserved, and its slashes.
pub fn encoded_path(path: &str) -> String {
    encoded(path, true)
}

fn encoded(text: &str, slashes: bool) -> String {
    let mut all = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                all.push(char::from(byte));
            }
            b'/' if slashes => all.push('/'),
            other => all.push_str(&format!("%{other:02X}")),
        }
    }
    all
}
