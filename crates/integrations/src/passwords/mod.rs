//! Passwords by bcrypt, on few threads at once.
//!
//! bcrypt looks at 72 bytes only and stops at a zero, so it is given base64(HMAC-SHA-256(pepper, password)):
//! 44 characters in which every byte of the password counts. Who has the database but not the pepper has
//! nothing to try passwords against.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac, digest::KeyInit};
use identity::{HashError, Matched, Password, PasswordHash, PasswordHasher};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const COSTS: std::ops::RangeInclusive<u32> = 4..=31;
const BLOCK_BYTES: usize = 64;
const RETRY_AFTER: Duration = Duration::from_secs(3);

/// A hash of nobody's password, to be checked in vain: 22 characters of salt and 31 of hash.
const NOBODY: &str = "abcdefghijklmnopqrstuu5Jc9TqLvkrWnYbXsHd0eMfGiKpQoBaC";

#[derive(Debug, Clone)]
pub struct PasswordSettings {
    /// Each step doubles the work.
    pub cost: u32,
    /// Passwords hashed at the same moment.
    pub threads: usize,
    /// Passwords that may wait for a thread; further ones are refused at once.
    pub queue: usize,
    pub pepper: SecretString,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordSettingsError {
    #[error("the cost of a password is from 4 to 31")]
    Cost,
    #[error("passwords need at least one thread")]
    Threads,
}

/// Hashes with bcrypt. Clones share the threads.
#[derive(Clone)]
pub struct Bcrypt {
    cost: u32,
    pepper: SecretString,
    /// One permit for each password on a thread or waiting for one.
    places: Arc<Semaphore>,
    threads: Arc<Semaphore>,
}

impl fmt::Debug for Bcrypt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bcrypt(cost {})", self.cost)
    }
}

impl Bcrypt {
    pub fn try_new(settings: PasswordSettings) -> Result<Self, PasswordSettingsError> {
        let PasswordSettings { cost, threads, queue, pepper } = settings;
        if !COSTS.contains(&cost) {
            return Err(PasswordSettingsError::Cost);
        }
        if threads == 0 {
            return Err(PasswordSettingsError::Threads);
        }
        let places = threads.saturating_add(queue).min(Semaphore::MAX_PERMITS);
        Ok(Self {
            cost,
            pepper,
            places: Arc::new(Semaphore::new(places)),
            threads: Arc::new(Semaphore::new(threads.min(places))),
        })
    }

    /// What bcrypt is given in place of the password.
    fn seasoned(&self, password: &Password) -> SecretString {
        let mut mac = keyed(self.pepper.expose_secret().as_bytes());
        mac.update(password.expose().as_bytes());
        STANDARD.encode(mac.finalize().into_bytes()).into()
    }

    /// Waits for a thread and works there. Whoever gives up waiting leaves the queue; work that has begun is
    /// finished, and keeps its thread until then.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, bcrypt::BcryptError> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| HashError::Busy { retry_after: RETRY_AFTER })?;
        let thread = self.threads.clone().acquire_owned().await;
        let thread = thread.map_err(|error| HashError::Broken(error.to_string()))?;
        let held: [OwnedSemaphorePermit; 2] = [place, thread];
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(held);
            done
        });
        let done = done.await.map_err(|error| HashError::Broken(error.to_string()))?;
        done.map_err(|error| HashError::Broken(error.to_string()))
    }
}

#[async_trait]
impl PasswordHasher for Bcrypt {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        let (seasoned, cost) = (self.seasoned(password), self.cost);
        let hashed = self.work(move || bcrypt::non_truncating_hash(seasoned.expose_secret(), cost));
        Ok(PasswordHash::new(hashed.await?))
    }

    async fn verify(&self, password: &Password, hash: &PasswordHash) -> Result<Matched, HashError> {
        let (seasoned, kept) = (self.seasoned(password), hash.as_str().to_owned());
        let current = cost_of(&kept) == Some(self.cost);
        let work = move || bcrypt::non_truncating_verify(seasoned.expose_secret(), &kept);
        Ok(match self.work(work).await? {
            false => Matched::No,
            true if current => Matched::Yes,
            true => Matched::Outdated,
        })
    }

    async fn verify_dummy(&self, password: &Password) -> Result<(), HashError> {
        let seasoned = self.seasoned(password);
        let nobody = format!("$2b${:02}${NOBODY}", self.cost);
        let work = move || bcrypt::non_truncating_verify(seasoned.expose_secret(), &nobody);
        self.work(work).await.map(drop)
    }
}

/// The cost that a hash in bcrypt's notation, `$2b$12$…`, was made with.
fn cost_of(hash: &str) -> Option<u32> {
    hash.split('$').nth(2)?.parse().ok()
}

/// HMAC takes a key of any length; one longer than a block is hashed first (RFC 2104 §2).
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    use sha2::Digest;

    let mut block = [0; BLOCK_BYTES];
    let hashed = Sha256::digest(key);
    let key = if key.len() > BLOCK_BYTES { hashed.as_slice() } else { key };
    block.iter_mut().zip(key).for_each(|(byte, from)| *byte = *from);
    <Hmac<Sha256> as KeyInit>::new(&block.into())
}

#[cfg(test)]
mod tests;
