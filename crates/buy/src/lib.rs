//! Selling from stock: a catalogue to browse and search, a cart to fill, and a checkout that raises the order.

mod cart;
mod catalogue;
mod check_out;
mod coupon;
mod error;
mod pricing;
mod rules;
mod search;
mod text;

#[cfg(feature = "testing")]
pub mod testing;

use std::sync::Arc;

use commerce::{
    Env, Receipts, Repository,
    event::Subscriber,
    order::Orders,
    picture::Pictures,
    seller::{NoSellers, Sellers},
};

pub use commerce::picture::{Image, ImageId, NewImage};

pub use cart::{
    Added, AppliedCoupon, Cart, CartId, CartReading, CartState, CartToken, Carts, ForgetCarts,
    Item, ItemEdit, ItemId, LineIssue, LineReading, Merged, NewItem, Owner, Shopper,
};
pub use catalogue::{
    Catalogue, Categories, Category, CategoryEdit, CategoryId, Counted, FacetRow, Facets,
    FollowSellers, HearPictures, KeptProduct, Narrowed, NewCategory, NewProduct, NewVariant, Offer,
    OptionFacet, Position, Prices, Product, ProductCard, ProductEdit, ProductFilter, ProductId,
    ProductKey, ProductPage, ProductQuery, Products, Shelving, Sort, Status, StockChange,
    StockLevel, StockPolicy, StockSheet, TendSearch, Tree, Variant, VariantEdit, VariantId,
    VariantRef,
};
pub use check_out::{CheckOut, Short};
pub use coupon::{
    BadCode, Coupon, CouponCode, CouponId, CouponIssue, CouponUses, Coupons, CouponsOf, KeptCoupon,
    NewCoupon,
};
pub use error::BuyError;
pub use pricing::{
    Area, AreaError, Discount, NoDiscount, Off, Place, PricedLine, Quote, QuoteLine, QuoteTerms,
    Shipping, ShippingRate, ShippingRates, TaxRule, TaxTable, Taxes, Zone, Zones, quote,
};
pub use rules::Rules;
pub use search::{
    CANDIDATES, FACET_ROWS, MAX_FORMS, Word, closest, finds_in_order, padded, rank, shared_trigrams,
};
pub use text::{Slug, SlugError, option_key, title_key, words};

/// The name this mode signs its orders with.
pub const MODE: &str = "buy";

/// The use cases of buying, over whatever the ports are wired to.
#[derive(Clone)]
pub struct Buy {
    pub products: Arc<dyn Products>,
    pub categories: Arc<dyn Categories>,
    pub catalogue: Arc<dyn Catalogue>,
    pub sheets: Arc<dyn Repository<StockSheet>>,
    pub carts: Arc<dyn Carts>,
    pub coupons: Arc<dyn Coupons>,
    pub taxes: Arc<dyn TaxTable>,
    pub shipping: Arc<dyn ShippingRates>,
    pub orders: Arc<dyn Orders>,
    pub receipts: Arc<dyn Receipts>,
    pub sellers: Arc<dyn Sellers>,
    pub pictures: Arc<dyn Pictures>,
    pub env: Env,
    pub rules: Rules,
}

impl Buy {
    /// Everything kept in one store; the shop sells for nobody but itself, taxes everywhere alike and sends goods
    /// for nothing.
    pub fn over<S>(store: Arc<S>, env: Env, rules: Rules) -> Self
    where
        S: Products
            + Categories
            + Catalogue
            + Repository<StockSheet>
            + Carts
            + Coupons
            + Orders
            + Receipts
            + Pictures
            + 'static,
    {
        Self {
            products: store.clone(),
            categories: store.clone(),
            catalogue: store.clone(),
            sheets: store.clone(),
            carts: store.clone(),
            coupons: store.clone(),
            taxes: Arc::new(Taxes::everywhere(rules.tax.clone())),
            shipping: Arc::new(Zones::default()),
            orders: store.clone(),
            receipts: store.clone(),
            pictures: store,
            sellers: Arc::new(NoSellers),
            env,
            rules,
        }
    }

    /// Others sell here as well.
    pub fn with_sellers(self, sellers: Arc<dyn Sellers>) -> Self {
        Self { sellers, ..self }
    }

    /// Everyone here who acts on events.
    pub fn subscribers(&self) -> Vec<Arc<dyn Subscriber>> {
        vec![Arc::new(HearPictures(self.clone()))]
    }

    /// Tax and shipping go by where goods are sent.
    pub fn with_prices_by_place(
        self,
        taxes: Arc<dyn TaxTable>,
        shipping: Arc<dyn ShippingRates>,
    ) -> Self {
        Self { taxes, shipping, ..self }
    }
}
