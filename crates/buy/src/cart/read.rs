//! Read a cart against what is on sale now, and say what has changed since it was filled.

use std::collections::HashMap;

use commerce::{Currency, Money, Stored, Version};

use super::{Cart, CartId, Item, Shopper};
use crate::{
    Buy, BuyError, Coupon, CouponIssue, Offer, Place, Quote, QuoteLine, QuoteTerms, Shipping,
    VariantId, quote,
};

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
    pub coupon: Option<AppliedCoupon>,
    pub destination: Option<Place>,
    /// Whether goods are sent to where these should go, as far as that is known.
    pub deliverable: bool,
}

/// A coupon in a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedCoupon {
    pub coupon: Coupon,
    /// Why it takes nothing off.
    pub issue: Option<CouponIssue>,
}

/// On what terms a cart is read.
struct Conditions {
    coupon: Option<AppliedCoupon>,
    terms: QuoteTerms,
    deliverable: bool,
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
    fn of(
        stored: &Stored<Cart>,
        offers: Vec<Offer>,
        conditions: Conditions,
    ) -> Result<Self, BuyError> {
        let cart = &stored.state;
        let mut offers: HashMap<VariantId, Offer> =
            offers.into_iter().map(|offer| (offer.variant, offer)).collect();
        let read = |item: &Item| LineReading::of(item.clone(), offers.remove(&item.variant));
        let lines: Vec<_> = cart.items.iter().map(read).collect();
        let on_sale: Vec<_> = lines.iter().filter_map(LineReading::quote_line).collect();
        let Conditions { coupon, terms, deliverable } = conditions;
        let quote = quote(cart.currency, &on_sale, &terms)?;
        let coupon = coupon.map(|applied| applied.judged(&quote));
        Ok(Self {
            id: Some(cart.id),
            version: stored.version,
            currency: cart.currency,
            lines,
            quote,
            coupon,
            destination: cart.destination.clone(),
            deliverable,
        })
    }

    fn nothing(currency: Currency, terms: &QuoteTerms) -> Result<Self, BuyError> {
        Ok(Self {
            id: None,
            version: Version(0),
            currency,
            lines: Vec::new(),
            quote: quote(currency, &[], terms)?,
            coupon: None,
            destination: None,
            deliverable: true,
        })
    }

    /// Whether it can be checked out as it is.
    pub fn is_ready(&self) -> bool {
        let sound = self.lines.iter().all(|line| line.issues.is_empty());
        let redeemable = self.coupon.iter().all(|applied| applied.issue.is_none());
        !self.lines.is_empty() && sound && redeemable && self.deliverable
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

impl AppliedCoupon {
    /// What stands in its way on its own comes before what the goods do.
    fn judged(self, quote: &Quote) -> Self {
        let withheld = quote.withheld.map(CouponIssue::from);
        Self { issue: self.issue.or(withheld), ..self }
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
        let seller = self.offer.as_ref().and_then(|offer| offer.seller);
        self.current_price().map(|_| QuoteLine { unit_price, quantity, seller })
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
                let currency = self.rules.currency;
                let (terms, _) = self.terms_of_sale(None, currency).await?;
                CartReading::nothing(currency, &terms)
            }
        }
    }

    pub(crate) async fn read_cart(&self, stored: &Stored<Cart>) -> Result<CartReading, BuyError> {
        self.read_cart_for(stored, stored.state.destination.as_ref()).await
    }

    /// The cart as it is when its goods go to a place.
    pub(crate) async fn read_cart_for(
        &self,
        stored: &Stored<Cart>,
        to: Option<&Place>,
    ) -> Result<CartReading, BuyError> {
        let variants: Vec<_> = stored.state.items.iter().map(|item| item.variant).collect();
        let offers =
            if variants.is_empty() { Vec::new() } else { self.catalogue.offers(&variants).await? };
        CartReading::of(stored, offers, self.conditions(&stored.state, to).await?)
    }

    async fn conditions(&self, cart: &Cart, to: Option<&Place>) -> Result<Conditions, BuyError> {
        let (mut terms, deliverable) = self.terms_of_sale(to, cart.currency).await?;
        let coupon = self.applied(cart).await?;
        if let Some(AppliedCoupon { coupon, issue: None }) = &coupon {
            terms.discount = Some(coupon.discount.clone());
        }
        Ok(Conditions { coupon, terms, deliverable })
    }

    /// Tax and shipping, and whether goods are sent there at all.
    async fn terms_of_sale(
        &self,
        to: Option<&Place>,
        currency: Currency,
    ) -> Result<(QuoteTerms, bool), BuyError> {
        let tax = self.taxes.tax_rule(to).await?;
        let shipping = self.shipping.shipping(to, currency).await?;
        let deliverable = shipping != Shipping::Nowhere;
        let shipping = match shipping {
            Shipping::At(rate) => Some(rate),
            Shipping::NotYetKnown | Shipping::Nowhere => None,
        };
        Ok((QuoteTerms { discount: None, tax, shipping }, deliverable))
    }

    /// The store is asked only for carts that have a coupon.
    async fn applied(&self, cart: &Cart) -> Result<Option<AppliedCoupon>, BuyError> {
        let Some(id) = cart.coupon else { return Ok(None) };
        let Some(stored) = self.coupons.find(id).await? else { return Ok(None) };
        let good = stored.state.is_good(self.env.now());
        let issue = (!good).then_some(CouponIssue::Ended);
        Ok(Some(AppliedCoupon { coupon: stored.state, issue }))
    }
}
