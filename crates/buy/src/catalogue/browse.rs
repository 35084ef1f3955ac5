//! Browse: one product, the list, its facets and the tree of categories.

use std::{collections::HashMap, str::FromStr};

use commerce::{Actor, Page, PageRequest, Stored};

use super::{
    Category, CategoryId, Facets, KeptProduct, Position, Product, ProductCard, ProductFilter,
    ProductId, ProductQuery, Sort, StockLevel, StockPolicy, Tree, VariantId,
};
use crate::{Buy, BuyError, Slug};

/// How an address names a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductKey {
    Id(ProductId),
    Slug(Slug),
}

impl FromStr for ProductKey {
    type Err = BuyError;

    fn from_str(text: &str) -> Result<Self, BuyError> {
        match (text.parse(), text.parse()) {
            (Ok(id), _) => Ok(Self::Id(id)),
            (_, Ok(slug)) => Ok(Self::Slug(slug)),
            _ => Err(BuyError::NoProduct),
        }
    }
}

/// How an address names a category to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Narrowed {
    Id(CategoryId),
    Slug(Slug),
}

impl FromStr for Narrowed {
    type Err = BuyError;

    fn from_str(text: &str) -> Result<Self, BuyError> {
        match (text.parse(), text.parse()) {
            (Ok(id), _) => Ok(Self::Id(id)),
            (_, Ok(slug)) => Ok(Self::Slug(slug)),
            _ => Err(BuyError::NoCategory),
        }
    }
}

/// A product as its page shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductPage {
    pub product: Stored<Product>,
    /// What there is of each counted variant.
    pub levels: HashMap<VariantId, StockLevel>,
}

impl ProductPage {
    pub fn in_stock(&self, variant: VariantId) -> bool {
        let policy = self.product.state.variant(variant).map(|variant| variant.policy);
        match policy {
            None => false,
            Some(StockPolicy::Untracked) => true,
            Some(StockPolicy::Hold | StockPolicy::OnPayment) => {
                self.levels.get(&variant).is_some_and(|level| level.available() > 0)
            }
        }
    }
}

impl Buy {
    /// One product. Those who keep the shop see it in every state, others when it is on sale.
    pub async fn show(
        &self,
        actor: Option<&Actor>,
        key: &ProductKey,
    ) -> Result<ProductPage, BuyError> {
        let found = match key {
            ProductKey::Id(id) => self.products.find(*id).await?,
            ProductKey::Slug(slug) => self.products.product_of_slug(slug).await?,
        };
        let product = found.ok_or(BuyError::NoProduct)?;
        if !product.state.is_on_sale() && !self.may_keep(actor, &product.state).await? {
            return Err(BuyError::NoProduct);
        }
        self.page(product).await
    }

    async fn may_keep(&self, actor: Option<&Actor>, product: &Product) -> Result<bool, BuyError> {
        let Some(actor) = actor.filter(|actor| actor.role.keeps_shop()) else { return Ok(false) };
        match self.keeping(actor).await {
            Ok(kept) => Ok(kept.keeps(product.seller)),
            Err(BuyError::NotAKeeper) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A product with what there is of it.
    pub async fn page(&self, product: Stored<Product>) -> Result<ProductPage, BuyError> {
        let variants: Vec<_> = product.state.variants.iter().map(|variant| variant.id).collect();
        let levels = self.catalogue.stock_levels(&variants).await?;
        let levels = levels.into_iter().map(|level| (level.variant, level)).collect();
        Ok(ProductPage { product, levels })
    }

    pub async fn list(
        &self,
        filter: ProductFilter,
        sort: Option<Sort>,
        page: PageRequest,
    ) -> Result<Page<ProductCard>, BuyError> {
        let searched = filter.words.is_some();
        let sort = sort.unwrap_or(if searched { Sort::Relevance } else { Sort::Newest });
        if sort == Sort::Relevance && !searched {
            return Err(BuyError::NothingToRankBy);
        }
        let after = match page.cursor {
            None => None,
            Some(text) => Some(Position::parse(&text, sort).ok_or(BuyError::BadCursor)?),
        };
        let query = ProductQuery { filter, sort, limit: page.limit, after };
        Ok(self.catalogue.list(&query).await?)
    }

    pub async fn facets(&self, filter: &ProductFilter) -> Result<Facets, BuyError> {
        Ok(self.catalogue.facets(filter).await?)
    }

    pub async fn tree(&self) -> Result<Tree, BuyError> {
        let all = self.categories.all_categories().await?;
        Ok(Tree::grow(all.into_iter().map(|stored| stored.state).collect()))
    }

    /// One category, with the version a change to it is decided on.
    pub async fn category(&self, named: &Narrowed) -> Result<Stored<Category>, BuyError> {
        let all = self.categories.all_categories().await?;
        let is_meant = |category: &Category| match named {
            Narrowed::Id(id) => category.id == *id,
            Narrowed::Slug(slug) => category.slug == *slug,
        };
        let live = all.into_iter().filter(|stored| !stored.state.retired);
        live.into_iter().find(|stored| is_meant(&stored.state)).ok_or(BuyError::NoCategory)
    }

    /// A category and everything under it, for a filter.
    pub async fn narrow(&self, to: &Narrowed) -> Result<Vec<CategoryId>, BuyError> {
        let tree = self.tree().await?;
        let category = match to {
            Narrowed::Id(id) => tree.get(*id),
            Narrowed::Slug(slug) => tree.by_slug(slug),
        };
        let category = category.ok_or(BuyError::NoCategory)?;
        Ok(tree.under(category.id))
    }

    /// The list for those who keep the shop: drafts and archived products too.
    pub async fn kept(
        &self,
        actor: &Actor,
        status: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<KeptProduct>, BuyError> {
        let kept = self.keeping(actor).await?;
        if page.cursor.as_deref().is_some_and(|cursor| cursor.parse::<ProductId>().is_err()) {
            return Err(BuyError::BadCursor);
        }
        Ok(self.products.kept_products(kept.only(), status, page).await?)
    }
}
