//! Who acts.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Failure, Id, Kind, StoreError, Tagged};

/// Names the ids of people; `identity` knows more about them.
#[derive(Debug)]
pub enum User {}
pub type UserId = Id<User>;

impl Tagged for User {
    const PREFIX: &'static str = "usr";
}

/// Names the ids of sessions; `identity` knows more about them.
#[derive(Debug)]
pub enum Session {}
pub type SessionId = Id<Session>;

impl Tagged for Session {
    const PREFIX: &'static str = "ses";
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Customer,
    Seller,
    Operator,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Seller => "seller",
            Self::Operator => "operator",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Customer, Self::Seller, Self::Operator]
            .into_iter()
            .find(|role| role.as_str() == text)
    }

    /// Sellers and operators keep the shop.
    pub fn keeps_shop(self) -> bool {
        matches!(self, Self::Seller | Self::Operator)
    }
}

/// A person whose live session was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    pub user: UserId,
    pub session: SessionId,
    pub role: Role,
}

impl Actor {
    pub fn may_see(&self, owner: UserId) -> bool {
        self.user == owner || self.role == Role::Operator
    }
}

/// Why a token does not open the door.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("sign in to do this")]
    Missing,
    #[error("the access token is not valid")]
    Invalid,
    #[error("the access token has expired")]
    Expired,
    #[error("the session has ended")]
    Ended,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure for AuthError {
    fn kind(&self) -> Kind {
        match self {
            Self::Missing | Self::Invalid | Self::Expired | Self::Ended => Kind::Unauthenticated,
            Self::Store(_) => Kind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "not_signed_in",
            Self::Invalid => "bad_token",
            Self::Expired => "token_expired",
            Self::Ended => "session_ended",
            Self::Store(_) => "unavailable",
        }
    }
}

/// Turns an access token into the person it stands for, if their session still lives.
#[async_trait]
pub trait Authenticator: Send + Sync {
    async fn authenticate(&self, access_token: &str) -> Result<Actor, AuthError>;
}
