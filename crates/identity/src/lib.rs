//! Who someone is: accounts, sessions, the tokens that prove them, and roles.
//!
//! Every use case reads, decides and commits. An account carries its own pending tokens and the epoch of
//! its sessions, so a password reset spends the token, changes the password and ends every session in one write.

mod change_another;
mod change_password;
mod change_role;
mod client;
mod disable_user;
mod email;
mod end_session;
mod enrol;
mod error;
mod forgot_password;
mod let_sellers_in;
mod list_sessions;
mod list_users;
mod lockout;
mod log_in;
mod log_out;
mod log_out_everywhere;
mod mails;
mod me;
mod name;
mod password;
mod pending;
mod ports;
mod promote;
mod refresh;
mod register;
mod resend_verification;
mod reset_password;
mod session;
mod tidy;
mod token;
mod user;
mod verify_email;

mod authenticate;
#[cfg(feature = "testing")]
pub mod testing;

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::{Change, CommitError, Effects, Env};

pub use change_password::ChangePassword;
pub use client::Client;
pub use email::{Email, EmailError};
pub use enrol::Enrol;
pub use error::IdentityError;
pub use let_sellers_in::LetSellersIn;
pub use log_in::{LogIn, SignedIn};
pub use mails::{Mail, MailRoom};
pub use name::{DisplayName, NameError};
pub use password::{Password, PasswordError, PasswordHash};
pub use pending::{Pending, Purpose};
pub use ports::{
    AccessClaims, AccessTokens, Attempts, HashError, MailError, Mailer, Matched, PasswordHasher,
    Sessions, Tally, TokenError, UserFilter, UserRow, Users,
};
pub use register::Register;
pub use reset_password::ResetPassword;
pub use session::{End, Ended, Presented, Session, Standing};
pub use tidy::Tidy;
pub use token::{Fingerprint, MailToken, RefreshToken, TokenKey};
pub use user::{Era, User};

/// How long things live and how much guessing is borne.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub access_ttl: TimeDelta,
    /// Life of a session without a refresh.
    pub refresh_ttl: TimeDelta,
    /// A refresh repeated within this time gets the same successor.
    pub refresh_grace: TimeDelta,
    pub reset_ttl: TimeDelta,
    pub verification_ttl: TimeDelta,
    pub lockout: Lockout,
    /// Whether an account must have proved its address before it may sign in.
    pub require_verified_email: bool,
    /// What links in mail begin with; never taken from a request.
    pub link_base: String,
}

/// How many wrong passwords within `window` lock an account, or an address, for the rest of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockout {
    pub attempts: u32,
    /// Many people share one address, so it bears more.
    pub address_attempts: u32,
    pub window: TimeDelta,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_ttl: TimeDelta::minutes(15),
            refresh_ttl: TimeDelta::days(30),
            refresh_grace: TimeDelta::seconds(10),
            reset_ttl: TimeDelta::minutes(10),
            verification_ttl: TimeDelta::days(1),
            lockout: Lockout { attempts: 10, address_attempts: 50, window: TimeDelta::minutes(15) },
            require_verified_email: false,
            link_base: "http://127.0.0.1:8080".into(),
        }
    }
}

/// The use cases of identity, over whatever the ports are wired to.
#[derive(Clone)]
pub struct Identity {
    pub users: Arc<dyn Users>,
    pub sessions: Arc<dyn Sessions>,
    pub attempts: Arc<dyn Attempts>,
    pub hasher: Arc<dyn PasswordHasher>,
    pub tokens: Arc<dyn AccessTokens>,
    pub key: TokenKey,
    pub env: Env,
    pub settings: Arc<Settings>,
}

impl Identity {
    /// Commits effects that belong to no aggregate: an event or an audit row alone.
    async fn note(&self, effects: Effects) -> Result<(), CommitError> {
        self.users.commit(Change { writes: Vec::new(), effects }).await
    }
}
