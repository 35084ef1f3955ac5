//! Read a cart against what is on sale now, and say what has changed since it was filled.

use std::collections::HashMap;

use commerce::{Currency, Money, Stored, Version};

use super::{Cart, CartId, Item, Shopper};
use crate::{Buy, BuyError, Offer, Quote, QuoteLine, Rules, VariantId, quote};

/// A cart as it looks today.
#[derive(Debug, Clone, PartialEq)]
pub struct CartReading {
    /// Absent until something is put in.
    pub id: Option<CartId>,
    pub version: Version,
    pub currency: Currency,
    pub lines: Vec<LineReading>,
    /// Over the lines that are still on sale, at the prices in the cart.
    pub quote: Quote,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineReading {
    pub item: Item,
    /// What it is sold as now; absent when it is gone.
    pub offer: Option<Offer>,
    pub issues: Vec<LineIssue>,
}

/// Why a line cannot be checked out as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineIssue {
    /// To be accepted, or the line removed.
    PriceChanged {
        old: Money,
        new: Money,
    },
    /// Not on sale any more, or not in this currency.
    Unavailable,
    InsufficientStock {
        available: i64,
    },
}

impl CartReading {
    pub(crate) fn of(
        stored: &Stored<Cart>,
        offers: Vec<Offer>,
        rules: &Rules,
    ) -> Result<Self, BuyError> {
        let cart = &stored.state;
        let mut offers: HashMap<VariantId, Offer> =
            offers.into_iter().map(|offer| (offer.variant, offer)).collect();
        let read = |item: &Item| LineReading::of(item.clone(), offers.remove(&item.variant));
        let lines: Vec<_> = cart.items.iter().map(read).collect();
        let on_sale: Vec<_> = lines.iter().filter_map(LineReading::quote_line).collect();
        let zero = Money::zero(cart.currency);
        let quote = quote(cart.currency, &on_sale, &rules.tax, zero)?;
        let (id, version) = (Some(cart.id), stored.version);
        Ok(Self { id, version, currency: cart.currency, lines, quote })
    }

    fn nothing(currency: Currency, rules: &Rules) -> Result<Self, BuyError> {
        let quote = quote(currency, &[], &rules.tax, Money::zero(currency))?;
        Ok(Self { id: None, version: Version(0), currency, lines: Vec::new(), quote })
    }

    /// Whether it can be checked out as it is.
    pub fn is_ready(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.issues.is_empty())
    }

    /// The lines that have an issue of a kind.
    pub fn with_issue(&self, kind: fn(&LineIssue) -> bool) -> Vec<LineReading> {
        let mut lines = self.lines.clone();
        for line in &mut lines {
            line.issues.retain(kind);
        }
        lines.retain(|line| !line.issues.is_empty());
        lines
    }
}

impl LineReading {
    fn of(item: Item, offer: Option<Offer>) -> Self {
        let price = offer.as_ref().and_then(|offer| offer.price(item.unit_price.currency));
        let issues = match (&offer, price) {
            (Some(offer), Some(price)) => issues(&item, offer, price),
            _ => vec![LineIssue::Unavailable],
        };
        Self { item, offer, issues }
    }

    /// The price it is on sale for now, if it is on sale.
    pub fn current_price(&self) -> Option<Money> {
        self.offer.as_ref().and_then(|offer| offer.price(self.item.unit_price.currency))
    }

    fn quote_line(&self) -> Option<QuoteLine> {
        let Item { unit_price, quantity, .. } = self.item;
        self.current_price().map(|_| QuoteLine { unit_price, quantity })
    }
}

fn issues(item: &Item, offer: &Offer, price: Money) -> Vec<LineIssue> {
    let moved = price != item.unit_price;
    let price_changed =
        moved.then_some(LineIssue::PriceChanged { old: item.unit_price, new: price });
    let short = offer.available.filter(|_| !offer.has(item.quantity));
    let too_few = short.map(|available| LineIssue::InsufficientStock { available });
    price_changed.into_iter().chain(too_few).collect()
}

impl Buy {
    /// The shopper's cart. Who has none reads an empty one; a token that opens no cart is refused.
    pub async fn cart(&self, shopper: &Shopper) -> Result<CartReading, BuyError> {
        let found = match shopper.owner() {
            None => None,
            Some(owner) => self.carts.active_cart(&owner).await?,
        };
        match (found, shopper) {
            (Some(stored), _) => self.read_cart(&stored).await,
            (None, Shopper::Guest(_)) => Err(BuyError::NoCart),
            (None, Shopper::User(_) | Shopper::Stranger) => {
                CartReading::nothing(self.rules.currency, &self.rules)
            }
        }
    }

    pub(crate) async fn read_cart(&self, stored: &Stored<Cart>) -> Result<CartReading, BuyError> {
        let variants: Vec<_> = stored.state.items.iter().map(|item| item.variant).collect();
        let offers =
            if variants.is_empty() { Vec::new() } else { self.catalogue.offers(&variants).await? };
        CartReading::of(stored, offers, &self.rules)
    }
}
