//! Who a cart belongs to: a user, or a guest who shows a secret.

use std::{fmt, str::FromStr};

use commerce::{Env, UserId};
use sha2::{Digest, Sha256};

use super::Owner;
use crate::BuyError;

/// A guest's key to their cart; shown once, stored only as its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct CartToken(String);

impl CartToken {
    pub fn new(env: &Env) -> Self {
        Self(hex::encode(env.bytes::<32>()))
    }

    /// The token itself; it goes to the guest and nowhere else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl FromStr for CartToken {
    type Err = BuyError;

    fn from_str(text: &str) -> Result<Self, BuyError> {
        let well_formed = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if well_formed { Ok(Self(text.to_owned())) } else { Err(BuyError::NoCart) }
    }
}

impl fmt::Debug for CartToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CartToken")
    }
}

/// Who fills a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shopper {
    User(UserId),
    Guest(CartToken),
    /// Somebody without a cart yet.
    Stranger,
}

impl Shopper {
    pub(super) fn owner(&self) -> Option<Owner> {
        match self {
            Self::User(user) => Some(Owner::User(*user)),
            Self::Guest(token) => Some(Owner::Guest { token_hash: token.hash() }),
            Self::Stranger => None,
        }
    }
}
