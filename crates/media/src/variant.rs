//! The sizes pictures are shown in.

use serde::{Deserialize, Serialize};

/// How a picture is brought to its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Covers the box; what sticks out is cut off.
    Fill,
    /// Lies within the box, whole; it never grows.
    Within,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// In a row of a list.
    Thumb,
    /// On a card of a search.
    Card,
    /// On a page of its own, and the largest that is kept.
    Full,
}

impl Variant {
    pub const ALL: [Self; 3] = [Self::Thumb, Self::Card, Self::Full];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Thumb => "thumb",
            Self::Card => "card",
            Self::Full => "full",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variant| variant.as_str() == text)
    }

    pub fn fit(self) -> Fit {
        match self {
            Self::Thumb | Self::Card => Fit::Fill,
            Self::Full => Fit::Within,
        }
    }

    /// The side of its box, in pixels.
    pub fn side(self) -> u32 {
        match self {
            Self::Thumb => 160,
            Self::Card => 400,
            Self::Full => 2_048,
        }
    }
}
