//! Text as the catalogue compares it: small letters, no accents, whole words.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

const MAX_WORD_CHARS: usize = 32;
const MAX_TITLE_KEY_CHARS: usize = 80;
const MAX_SLUG_BYTES: usize = 80;

/// The words of a text in their order: `Café-Crème 2×` has `cafe`, `creme` and `2`.
pub fn words(text: &str) -> Vec<String> {
    let plain = text.nfkd().flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c));
    let spaced: String = plain.map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.split_whitespace().map(|word| word.chars().take(MAX_WORD_CHARS).collect()).collect()
}

/// What titles are sorted and ranked by; the same bytes on every engine.
pub fn title_key(title: &str) -> String {
    words(title).join(" ").chars().take(MAX_TITLE_KEY_CHARS).collect()
}

/// What an option's name or value is compared by: `Dark Blue` and `dark-blue` are one.
pub fn option_key(text: &str) -> String {
    words(text).join("-")
}

/// The name of a thing in an address: `linen-shirt`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
#[error("a slug is made of small letters, digits and single hyphens, 80 at most")]
pub struct SlugError;

impl Slug {
    /// A slug made of the title's words; fails for a title without a Latin letter or digit.
    pub fn of_title(title: &str) -> Result<Self, SlugError> {
        let mut slug = String::new();
        for word in words(title) {
            let word: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
            let fits = slug.len().saturating_add(word.len()) < MAX_SLUG_BYTES;
            if word.is_empty() || !fits {
                continue;
            }
            if !slug.is_empty() {
                slug.push('-');
            }
            slug.push_str(&word);
        }
        slug.parse()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Words of small letters and digits, one dash between each two.
fn is_slug(text: &str) -> bool {
    let mut last = b'-';
    let fits = text.bytes().all(|byte| {
        let before = std::mem::replace(&mut last, byte);
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || (byte == b'-' && before != b'-')
    });
    fits && last != b'-' && text.len() <= MAX_SLUG_BYTES
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = SlugError;

    fn try_from(text: String) -> Result<Self, SlugError> {
        if is_slug(&text) { Ok(Self(text)) } else { Err(SlugError) }
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_case_accents_and_punctuation() {
        assert_eq!(words("Café-Crème, 2× İstanbul"), ["cafe", "creme", "2", "istanbul"]);
        assert!(words(" ,;- ").is_empty());
    }

    #[test]
    fn a_slug_is_plain() {
        assert_eq!(
            Slug::of_title("Élan Vital: The Shirt").unwrap().as_str(),
            "elan-vital-the-shirt"
        );
        for bad in ["", "-a", "a-", "a--b", "A", "prd_1", &"a".repeat(81)] {
            assert_eq!(bad.parse::<Slug>(), Err(SlugError), "{bad}");
        }
        assert_eq!(Slug::of_title("東京"), Err(SlugError));
    }

    #[test]
    fn a_slug_of_a_long_title_fits() {
        let slug = Slug::of_title(&"word ".repeat(60)).unwrap();

        assert!(slug.as_str().len() <= MAX_SLUG_BYTES);
    }
}
