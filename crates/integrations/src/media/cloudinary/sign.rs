//! Cloudinary's signatures: a plain hash over sorted parameters and the secret, not an HMAC.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// What an account signs with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SignatureDigest {
    #[default]
    Sha1,
    Sha256,
}

/// Not among what is signed: they are the file, the signature, or part of the address.
const UNSIGNED: [&str; 5] = ["file", "api_key", "signature", "resource_type", "cloud_name"];

/// Parameters of a call in the order they are sent.
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(&'static str, String)>);

impl Params {
    /// An empty value is not sent.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.0.push((name, value));
        }
        self
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Version 2 of the signature, the default since 2025.
    pub fn signature(&self, secret: &str, digest: SignatureDigest) -> String {
        let signed = self.iter().filter(|(name, _)| !UNSIGNED.contains(name));
        digest.hex(&(to_sign(signed) + secret))
    }
}

/// `name=value` pairs, sorted and joined; a `&` in a value would begin another pair and is escaped.
pub fn to_sign<'a, 'b>(params: impl Iterator<Item = (&'a str, &'b str)>) -> String {
    let mut pairs: Vec<_> =
        params.map(|(name, value)| format!("{name}={value}").replace('&', "%26")).collect();
    pairs.sort();
    pairs.join("&")
}

/// What proves that an answer is Cloudinary's own.
pub fn response_signature(
    public_id: &str,
    version: &str,
    secret: &str,
    digest: SignatureDigest,
) -> String {
    digest.hex(&format!("public_id={public_id}&version={version}{secret}"))
}

/// What proves that an address is ours, over the transformation and the file: `s--Ai4Znfl3--`.
pub fn url_signature(path: &str, secret: &str, digest: SignatureDigest) -> String {
    short(&digest.raw(&format!("{path}{secret}")), 8)
}

/// The long form, always by SHA-256.
pub fn long_url_signature(path: &str, secret: &str) -> String {
    short(&SignatureDigest::Sha256.raw(&format!("{path}{secret}")), 32)
}

fn short(hash: &[u8], characters: usize) -> String {
    let text: String = URL_SAFE_NO_PAD.encode(hash).chars().take(characters).collect();
    format!("s--{text}--")
}

/// Takes as long wherever they differ.
pub(super) fn equal(one: &[u8], other: &[u8]) -> bool {
    let differing = one.iter().zip(other).fold(0, |all, (one, other)| all | (one ^ other));
    one.len() == other.len() && differing == 0
}

impl SignatureDigest {
    fn raw(self, text: &str) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(text.as_bytes()).to_vec(),
            Self::Sha256 => <Sha256 as sha2::Digest>::digest(text.as_bytes()).to_vec(),
        }
    }

    fn hex(self, text: &str) -> String {
        hex::encode(self.raw(text))
    }
}
