//! The cart as its owner sees it.

use std::collections::BTreeMap;

use buy::{Cart, CartReading, Item, LineIssue, LineReading, Merged, Product, Variant};
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
    pub total: MoneyView,
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
        let totals = reading.quote.totals;
        Self {
            id: reading.id.map(Into::into),
            currency: reading.currency.code().to_owned(),
            items: reading.lines.into_iter().map(Into::into).collect(),
            totals: CartTotalsView {
                subtotal: totals.subtotal.into(),
                discount: totals.discount.into(),
                tax: totals.tax.into(),
                included_tax: reading.quote.included_tax.into(),
                shipping: totals.shipping.into(),
                total: totals.total.into(),
            },
            ready,
        }
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
