//! The cart as its owner sees it.

use std::collections::BTreeMap;

use buy::{
    AppliedCoupon, Cart, CartReading, Item, LineIssue, LineReading, Merged, Place, Product, Variant,
};
use commerce::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{extract::Ref, views::MoneyView};

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Cart")]
pub struct CartView {
    /// Absent until something is put in.
    pub id: Option<Ref<Cart>>,
    pub currency: String,
    pub items: Vec<ItemView>,
    pub totals: CartTotalsView,
    pub coupon: Option<CartCouponView>,
    /// Where the goods will go, as far as it is known.
    pub destination: Option<CartDestinationView>,
    /// Whether goods are sent to the destination; true while there is none.
    pub deliverable: bool,
    /// Whether it can be checked out as it is.
    pub ready: bool,
}

/// What the cart comes to, at the prices in it; what is no longer on sale is left out.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CartTotals")]
pub struct CartTotalsView {
    pub subtotal: MoneyView,
    pub discount: MoneyView,
    pub tax: MoneyView,
    /// Tax that the prices contain already.
    pub included_tax: MoneyView,
    pub shipping: MoneyView,
    /// Without tax and shipping as long as they are not known.
    pub total: MoneyView,
    /// Whether the tax is known; else it depends on the destination.
    pub tax_known: bool,
    /// Whether the shipping is known; else it depends on the destination.
    pub shipping_known: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CartCoupon")]
pub struct CartCouponView {
    pub code: String,
    /// Why it takes nothing off: `ended`, `below_minimum`, `other_currency` or `nothing_to_discount`.
    pub issue: Option<String>,
    /// What the goods it is on must come to.
    pub minimum: Option<MoneyView>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CartDestination")]
pub struct CartDestinationView {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub region: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CartItem")]
pub struct ItemView {
    pub id: Ref<Item>,
    pub variant: Ref<Variant>,
    pub quantity: u32,
    /// As it was when it was put in, or accepted since.
    pub unit_price: MoneyView,
    pub added_at: Timestamp,
    /// What it is sold as now; absent when it is gone.
    pub offer: Option<OfferView>,
    pub issues: Vec<IssueView>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CartOffer")]
pub struct OfferView {
    pub product: Ref<Product>,
    pub slug: String,
    pub title: String,
    pub sku: String,
    pub options: BTreeMap<String, String>,
    pub image_url: Option<String>,
}

/// Why an item cannot be checked out as it is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CartIssue")]
pub struct IssueView {
    /// `price_changed`, `unavailable` or `insufficient_stock`.
    pub code: String,
    pub old_price: Option<MoneyView>,
    pub new_price: Option<MoneyView>,
    pub available: Option<i64>,
}

impl From<CartReading> for CartView {
    fn from(reading: CartReading) -> Self {
        let ready = reading.is_ready();
        let (tax_known, shipping_known) = (reading.quote.tax_known, reading.quote.shipping_known);
        let totals = reading.quote.totals;
        Self {
            id: reading.id.map(Into::into),
            currency: reading.currency.code().to_owned(),
            items: reading.lines.into_iter().map(Into::into).collect(),
            totals: CartTotalsView {
                subtotal: totals.subtotal.into(),
                discount: totals.discount.into(),
                tax: totals.tax.into(),
                included_tax: totals.included().into(),
                shipping: totals.shipping.into(),
                total: totals.total.into(),
                tax_known,
                shipping_known,
            },
            coupon: reading.coupon.map(Into::into),
            destination: reading.destination.map(Into::into),
            deliverable: reading.deliverable,
            ready,
        }
    }
}

impl From<AppliedCoupon> for CartCouponView {
    fn from(applied: AppliedCoupon) -> Self {
        Self {
            code: applied.coupon.code.to_string(),
            issue: applied.issue.map(|issue| issue.code().to_owned()),
            minimum: applied.issue.and_then(|issue| issue.minimum()).map(Into::into),
        }
    }
}

impl From<Place> for CartDestinationView {
    fn from(place: Place) -> Self {
        Self { country: place.country, region: place.region }
    }
}

impl From<LineReading> for ItemView {
    fn from(line: LineReading) -> Self {
        let offer = |offer: buy::Offer| OfferView {
            product: offer.product.into(),
            slug: offer.slug.into(),
            title: offer.title,
            sku: offer.sku,
            options: offer.options.into_iter().collect(),
            image_url: offer.image.map(|image| image.card_url().to_owned()),
        };
        Self {
            id: line.item.id.into(),
            variant: line.item.variant.into(),
            quantity: line.item.quantity,
            unit_price: line.item.unit_price.into(),
            added_at: line.item.added_at,
            offer: line.offer.map(offer),
            issues: line.issues.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<LineIssue> for IssueView {
    fn from(issue: LineIssue) -> Self {
        let code = match issue {
            LineIssue::PriceChanged { .. } => "price_changed",
            LineIssue::Unavailable => "unavailable",
            LineIssue::InsufficientStock { .. } => "insufficient_stock",
        };
        let (old_price, new_price, available) = match issue {
            LineIssue::PriceChanged { old, new } => (Some(old.into()), Some(new.into()), None),
            LineIssue::Unavailable => (None, None, None),
            LineIssue::InsufficientStock { available } => (None, None, Some(available.max(0))),
        };
        Self { code: code.to_owned(), old_price, new_price, available }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MergedCart")]
pub struct MergedView {
    pub cart: CartView,
    /// What of the guest's cart did not fit, wholly or in part.
    pub left_out: Vec<Ref<Variant>>,
}

impl From<Merged> for MergedView {
    fn from(merged: Merged) -> Self {
        let left_out = merged.left_out.into_iter().map(Into::into).collect();
        Self { cart: merged.cart.into(), left_out }
    }
}
