//! What customers type: `SUMMER-10`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

const SHORTEST: usize = 3;
const LONGEST: usize = 40;

/// Written in capitals, whatever was typed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CouponCode(String);

#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
#[error("a code has 3 to 40 letters A to Z, digits and hyphens")]
pub struct BadCode;

impl CouponCode {
    /// Stands in for one that is none.
    pub fn nobodys() -> Self {
        Self("---".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CouponCode {
    type Err = BadCode;

    fn from_str(text: &str) -> Result<Self, BadCode> {
        let code = text.trim().to_ascii_uppercase();
        let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        let good = (SHORTEST..=LONGEST).contains(&code.len()) && code.bytes().all(plain);
        if good { Ok(Self(code)) } else { Err(BadCode) }
    }
}

impl fmt::Display for CouponCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CouponCode {
    type Error = BadCode;

    fn try_from(text: String) -> Result<Self, BadCode> {
        text.parse()
    }
}

impl From<CouponCode> for String {
    fn from(code: CouponCode) -> Self {
        code.0
    }
}
