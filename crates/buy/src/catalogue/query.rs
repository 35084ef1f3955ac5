//! Which products a list shows, in which order, and from where on.

use std::collections::BTreeMap;

use commerce::{Currency, Money, picture::Image};

use super::{CategoryId, ProductId};
use crate::Slug;

/// Which published products are wanted. A list is in one currency and shows what is sold in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductFilter {
    pub currency: Currency,
    /// What to search for.
    pub words: Option<String>,
    /// Any of these; absent for all.
    pub categories: Option<Vec<CategoryId>>,
    /// On the lowest price of the product, in minor units.
    pub price_min: Option<i64>,
    pub price_max: Option<i64>,
    pub in_stock: bool,
    /// Option key to the value keys of which the product must have one.
    pub options: BTreeMap<String, Vec<String>>,
}

impl ProductFilter {
    pub fn all_in(currency: Currency) -> Self {
        Self {
            currency,
            words: None,
            categories: None,
            price_min: None,
            price_max: None,
            in_stock: false,
            options: BTreeMap::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Most recently put on sale first.
    Newest,
    PriceUp,
    PriceDown,
    Title,
    /// Best match first; only with words.
    Relevance,
}

/// A product's place in a sorted list: the value sorted by, and the number that breaks ties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    Newest { number: i64 },
    Price { minor: i64, number: i64 },
    Title { key: String, number: i64 },
    Relevance { rank: i64, number: i64 },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductQuery {
    pub filter: ProductFilter,
    pub sort: Sort,
    pub limit: u32,
    /// Only what comes after it.
    pub after: Option<Position>,
}

impl Position {
    /// Reads a cursor; `None` unless it was made for a list sorted like this.
    pub fn parse(text: &str, sort: Sort) -> Option<Self> {
        let (kind, rest) = text.split_once('.')?;
        let two = || rest.rsplit_once('.').and_then(|(value, no)| Some((value, no.parse().ok()?)));
        match (kind, sort) {
            ("n", Sort::Newest) => Some(Self::Newest { number: rest.parse().ok()? }),
            ("p", Sort::PriceUp | Sort::PriceDown) => {
                let (minor, number) = two()?;
                Some(Self::Price { minor: minor.parse().ok()?, number })
            }
            ("t", Sort::Title) => {
                let (key, number) = two()?;
                let key = String::from_utf8(hex::decode(key).ok()?).ok()?;
                Some(Self::Title { key, number })
            }
            ("r", Sort::Relevance) => {
                let (rank, number) = two()?;
                Some(Self::Relevance { rank: rank.parse().ok()?, number })
            }
            _ => None,
        }
    }

    /// The cursor a client hands back for the next page.
    pub fn cursor(&self) -> String {
        match self {
            Self::Newest { number } => format!("n.{number}"),
            Self::Price { minor, number } => format!("p.{minor}.{number}"),
            Self::Title { key, number } => format!("t.{}.{number}", hex::encode(key)),
            Self::Relevance { rank, number } => format!("r.{rank}.{number}"),
        }
    }
}

/// A product as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductCard {
    pub id: ProductId,
    pub slug: Slug,
    pub title: String,
    pub category: Option<CategoryId>,
    /// The lowest and the highest price of its variants.
    pub price_low: Money,
    pub price_high: Money,
    pub image: Option<Image>,
    /// Whether some variant can be bought now.
    pub in_stock: bool,
}
