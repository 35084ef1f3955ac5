//! What the catalogue needs from the store.

use async_trait::async_trait;
use commerce::{
    Money, Page, PageRequest, Repository, ResourceId, StoreError, Stored, Timestamp, picture::Image,
};

use uuid::Uuid;

use super::Prices;
use super::{
    Category, CategoryId, Facets, Product, ProductCard, ProductFilter, ProductId, ProductQuery,
    StockLevel, StockPolicy, VariantId, resource_of,
};
use crate::Slug;

/// Committing a slug or an SKU that another product has is refused as taken: `buy_products_slug_key`,
/// `buy_variants_sku_key`.
#[async_trait]
pub trait Products: Repository<Product> {
    async fn product_of_slug(&self, slug: &Slug) -> Result<Option<Stored<Product>>, StoreError>;

    /// Products of a seller and a status, or of any, as their keepers see them; newest first.
    async fn kept_products(
        &self,
        seller: Option<Uuid>,
        status: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<KeptProduct>, StoreError>;
}

/// Committing a slug that another live category has is refused as taken: `buy_categories_slug_key`.
#[async_trait]
pub trait Categories: Repository<Category> {
    /// Every category, the retired ones too.
    async fn all_categories(&self) -> Result<Vec<Stored<Category>>, StoreError>;

    /// Whether a product that is not archived stands in it.
    async fn holds_products(&self, category: CategoryId) -> Result<bool, StoreError>;
}

/// Reading for screens; as quick over a million products as over a thousand.
#[async_trait]
pub trait Catalogue: Send + Sync {
    async fn list(&self, query: &ProductQuery) -> Result<Page<ProductCard>, StoreError>;

    async fn facets(&self, filter: &ProductFilter) -> Result<Facets, StoreError>;

    /// What the variants are sold as now; those that are gone are left out.
    async fn offers(&self, variants: &[VariantId]) -> Result<Vec<Offer>, StoreError>;

    /// Variants that never had stock are left out.
    async fn stock_levels(&self, variants: &[VariantId]) -> Result<Vec<StockLevel>, StoreError>;

    /// A number that grows whenever a product, a category or whether something is in stock changes;
    /// mere sales do not move it. Whoever caches the catalogue may keep it while the number stands.
    async fn catalogue_version(&self) -> Result<i64, StoreError>;

    /// Does a bounded part of what keeps search quick; whether there was anything to do.
    async fn tend_search(&self) -> Result<bool, StoreError>;
}

/// What a variant is sold as at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub variant: VariantId,
    pub product: ProductId,
    /// On whose behalf it is sold; absent for what the shop sells itself.
    pub seller: Option<Uuid>,
    pub category: Option<CategoryId>,
    pub slug: Slug,
    pub title: String,
    pub sku: String,
    /// In the order of the product's option names.
    pub options: Vec<(String, String)>,
    pub image: Option<Image>,
    pub prices: Prices,
    pub policy: StockPolicy,
    pub published: bool,
    /// How many can be had; absent for what is not counted.
    pub available: Option<i64>,
}

impl Offer {
    /// The price in a currency, if it is on sale in it.
    pub fn price(&self, currency: commerce::Currency) -> Option<Money> {
        self.prices.of(currency).filter(|_| self.published)
    }

    pub fn has(&self, quantity: u32) -> bool {
        self.available.is_none_or(|available| available >= i64::from(quantity))
    }

    pub fn resource(&self) -> ResourceId {
        resource_of(self.variant)
    }
}

/// A product as a list for its keepers shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptProduct {
    pub id: ProductId,
    pub slug: Slug,
    pub title: String,
    pub status: String,
    pub category: Option<CategoryId>,
    pub updated_at: Timestamp,
}
