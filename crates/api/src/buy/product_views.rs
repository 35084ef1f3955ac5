//! Products as clients see them.

use std::collections::BTreeMap;

use buy::{
    Category, Facets, KeptProduct, Product, ProductCard, ProductPage, Status, StockLevel, Variant,
};
use commerce::{Page, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    extract::{PageLinks, PageView, Ref},
    images::ImageView,
    views::MoneyView,
};

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Product")]
pub struct ProductView {
    pub id: Ref<Product>,
    pub slug: String,
    pub title: String,
    pub description: String,
    /// `draft`, `published` or `archived`.
    pub status: String,
    pub category: Option<Ref<Category>>,
    /// What variants differ in, with the values there are.
    pub options: Vec<OptionView>,
    pub attributes: BTreeMap<String, String>,
    pub images: Vec<ImageView>,
    pub variants: Vec<VariantView>,
    pub published_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProductOption")]
pub struct OptionView {
    pub name: String,
    pub values: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Variant")]
pub struct VariantView {
    pub id: Ref<Variant>,
    pub sku: String,
    pub options: BTreeMap<String, String>,
    pub prices: Vec<MoneyView>,
    /// `hold`, `on_payment` or `untracked`.
    pub stock_policy: String,
    pub in_stock: bool,
}

impl From<ProductPage> for ProductView {
    fn from(page: ProductPage) -> Self {
        let variants = page.product.state.variants.iter();
        let variants =
            variants.map(|variant| VariantView::of(variant, page.in_stock(variant.id))).collect();
        let product = page.product.state;
        let options = product.option_values().into_iter();
        Self {
            id: product.id.into(),
            slug: product.slug.into(),
            title: product.title,
            description: product.description,
            status: product.status.name().to_owned(),
            category: product.category.map(Into::into),
            options: options.map(|(name, values)| OptionView { name, values }).collect(),
            attributes: product.attributes,
            images: product.images.into_iter().map(Into::into).collect(),
            variants,
            published_at: match product.status {
                Status::Published { since } => Some(since),
                Status::Draft | Status::Archived { .. } => None,
            },
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

impl VariantView {
    fn of(variant: &Variant, in_stock: bool) -> Self {
        Self {
            id: variant.id.into(),
            sku: variant.sku.clone(),
            options: variant.options.clone(),
            prices: variant.prices.iter().map(Into::into).collect(),
            stock_policy: variant.policy.as_str().to_owned(),
            in_stock,
        }
    }
}

/// A product as a list shows it, with its lowest and highest price in the list's currency.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProductCard")]
pub struct CardView {
    pub id: Ref<Product>,
    pub slug: String,
    pub title: String,
    pub category: Option<Ref<Category>>,
    pub price_low: MoneyView,
    pub price_high: MoneyView,
    pub image: Option<ImageView>,
    pub in_stock: bool,
}

impl From<ProductCard> for CardView {
    fn from(card: ProductCard) -> Self {
        Self {
            id: card.id.into(),
            slug: card.slug.into(),
            title: card.title,
            category: card.category.map(Into::into),
            price_low: card.price_low.into(),
            price_high: card.price_high.into(),
            image: card.image.map(Into::into),
            in_stock: card.in_stock,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProductList")]
pub struct ListView {
    pub data: Vec<CardView>,
    pub page: PageLinks,
    /// Only when asked for with `facets=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facets: Option<FacetsView>,
}

impl ListView {
    pub fn of(page: Page<ProductCard>, facets: Option<Facets>) -> Self {
        let PageView { data, page } = PageView::of(page, CardView::from);
        Self { data, page, facets: facets.map(Into::into) }
    }
}

/// How many of the products found have which value.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Facets")]
pub struct FacetsView {
    /// Over how many products was counted.
    pub counted: u32,
    /// Whether there are more than were counted.
    pub capped: bool,
    pub in_stock: u32,
    pub price_min: Option<MoneyView>,
    pub price_max: Option<MoneyView>,
    pub categories: Vec<CategoryCountView>,
    pub options: Vec<OptionFacetView>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CategoryCount")]
pub struct CategoryCountView {
    pub category: Ref<Category>,
    pub count: u32,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OptionFacet")]
pub struct OptionFacetView {
    pub name: String,
    pub values: Vec<ValueCountView>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ValueCount")]
pub struct ValueCountView {
    pub value: String,
    pub count: u32,
}

impl From<Facets> for FacetsView {
    fn from(facets: Facets) -> Self {
        let category = |counted: buy::Counted<buy::CategoryId>| CategoryCountView {
            category: counted.value.into(),
            count: counted.count,
        };
        let value = |counted: buy::Counted<String>| ValueCountView {
            value: counted.value,
            count: counted.count,
        };
        let option = |facet: buy::OptionFacet| OptionFacetView {
            name: facet.name,
            values: facet.values.into_iter().map(value).collect(),
        };
        let (low, high) = facets.prices.unzip();
        Self {
            counted: facets.counted,
            capped: facets.capped,
            in_stock: facets.in_stock,
            price_min: low.map(Into::into),
            price_max: high.map(Into::into),
            categories: facets.categories.into_iter().map(category).collect(),
            options: facets.options.into_iter().map(option).collect(),
        }
    }
}

/// A product as a list for its keepers shows it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "KeptProduct")]
pub struct KeptView {
    pub id: Ref<Product>,
    pub slug: String,
    pub title: String,
    /// `draft`, `published` or `archived`.
    pub status: String,
    pub category: Option<Ref<Category>>,
    pub updated_at: Timestamp,
}

impl From<KeptProduct> for KeptView {
    fn from(product: KeptProduct) -> Self {
        Self {
            id: product.id.into(),
            slug: product.slug.into(),
            title: product.title,
            status: product.status,
            category: product.category.map(Into::into),
            updated_at: product.updated_at,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProductStock")]
pub struct ProductStockView {
    pub variants: Vec<StockLevelView>,
}

/// What there is of a variant.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StockLevel")]
pub struct StockLevelView {
    pub variant: Ref<Variant>,
    pub on_hand: i64,
    /// Of those on hand, how many are held for unpaid orders.
    pub held: i64,
    pub available: i64,
}

impl From<StockLevel> for StockLevelView {
    fn from(level: StockLevel) -> Self {
        let StockLevel { variant, on_hand, held } = level;
        Self { variant: variant.into(), on_hand, held, available: level.available() }
    }
}
