//! The certificates by which PayPal signs: where they may come from, whom they must be of, and how long they are good.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use commerce::{Timestamp, payment::NoticeError};
use reqwest::{Client, StatusCode, Url};
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime, pem::PemObject};
use simple_asn1::{ASN1Block, oid};
use tracing::{error, warn};
use webpki::{
    EndEntityCert, KeyUsage, anchor_from_trusted_cert, aws_lc_rs::RSA_PKCS1_2048_8192_SHA256,
};

/// The hosts PayPal serves its certificates from.
const HOSTS: [&str; 4] =
    ["api.paypal.com", "api-m.paypal.com", "api.sandbox.paypal.com", "api-m.sandbox.paypal.com"];
const FOLDER: &str = "/v1/notifications/certs/CERT-";
const OWNER: &str = ".paypal.com";

/// PayPal has one or two at a time; more than this is somebody playing.
const MOST_KEPT: usize = 16;
const LARGEST: usize = 65_536;

/// Whom a chain of certificates must lead to.
#[derive(Clone)]
pub struct Roots(Vec<TrustAnchor<'static>>);

#[derive(Clone)]
pub struct CertificateSettings {
    pub roots: Roots,
    /// PEM of certificates between PayPal's and the root, should its address give PayPal's alone.
    pub between: String,
    /// Stands in for PayPal's hosts, which keep their names; for tests.
    pub instead_of_hosts: Option<String>,
}

impl Default for CertificateSettings {
    fn default() -> Self {
        Self { roots: Roots::digicert(), between: String::new(), instead_of_hosts: None }
    }
}

impl Roots {
    /// DigiCert's roots among those Mozilla trusts.
    pub fn digicert() -> Self {
        let theirs =
            |root: &&TrustAnchor<'static>| root.subject.windows(8).any(|text| text == b"DigiCert");
        Self(webpki_roots::TLS_SERVER_ROOTS.iter().filter(theirs).cloned().collect())
    }

    /// Certificates in PEM that are trusted as they are.
    pub fn trusting(pem: &str) -> Self {
        let certificates = CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok);
        let anchors =
            certificates.filter_map(|der| Some(anchor_from_trusted_cert(&der).ok()?.to_owned()));
        Self(anchors.collect())
    }
}

type Chain = Arc<Vec<CertificateDer<'static>>>;

pub(super) struct Certificates {
    client: Client,
    settings: CertificateSettings,
    kept: Mutex<BTreeMap<String, Chain>>,
}

impl Certificates {
    pub fn new(settings: CertificateSettings, timeout: Duration) -> Result<Self, reqwest::Error> {
        Ok(Self { client: crate::http::client(timeout)?, settings, kept: Mutex::default() })
    }

    /// Whether the certificate at `url` is PayPal's and good now, and signed one of the messages.
    pub async fn check(
        &self,
        url: &str,
        signature: &[u8],
        messages: &[String],
        now: Timestamp,
    ) -> Result<(), NoticeError> {
        let url = allowed(url).ok_or(NoticeError::Forged)?;
        let chain = self.chain(&url).await?;
        let (leaf, between) = chain.split_first().ok_or(NoticeError::Forged)?;
        let leaf = EndEntityCert::try_from(leaf).map_err(|error| distrust(&url, &error))?;
        self.trust(&leaf, between, now).map_err(|error| distrust(&url, &error))?;
        if !is_paypals(&leaf) {
            return Err(distrust(&url, &"it is not PayPal's"));
        }
        let signed = |message: &String| {
            let algorithm = RSA_PKCS1_2048_8192_SHA256;
            leaf.verify_signature(algorithm, message.as_bytes(), signature).is_ok()
        };
        if messages.iter().any(signed) { Ok(()) } else { Err(NoticeError::Forged) }
    }

    fn trust(
        &self,
        leaf: &EndEntityCert<'_>,
        between: &[CertificateDer<'static>],
        now: Timestamp,
    ) -> Result<(), webpki::Error> {
        let ours = CertificateDer::pem_slice_iter(self.settings.between.as_bytes());
        let between: Vec<_> = between.iter().cloned().chain(ours.filter_map(Result::ok)).collect();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let (algorithms, roots) = (webpki::ALL_VERIFICATION_ALGS, &self.settings.roots.0);
        leaf.verify_for_usage(
            algorithms,
            roots,
            &between,
            now,
            KeyUsage::server_auth(),
            None,
            None,
        )?;
        Ok(())
    }

    async fn chain(&self, url: &Url) -> Result<Chain, NoticeError> {
        if let Some(kept) = self.kept().get(url.as_str()) {
            return Ok(kept.clone());
        }
        let chain = Arc::new(self.load(url).await?);
        let mut kept = self.kept();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(url.as_str().to_owned(), chain.clone());
        Ok(chain)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Chain>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load(&self, url: &Url) -> Result<Vec<CertificateDer<'static>>, NoticeError> {
        let place = match &self.settings.instead_of_hosts {
            Some(host) => format!("{host}{}", url.path()),
            None => url.as_str().to_owned(),
        };
        let answer = self.client.get(place).send().await;
        let mut answer = answer.map_err(|error| unavailable(url, &error))?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Err(NoticeError::Forged);
        }
        if !answer.status().is_success() {
            return Err(unavailable(url, &answer.status()));
        }
        let mut pem = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| unavailable(url, &error))? {
            pem.extend_from_slice(&chunk);
            if pem.len() > LARGEST {
                return Err(NoticeError::Forged);
            }
        }
        let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
        certificates.map_err(|error| distrust(url, &error))
    }
}

/// Anybody may write an address into a message; we go only to PayPal's own.
fn allowed(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let name = url.path().strip_prefix(FOLDER)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let fits = url.scheme() == "https"
        && url.host_str().is_some_and(|host| HOSTS.contains(&host))
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && !name.is_empty()
        && name.bytes().all(plain);
    fits.then_some(url)
}

/// By its alternative names, or by its common name where it has none.
fn is_paypals(leaf: &EndEntityCert<'_>) -> bool {
    let mut names = leaf.valid_dns_names().peekable();
    if names.peek().is_none() {
        return common_name(leaf.subject()).is_some_and(|name| name.ends_with(OWNER));
    }
    names.any(|name| name.ends_with(OWNER))
}

/// `subject` is the inside of an X.501 name: sets of pairs of a kind and a text.
fn common_name(subject: &[u8]) -> Option<String> {
    let kind = oid!(2, 5, 4, 3);
    let sets = simple_asn1::from_der(subject).ok()?;
    let pairs = sets.into_iter().filter_map(|set| match set {
        ASN1Block::Set(_, pairs) => Some(pairs),
        _ => None,
    });
    pairs.flatten().find_map(|pair| match pair {
        ASN1Block::Sequence(_, parts) => match parts.as_slice() {
            [ASN1Block::ObjectIdentifier(_, found), name] if *found == kind => text(name),
            _ => None,
        },
        _ => None,
    })
}

fn text(block: &ASN1Block) -> Option<String> {
    match block {
        ASN1Block::UTF8String(_, text) | ASN1Block::PrintableString(_, text) => Some(text.clone()),
        _ => None,
    }
}

fn distrust(url: &Url, why: &dyn std::fmt::Display) -> NoticeError {
    error!(%url, %why, "a certificate of PayPal is not trusted");
    NoticeError::Forged
}

fn unavailable(url: &Url, why: &dyn std::fmt::Display) -> NoticeError {
    warn!(%url, %why, "a certificate of PayPal could not be had");
    NoticeError::Unavailable
}
