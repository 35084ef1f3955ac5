//! An e-mail address, and the key under which it is unique.

use std::fmt;

use thiserror::Error;

/// The longest address a mail path can carry (RFC 5321 §4.5.3.1, erratum 1690).
pub const MAX_LEN: usize = 254;
const MAX_LOCAL: usize = 64;
const MAX_LABEL: usize = 63;

/// An address as its owner writes it. Only ASCII, so that no look-alike letter can stand for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
#[error("this is not an e-mail address we can write to")]
pub struct EmailError;

impl Email {
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        let fits = text.len() <= MAX_LEN && is_local(local) && is_domain(domain);
        if fits { Ok(Self(text.to_owned())) } else { Err(EmailError) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Under which it is unique, whatever the case it is written in.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A dot-atom (RFC 5322 §3.2.3); quoted local parts are not accepted.
fn is_local(local: &str) -> bool {
    let is_atext = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    local.len() <= MAX_LOCAL
        && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_in_any_case() {
        let ada = Email::parse(" Ada.Lovelace@Example.ORG ").unwrap();

        assert_eq!(ada.as_str(), "Ada.Lovelace@Example.ORG");
        assert_eq!(ada.key(), "ada.lovelace@example.org");
    }

    #[test]
    fn what_cannot_be_written_to_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        let kelvin = "ada@\u{212a}elvin.example";
        let bad = ["", "ada", "@x", "ada@", "a..b@x", ".a@x", "a b@x", "a@x\r\nBcc: b@y", "a@-x"];

        for text in bad.into_iter().chain([long.as_str(), kelvin]) {
            assert_eq!(Email::parse(text), Err(EmailError), "{text:?}");
        }
    }
}
