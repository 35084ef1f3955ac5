//! What clients see of people and their sessions.

use commerce::{Actor, Timestamp};
use identity::{Session, SignedIn, UserRow};
use schemars::JsonSchema;
use serde::Serialize;

/// Heard; what comes of it comes by mail.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Heard")]
pub struct HeardView {
    /// The same whether or not the address has an account.
    pub detail: &'static str,
}

/// An account as its owner sees it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Me")]
pub struct MeView {
    /// `usr_…`
    pub id: String,
    pub email: String,
    pub email_verified: bool,
    pub name: String,
    /// `customer`, `seller` or `operator`.
    pub role: &'static str,
    pub created_at: Timestamp,
}

impl From<UserRow> for MeView {
    fn from(user: UserRow) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email,
            email_verified: user.verified_at.is_some(),
            name: user.name,
            role: user.role.as_str(),
            created_at: user.created_at,
        }
    }
}

/// An account as an operator sees it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "User")]
pub struct UserView {
    /// `usr_…`
    pub id: String,
    pub email: String,
    pub name: String,
    /// `customer`, `seller` or `operator`.
    pub role: &'static str,
    pub verified_at: Option<Timestamp>,
    /// Nobody signs in to a disabled account.
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl From<UserRow> for UserView {
    fn from(user: UserRow) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email,
            name: user.name,
            role: user.role.as_str(),
            verified_at: user.verified_at,
            disabled_at: user.disabled_at,
            created_at: user.created_at,
        }
    }
}

/// The keys to a session. Keep the refresh token where only your app can read it: it is used once, for a new pair.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tokens")]
pub struct TokensView {
    /// `Authorization: Bearer …`
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    pub expires_in: i64,
    pub refresh_token: String,
    /// The session ends then, unless it is refreshed before.
    pub refresh_expires_at: Timestamp,
    /// `ses_…`
    pub session: String,
    pub user: MeView,
}

impl TokensView {
    pub fn new(signed_in: SignedIn, now: Timestamp) -> Self {
        Self {
            access_token: signed_in.access_token().to_owned(),
            token_type: "Bearer",
            expires_in: signed_in.access_expires_at.signed_duration_since(now).num_seconds(),
            refresh_token: signed_in.refresh_token.reveal(),
            refresh_expires_at: signed_in.refresh_expires_at,
            session: signed_in.session.to_string(),
            user: signed_in.user.into(),
        }
    }
}

/// A place where one is signed in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub struct SessionView {
    /// `ses_…`
    pub id: String,
    /// The session this was asked with.
    pub current: bool,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
}

impl SessionView {
    pub fn of(session: Session, actor: Actor) -> Self {
        Self {
            id: session.id.to_string(),
            current: session.id == actor.session,
            user_agent: session.agent,
            address: session.address,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
        }
    }
}
