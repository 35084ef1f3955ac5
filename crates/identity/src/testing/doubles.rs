//! A hasher that is quick, tokens that are not signed, and a mailbox.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use commerce::{AuthError, Clock, Role, SessionId, UserId, testing::ManualClock};
use uuid::Uuid;

use crate::{
    AccessClaims, AccessTokens, Fingerprint, HashError, Mail, MailError, Mailer, Matched, Password,
    PasswordHash, PasswordHasher, TokenError,
};

/// Counts its work; a hash is as good as its cost says.
#[derive(Debug, Default)]
pub struct FakeHasher {
    pub cost: AtomicUsize,
    pub hashed: AtomicUsize,
    pub verified: AtomicUsize,
}

impl FakeHasher {
    fn digest(password: &Password) -> String {
        hex::encode(Fingerprint::of(password.expose().as_bytes()).0)
    }
}

#[async_trait]
impl PasswordHasher for FakeHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        self.hashed.fetch_add(1, Ordering::SeqCst);
        let cost = self.cost.load(Ordering::SeqCst);
        Ok(PasswordHash::new(format!("{cost}${}", Self::digest(password))))
    }

    async fn verify(&self, password: &Password, hash: &PasswordHash) -> Result<Matched, HashError> {
        self.verified.fetch_add(1, Ordering::SeqCst);
        let (cost, digest) = hash.as_str().split_once('$').unwrap();
        if digest != Self::digest(password) {
            return Ok(Matched::No);
        }
        let current = self.cost.load(Ordering::SeqCst).to_string() == cost;
        Ok(if current { Matched::Yes } else { Matched::Outdated })
    }

    async fn verify_dummy(&self, _: &Password) -> Result<(), HashError> {
        self.verified.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// Tokens that say what they mean: `user.session.role.issued.expires`.
#[derive(Debug)]
pub struct FakeTokens {
    pub clock: Arc<ManualClock>,
}

impl AccessTokens for FakeTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<String, TokenError> {
        let (user, session) = (claims.user.uuid().simple(), claims.session.uuid().simple());
        let (issued, expires) = (claims.issued_at.timestamp(), claims.expires_at.timestamp());
        Ok(format!("{user}.{session}.{}.{issued}.{expires}", claims.role.as_str()))
    }

    fn verify(&self, token: &str) -> Result<AccessClaims, AuthError> {
        let claims = read(token).ok_or(AuthError::Invalid)?;
        if claims.expires_at <= self.clock.now() {
            return Err(AuthError::Expired);
        }
        Ok(claims)
    }
}

fn read(token: &str) -> Option<AccessClaims> {
    let mut parts = token.split('.');
    let mut id = || Uuid::try_parse(parts.next()?).ok();
    let (user, session) = (UserId::from_uuid(id()?), SessionId::from_uuid(id()?));
    let role = Role::parse(parts.next()?)?;
    let mut time = || chrono::DateTime::from_timestamp(parts.next()?.parse().ok()?, 0);
    Some(AccessClaims { user, session, role, issued_at: time()?, expires_at: time()? })
}

/// Keeps the mails it is given.
#[derive(Debug, Default)]
pub struct SentMail(Mutex<Vec<Mail>>);

impl SentMail {
    pub fn read(&self) -> MutexGuard<'_, Vec<Mail>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Mailer for SentMail {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.read().push(mail.clone());
        Ok(())
    }
}
