//! Why buying refuses.

use commerce::{
    CommitError, Failure, FieldError, IsStale, Kind, MoneyError, OrderId, StoreError,
    order::OrderError, picture,
};
use serde_json::{Value, json};
use thiserror::Error;

use crate::{CouponCode, CouponIssue, LineIssue, LineReading, Short, SlugError};

#[derive(Debug, Error)]
pub enum BuyError {
    #[error("no such product")]
    NoProduct,
    #[error("no such variant")]
    NoVariant,
    #[error("no such image")]
    NoImage,
    #[error("no such category")]
    NoCategory,
    #[error("no such cart")]
    NoCart,
    #[error("no such item in the cart")]
    NoItem,
    #[error("no such coupon")]
    NoCoupon,
    #[error("only those who keep the shop may do this")]
    NotAKeeper,
    #[error("some of it makes no sense")]
    Invalid(Vec<FieldError>),
    #[error("it was changed since you read it")]
    Outdated,
    #[error("another product has this slug")]
    SlugTaken,
    #[error("another variant has this SKU")]
    SkuTaken,
    #[error("another category has this slug")]
    CategorySlugTaken,
    #[error("a category with products or categories in it stays")]
    CategoryInUse,
    #[error("a category cannot stand under itself")]
    CategoryCircle,
    #[error("the cursor does not belong to this list")]
    BadCursor,
    #[error("sorting by relevance needs something to search for")]
    NothingToRankBy,
    #[error("{held} of the {on_hand} on hand are held for orders")]
    StockHeld { on_hand: i64, held: i64 },
    #[error("this variant is not on sale")]
    NotOnSale,
    #[error("this variant is not sold in {0}")]
    NoPrice(commerce::Currency),
    #[error("the cart is in {0}")]
    OtherCurrency(commerce::Currency),
    #[error("a cart has at most {0} lines")]
    TooManyLines(usize),
    #[error("a line has 1 to {0} pieces")]
    BadQuantity(u32),
    #[error("the price is not the one you accepted")]
    PriceMoved(Box<LineReading>),
    #[error("the cart is empty")]
    CartEmpty,
    #[error("the cart was checked out already")]
    CartCheckedOut(OrderId),
    #[error("prices have changed since they were put into the cart")]
    PricesChanged(Vec<LineReading>),
    #[error("some of the cart is no longer on sale")]
    Unavailable(Vec<LineReading>),
    #[error("a picture was taken or removed meanwhile; look at your pictures and try again")]
    PictureGone,
    #[error("there is not enough left")]
    OutOfStock(Vec<Short>),
    #[error("there is no coupon with this code")]
    UnknownCoupon,
    #[error("another coupon has this code")]
    CodeTaken,
    #[error("the coupon {0} takes nothing off this cart")]
    CouponUnusable(CouponCode, CouponIssue),
    #[error("the coupon {0} has been used as often as it is good for")]
    CouponUsedUp(CouponCode),
    #[error("you have used the coupon {0} as often as you may")]
    CouponUsedBefore(CouponCode),
    #[error("nothing is sent there, or not for this currency")]
    NotSentThere,
    #[error("you have {0} unpaid orders; pay or cancel one first")]
    TooManyOpenOrders(u64),
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Order(#[from] OrderError),
    #[error(transparent)]
    Commit(CommitError),
}

impl BuyError {
    pub(crate) fn slug(error: SlugError) -> Self {
        Self::Invalid(vec![FieldError::new("#/slug", "bad_slug", error.to_string())])
    }

    /// What came of a decision, with what else is wrong with its pictures.
    pub(crate) fn with<T>(
        mut pictures: Vec<FieldError>,
        decided: Result<T, Self>,
    ) -> Result<T, Self> {
        match decided {
            Err(Self::Invalid(mut faults)) => {
                faults.append(&mut pictures);
                Err(Self::Invalid(faults))
            }
            Ok(_) if !pictures.is_empty() => Err(Self::Invalid(pictures)),
            other => other,
        }
    }

    pub(crate) fn unknown_category(pointer: &str) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, "unknown_category", "no such category")])
    }
}

impl From<CommitError> for BuyError {
    fn from(error: CommitError) -> Self {
        match &error {
            CommitError::Taken(what) => match what.as_str() {
                "buy_products_slug_key" => Self::SlugTaken,
                "buy_variants_sku_key" => Self::SkuTaken,
                "buy_categories_slug_key" => Self::CategorySlugTaken,
                picture::HELD => Self::PictureGone,
                "buy_coupons_code_key" => Self::CodeTaken,
                _ => Self::Commit(error),
            },
            _ => Self::Commit(error),
        }
    }
}

impl From<StoreError> for BuyError {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

impl IsStale for BuyError {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Commit(CommitError::Stale))
    }
}

impl Failure for BuyError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoProduct
            | Self::NoVariant
            | Self::NoImage
            | Self::NoCategory
            | Self::NoCart
            | Self::NoItem
            | Self::NoCoupon => Kind::NotFound,
            Self::NotAKeeper => Kind::Forbidden,
            Self::Invalid(_)
            | Self::BadCursor
            | Self::NothingToRankBy
            | Self::NoPrice(_)
            | Self::TooManyLines(_)
            | Self::BadQuantity(_)
            | Self::UnknownCoupon
            | Self::Money(_) => Kind::Invalid,
            Self::Outdated => Kind::Stale,
            Self::SlugTaken
            | Self::SkuTaken
            | Self::CategorySlugTaken
            | Self::CategoryInUse
            | Self::CategoryCircle
            | Self::StockHeld { .. }
            | Self::NotOnSale
            | Self::OtherCurrency(_)
            | Self::PriceMoved(_)
            | Self::CartEmpty
            | Self::CartCheckedOut(_)
            | Self::PricesChanged(_)
            | Self::Unavailable(_)
            | Self::PictureGone
            | Self::OutOfStock(_)
            | Self::CodeTaken
            | Self::CouponUnusable(..)
            | Self::CouponUsedUp(_)
            | Self::CouponUsedBefore(_)
            | Self::NotSentThere
            | Self::TooManyOpenOrders(_) => Kind::Conflict,
            Self::Order(error) => error.kind(),
            Self::Commit(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoProduct => "no_product",
            Self::NoVariant => "no_variant",
            Self::NoImage => "no_image",
            Self::NoCategory => "no_category",
            Self::NoCart => "no_cart",
            Self::NoItem => "no_item",
            Self::NoCoupon => "no_coupon",
            Self::NotAKeeper => "not_a_keeper",
            Self::Invalid(_) => "invalid",
            Self::Outdated => "outdated",
            Self::SlugTaken | Self::CategorySlugTaken => "slug_taken",
            Self::SkuTaken => "sku_taken",
            Self::CategoryInUse => "category_in_use",
            Self::CategoryCircle => "category_circle",
            Self::BadCursor => "bad_cursor",
            Self::NothingToRankBy => "nothing_to_rank_by",
            Self::StockHeld { .. } => "stock_held",
            Self::NotOnSale => "not_on_sale",
            Self::NoPrice(_) => "no_price",
            Self::OtherCurrency(_) => "other_currency",
            Self::TooManyLines(_) => "too_many_lines",
            Self::BadQuantity(_) => "bad_quantity",
            Self::PriceMoved(_) | Self::PricesChanged(_) => "price_changed",
            Self::CartEmpty => "cart_empty",
            Self::CartCheckedOut(_) => "cart_checked_out",
            Self::Unavailable(_) => "unavailable_items",
            Self::PictureGone => "picture_gone",
            Self::OutOfStock(_) => "out_of_stock",
            Self::UnknownCoupon => "unknown_coupon",
            Self::CodeTaken => "code_taken",
            Self::CouponUnusable(..) => "coupon_unusable",
            Self::CouponUsedUp(_) => "coupon_used_up",
            Self::CouponUsedBefore(_) => "coupon_used_before",
            Self::NotSentThere => "not_sent_there",
            Self::TooManyOpenOrders(_) => "too_many_open_orders",
            Self::Money(_) => "bad_amount",
            Self::Order(error) => error.code(),
            Self::Commit(error) => error.code(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let field = |pointer: &str| vec![FieldError::new(pointer, self.code(), self.to_string())];
        match self {
            Self::Invalid(fields) => fields.clone(),
            Self::BadCursor => field("cursor"),
            Self::NothingToRankBy => field("sort"),
            Self::NoPrice(_) => field("#/currency"),
            Self::BadQuantity(_) => field("#/quantity"),
            Self::UnknownCoupon => field("#/code"),
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> Option<Value> {
        match self {
            Self::StockHeld { on_hand, held } => Some(json!({"on_hand": on_hand, "held": held})),
            Self::OtherCurrency(currency) => Some(json!({"currency": currency})),
            Self::PriceMoved(line) => Some(json!({"lines": [told(line)]})),
            Self::CartCheckedOut(order) => Some(json!({"order": order.to_string()})),
            Self::PricesChanged(lines) | Self::Unavailable(lines) => {
                Some(json!({"lines": lines.iter().map(told).collect::<Vec<_>>()}))
            }
            Self::OutOfStock(short) => {
                Some(json!({"lines": short.iter().map(Short::told).collect::<Vec<_>>()}))
            }
            Self::CouponUnusable(code, issue) => Some(json!({
                "coupon": code, "issue": issue.code(), "minimum": issue.minimum(),
            })),
            Self::CouponUsedUp(code) | Self::CouponUsedBefore(code) => {
                Some(json!({"coupon": code}))
            }
            Self::TooManyOpenOrders(open) => Some(json!({"open_orders": open})),
            _ => None,
        }
    }
}

/// A line of the cart and what is the matter with it.
fn told(line: &LineReading) -> Value {
    let mut told = json!({
        "item": line.item.id.to_string(),
        "variant": line.item.variant.to_string(),
        "quantity": line.item.quantity,
    });
    let issue = line.issues.first().map(|issue| match issue {
        LineIssue::PriceChanged { old, new } => {
            json!({"issue": "price_changed", "old": old, "new": new})
        }
        LineIssue::Unavailable => json!({"issue": "unavailable"}),
        LineIssue::InsufficientStock { available } => {
            json!({"issue": "insufficient_stock", "available": available})
        }
    });
    if let (Some(told), Some(Value::Object(issue))) = (told.as_object_mut(), issue) {
        told.extend(issue);
    }
    told
}
