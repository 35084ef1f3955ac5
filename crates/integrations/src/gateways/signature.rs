//! Signatures of the form `t=1700000000,v1=<hex>`: HMAC-SHA-256 over the time, a full stop and the raw body.

use chrono::TimeDelta;
use commerce::{Timestamp, payment::NoticeError};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// What a signature is checked against.
#[derive(Debug, Clone)]
pub struct SignedBody {
    /// Any of them may have signed; two are live while one replaces the other.
    pub secrets: Vec<SecretString>,
    /// How far from now the message may have been signed, either way.
    pub tolerance: TimeDelta,
}

impl SignedBody {
    /// Accepts the body as it came when any signature in the header fits any secret.
    pub fn verify(&self, header: &str, body: &[u8], now: Timestamp) -> Result<(), NoticeError> {
        let (signed_at, signatures) = parse(header).ok_or(NoticeError::Malformed)?;
        let fits = |secret: &SecretString| {
            let mac = mac(secret, signed_at, body);
            mac.is_some_and(|mac| signatures.iter().any(|v1| mac.clone().verify_slice(v1).is_ok()))
        };
        if !self.secrets.iter().any(fits) {
            return Err(NoticeError::Forged);
        }
        let apart = now.timestamp().abs_diff(signed_at);
        let most = u64::try_from(self.tolerance.num_seconds()).unwrap_or_default();
        if apart > most { Err(NoticeError::OutsideTolerance) } else { Ok(()) }
    }
}

/// The time and every `v1`; elements of other names are of no concern.
fn parse(header: &str) -> Option<(i64, Vec<Vec<u8>>)> {
    let elements = || header.split(',').filter_map(|element| element.trim().split_once('='));
    let named = |name| elements().filter(move |(key, _)| *key == name).map(|(_, value)| value);
    let signed_at = named("t").next()?.parse().ok()?;
    let signatures: Vec<_> = named("v1").filter_map(|v1| hex::decode(v1).ok()).collect();
    (!signatures.is_empty()).then_some((signed_at, signatures))
}

fn mac(secret: &SecretString, signed_at: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(signed_at.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}
