//! A token that was mailed and is waited for.

use commerce::{Env, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Fingerprint, MailToken, TokenKey};

/// What a mail token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Verification,
    Reset,
}

impl Purpose {
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Verification => "vfy",
            Self::Reset => "rst",
        }
    }
}

/// Kept in the account, so that using the token and what it allows are one write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The event that asked for it; asked twice by the same event, it is issued once.
    pub request: Uuid,
    pub nonce: Fingerprint,
    pub hash: Fingerprint,
    pub expires_at: Timestamp,
}

impl Pending {
    pub fn issue(
        env: &Env,
        key: &TokenKey,
        (purpose, user): (Purpose, UserId),
        request: Uuid,
        expires_at: Timestamp,
    ) -> Self {
        let nonce = Fingerprint(env.bytes());
        let hash = key.mail_token(purpose, user, &nonce.0).fingerprint();
        Self { request, nonce, hash, expires_at }
    }

    /// The token itself, made again for the mail.
    pub fn token(&self, key: &TokenKey, purpose: Purpose, user: UserId) -> MailToken {
        key.mail_token(purpose, user, &self.nonce.0)
    }

    pub fn fits(&self, token: &MailToken, now: Timestamp) -> bool {
        self.hash == token.fingerprint() && now < self.expires_at
    }
}
