//! An authority of our own that certifies whom we like.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256,
    RsaKeySize, SigningKey, date_time_ymd,
};

pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

pub struct Signer {
    pub pem: String,
    key: KeyPair,
}

fn key() -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap()
}

/// Good from 2026 to the end of 2027.
fn params(name: &str, alternative: &[&str]) -> CertificateParams {
    let names: Vec<String> = alternative.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2028, 1, 1);
    params
}

impl Authority {
    pub fn new() -> Self {
        let mut params = params("An authority", &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = key();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    pub fn certifies(&self, name: &str, alternative: &[&str]) -> Signer {
        let key = key();
        let pem = params(name, alternative).signed_by(&key, &self.issuer).unwrap().pem();
        Signer { pem, key }
    }
}

impl Signer {
    pub fn sign(&self, message: &str) -> Vec<u8> {
        self.key.sign(message.as_bytes()).unwrap()
    }
}
