//! Whether a message is PayPal's: by its certificate, or by asking PayPal.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use commerce::{Timestamp, payment::NoticeError};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{call::Caller, certificate::Certificates};

const ALGORITHM: &str = "SHA256withRSA";

/// What PayPal says of a message beside its body.
#[derive(Serialize)]
pub(super) struct Transmission<'a> {
    auth_algo: &'a str,
    cert_url: &'a str,
    #[serde(rename = "transmission_id")]
    id: &'a str,
    #[serde(rename = "transmission_sig")]
    signature: &'a str,
    #[serde(rename = "transmission_time")]
    time: &'a str,
    webhook_id: &'a str,
}

#[derive(Deserialize)]
struct WireVerdict {
    verification_status: String,
}

impl<'a> Transmission<'a> {
    pub fn of(headers: &'a BTreeMap<String, String>) -> Result<Self, NoticeError> {
        let header = |name: &str| {
            let value = headers.get(name).map(String::as_str).filter(|value| !value.is_empty());
            value.ok_or(NoticeError::Malformed)
        };
        let transmission = Self {
            auth_algo: header("paypal-auth-algo")?,
            cert_url: header("paypal-cert-url")?,
            id: header("paypal-transmission-id")?,
            signature: header("paypal-transmission-sig")?,
            time: header("paypal-transmission-time")?,
            webhook_id: "",
        };
        let known = transmission.auth_algo == ALGORITHM;
        if known { Ok(transmission) } else { Err(NoticeError::Malformed) }
    }

    /// Any of our webhooks may have been meant: two are live while one replaces the other.
    pub async fn by_certificate(
        &self,
        certificates: &Certificates,
        webhook_ids: &[String],
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), NoticeError> {
        let signature = STANDARD.decode(self.signature);
        let signature = signature.map_err(|_| NoticeError::Malformed)?;
        let messages: Vec<_> = webhook_ids.iter().map(|id| self.signed(id, body)).collect();
        certificates.check(self.cert_url, &signature, &messages, now).await
    }

    /// What the signature covers; the CRC-32 of the body is in decimal.
    fn signed(&self, webhook_id: &str, body: &[u8]) -> String {
        let crc = crc32fast::hash(body);
        format!("{}|{}|{webhook_id}|{crc}", self.id, self.time)
    }

    pub async fn by_postback(
        &self,
        caller: &Caller,
        webhook_ids: &[String],
        body: &[u8],
    ) -> Result<(), NoticeError> {
        for webhook_id in webhook_ids {
            let asked = Transmission { webhook_id, ..*self }.with_event(body)?;
            let path = "/v1/notifications/verify-webhook-signature";
            let verdict = caller.post::<WireVerdict>(path, None, asked).await;
            let verdict = verdict.map_err(|_| NoticeError::Unavailable)?;
            if verdict.verification_status == "SUCCESS" {
                return Ok(());
            }
        }
        Err(NoticeError::Forged)
    }

    /// The body goes in as it came: read and written again it would have another signature.
    fn with_event(&self, body: &[u8]) -> Result<Vec<u8>, NoticeError> {
        serde_json::from_slice::<IgnoredAny>(body).map_err(|_| NoticeError::Unreadable)?;
        let mut asked = serde_json::to_vec(self).map_err(|_| NoticeError::Unreadable)?;
        asked.pop();
        asked.extend_from_slice(b",\"webhook_event\":");
        asked.extend_from_slice(body);
        asked.push(b'}');
        Ok(asked)
    }
}
