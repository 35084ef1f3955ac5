//! A password as it was typed, and what is kept of it.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

const CHARS: std::ops::RangeInclusive<usize> = 8..=256;

/// Taken exactly as typed: neither trimmed nor normalised nor cut. It is never shown and is wiped when dropped.
#[derive(Clone)]
pub struct Password(SecretString);

#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
#[error("a password has 8 to 256 characters")]
pub struct PasswordError;

impl Password {
    pub fn parse(text: impl Into<String>) -> Result<Self, PasswordError> {
        let text = SecretString::from(text.into());
        let fits = CHARS.contains(&text.expose_secret().chars().count());
        if fits { Ok(Self(text)) } else { Err(PasswordError) }
    }

    /// For hashing only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What the hasher made of a password, in its own notation.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_counted_in_characters() {
        assert!(Password::parse("🦀".repeat(8)).is_ok());
        assert!(Password::parse("🦀".repeat(256)).is_ok());
        assert_eq!(Password::parse("🦀".repeat(7)).err(), Some(PasswordError));
        assert_eq!(Password::parse("a".repeat(257)).err(), Some(PasswordError));
    }

    #[test]
    fn a_password_is_never_shown() {
        let password = Password::parse("correct horse").unwrap();
        let hash = PasswordHash::new("$2b$12$secret");

        assert_eq!(format!("{password:?} {hash:?}"), "Password(…) PasswordHash(…)");
    }
}
