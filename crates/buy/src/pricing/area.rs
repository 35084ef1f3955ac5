//! Parts of the world: where tables of tax and shipping hold.

use std::{fmt, str::FromStr};

use commerce::order::Address;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where something is sent, as far as prices depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

impl From<&Address> for Place {
    fn from(address: &Address) -> Self {
        Self { country: address.country.clone(), region: address.region.clone() }
    }
}

/// Everywhere (`*`), a country (`DE`) or a region of one (`US-CA`). What is larger comes first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Area {
    Everywhere,
    Country(String),
    Region { country: String, region: String },
}

#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
#[error("an area is `*`, a country such as `DE` or a region such as `US-CA`")]
pub struct AreaError;

impl Area {
    /// Regions are compared without regard to case, as customers write them.
    pub fn covers(&self, place: &Place) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Country(country) => *country == place.country,
            Self::Region { country, region } => {
                let theirs = place.region.as_deref().map(str::trim);
                *country == place.country
                    && theirs.is_some_and(|theirs| theirs.eq_ignore_ascii_case(region))
            }
        }
    }
}

impl FromStr for Area {
    type Err = AreaError;

    fn from_str(text: &str) -> Result<Self, AreaError> {
        let country = |code: &str| {
            let good = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            good.then(|| code.to_owned()).ok_or(AreaError)
        };
        match text.split_once('-') {
            None if text == "*" => Ok(Self::Everywhere),
            None => Ok(Self::Country(country(text)?)),
            Some((_, "")) => Err(AreaError),
            Some((code, region)) => {
                Ok(Self::Region { country: country(code)?, region: region.to_owned() })
            }
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everywhere => f.write_str("*"),
            Self::Country(country) => f.write_str(country),
            Self::Region { country, region } => write!(f, "{country}-{region}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_covers_what_is_in_it() {
        let place = |country: &str, region: Option<&str>| Place {
            country: country.into(),
            region: region.map(str::to_owned),
        };
        let area = |text: &str| text.parse::<Area>().unwrap();

        assert!(area("*").covers(&place("JP", None)));
        assert!(area("US").covers(&place("US", Some("CA"))));
        assert!(area("US-CA").covers(&place("US", Some(" ca "))));
        assert!(!area("US-CA").covers(&place("US", None)));
        assert!(!area("US-CA").covers(&place("CA", Some("CA"))));
        assert!(area("*") < area("US") && area("US") < area("US-CA"));
    }

    #[test]
    fn an_area_is_written_in_one_way() {
        for text in ["*", "DE", "US-CA"] {
            assert_eq!(text.parse::<Area>().unwrap().to_string(), text);
        }
        for bad in ["", "de", "DEU", "D", "US-", "-CA", "**"] {
            assert_eq!(bad.parse::<Area>(), Err(AreaError), "{bad}");
        }
    }
}
