//! What identity needs from the outside.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use commerce::{
    AuthError, Page, PageRequest, Repository, Role, SessionId, StoreError, Stored, Timestamp,
    UserId,
};
use thiserror::Error;

use crate::{Email, Mail, Password, PasswordHash, Session, Standing, User};

/// Committing an account whose address belongs to another is refused as taken.
#[async_trait]
pub trait Users: Repository<User> {
    async fn by_email(&self, email: &Email) -> Result<Option<Stored<User>>, StoreError>;

    /// Newest first.
    async fn list_users(
        &self,
        filter: UserFilter,
        page: PageRequest,
    ) -> Result<Page<UserRow>, StoreError>;
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// The beginning of the address, in any case.
    pub email: Option<String>,
    pub role: Option<Role>,
}

/// An account in a list; it carries nothing secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub verified_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl From<User> for UserRow {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            name: user.name.as_str().to_owned(),
            role: user.role,
            verified_at: user.verified_at,
            disabled_at: user.disabled_at,
            created_at: user.created_at,
        }
    }
}

#[async_trait]
pub trait Sessions: Repository<Session> {
    /// A session with its account, in one query by the session's key.
    async fn standing(&self, id: SessionId) -> Result<Option<Standing>, StoreError>;

    /// The sessions of a user that live at that moment, newest first.
    async fn live_sessions(
        &self,
        user: UserId,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Session>, StoreError>;

    /// Forgets at most `limit` sessions that expired before that moment; returns how many.
    async fn forget_sessions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// Wrong passwords counted under one name, until the window closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub count: u32,
    pub until: Timestamp,
}

/// Counts wrong passwords; a window opens with the first and closes by itself.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// The open windows of these names, in their order.
    async fn tallies(
        &self,
        names: &[&str],
        now: Timestamp,
    ) -> Result<Vec<Option<Tally>>, StoreError>;

    /// Counts one more under each name, in their order.
    async fn count(
        &self,
        names: &[&str],
        now: Timestamp,
        window: TimeDelta,
    ) -> Result<Vec<Tally>, StoreError>;

    async fn clear(&self, name: &str) -> Result<(), StoreError>;

    /// Forgets at most `limit` closed windows; returns how many.
    async fn forget_attempts(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// Makes and checks what is kept of a password; slow on purpose, and never more than so many at once.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError>;

    async fn verify(&self, password: &Password, hash: &PasswordHash) -> Result<Matched, HashError>;

    /// As much work as [`PasswordHasher::verify`], for nobody.
    async fn verify_dummy(&self, password: &Password) -> Result<(), HashError>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matched {
    No,
    Yes,
    /// Yes, but it was made with a cost we no longer use.
    Outdated,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HashError {
    #[error("too many passwords are being checked at this moment")]
    Busy { retry_after: Duration },
    #[error("the password could not be hashed: {0}")]
    Broken(String),
}

/// What an access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    pub user: UserId,
    pub session: SessionId,
    pub role: Role,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the access token could not be signed: {0}")]
pub struct TokenError(pub String);

/// Signs access tokens and reads them again.
pub trait AccessTokens: Send + Sync {
    fn issue(&self, claims: &AccessClaims) -> Result<String, TokenError>;

    fn verify(&self, token: &str) -> Result<AccessClaims, AuthError>;
}

/// Sends a mail; told twice with one id, the reader's mail program can tell that it is one mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailError {
    /// May go better later.
    #[error("{0}")]
    Passing(String),
    /// Will never go better: there is no such mailbox.
    #[error("{0}")]
    Lasting(String),
}
