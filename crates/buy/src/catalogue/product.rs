//! A product: what it is called, how it looks and in which variants it is sold.

use std::collections::BTreeMap;

use commerce::{
    Aggregate, Currency, Env, Id, Money, Tagged, Timestamp,
    picture::{self, Chosen, Holder, Image, ImageId, NewImage, PictureId},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CategoryId, NewVariant, Variant, VariantEdit, VariantId, faults};
use crate::{BuyError, Slug, text};

pub type ProductId = Id<Product>;

impl Tagged for Product {
    const PREFIX: &'static str = "prd";
}

/// How products are called as what holds pictures.
pub(super) const HOLDS: &str = "buy_product";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    pub id: ProductId,
    pub slug: Slug,
    pub title: String,
    pub description: String,
    pub category: Option<CategoryId>,
    /// On whose behalf it is sold; absent for what the shop sells itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<Uuid>,
    pub status: Status,
    /// Its seller may not sell now: whatever its status, customers see nothing of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
    /// In the order they are shown: `colour`, `size`.
    pub option_names: Vec<String>,
    /// Whatever else is worth telling: `material: linen`.
    pub attributes: BTreeMap<String, String>,
    /// In the order they are shown.
    pub images: Vec<Image>,
    pub variants: Vec<Variant>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Aggregate for Product {
    type Id = ProductId;

    fn id(&self) -> ProductId {
        self.id
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Status {
    /// Only those who keep the shop see it.
    Draft,
    /// On sale since then.
    Published { since: Timestamp },
    /// No longer on sale; orders still tell of it.
    Archived { since: Timestamp },
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published { .. } => "published",
            Self::Archived { .. } => "archived",
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct NewProduct {
    /// Made of the title when absent.
    pub slug: Option<Slug>,
    pub title: String,
    pub description: String,
    pub category: Option<CategoryId>,
    pub option_names: Vec<String>,
    pub attributes: BTreeMap<String, String>,
    pub images: Vec<NewImage>,
    pub variants: Vec<NewVariant>,
}

/// What changes on a product; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct ProductEdit {
    pub slug: Option<Slug>,
    pub title: Option<String>,
    pub description: Option<String>,
    /// `Some(None)` takes it out of its category.
    pub category: Option<Option<CategoryId>>,
    pub attributes: Option<BTreeMap<String, String>>,
}

impl Product {
    /// A new product that nobody but the shop's keepers sees yet.
    pub fn draft(
        env: &Env,
        seller: Option<Uuid>,
        new: NewProduct,
        chosen: &Chosen,
    ) -> Result<Self, BuyError> {
        let slug = match new.slug {
            Some(slug) => slug,
            None => Slug::of_title(&new.title).map_err(BuyError::slug)?,
        };
        let now = env.now();
        let mut images = Vec::with_capacity(new.images.len());
        for image in new.images {
            picture::place(&mut images, env, image, chosen);
        }
        let product = Self {
            id: Id::new(env),
            slug,
            title: new.title,
            description: new.description,
            category: new.category,
            seller,
            status: Status::Draft,
            withheld: false,
            option_names: new.option_names,
            attributes: new.attributes,
            images,
            variants: new.variants.into_iter().map(|new| Variant::new(env, new)).collect(),
            created_at: now,
            updated_at: now,
        };
        product.sound()
    }

    pub fn edited(self, edit: ProductEdit) -> Result<Self, BuyError> {
        let edited = Self {
            slug: edit.slug.unwrap_or(self.slug),
            title: edit.title.unwrap_or(self.title),
            description: edit.description.unwrap_or(self.description),
            category: edit.category.unwrap_or(self.category),
            attributes: edit.attributes.unwrap_or(self.attributes),
            ..self
        };
        edited.sound()
    }

    /// Puts it on sale; a product on sale stays so.
    pub fn published(self, now: Timestamp) -> Result<Self, BuyError> {
        match self.status {
            Status::Published { .. } => Ok(self),
            Status::Draft | Status::Archived { .. } => {
                Self { status: Status::Published { since: now }, ..self }.sound()
            }
        }
    }

    /// Takes it off sale.
    pub fn archived(self, now: Timestamp) -> Self {
        match self.status {
            Status::Archived { .. } => self,
            Status::Draft | Status::Published { .. } => {
                Self { status: Status::Archived { since: now }, ..self }
            }
        }
    }

    pub fn with_variant(mut self, env: &Env, new: NewVariant) -> Result<Self, BuyError> {
        self.variants.push(Variant::new(env, new));
        self.sound()
    }

    pub fn with_variant_edited(
        mut self,
        id: VariantId,
        edit: VariantEdit,
    ) -> Result<Self, BuyError> {
        let variant = self.variants.iter_mut().find(|variant| variant.id == id);
        let variant = variant.ok_or(BuyError::NoVariant)?;
        *variant = edit.apply(variant.clone());
        self.sound()
    }

    pub fn without_variant(mut self, id: VariantId) -> Result<Self, BuyError> {
        self.variant(id).ok_or(BuyError::NoVariant)?;
        self.variants.retain(|variant| variant.id != id);
        self.sound()
    }

    pub fn with_image(
        mut self,
        env: &Env,
        new: NewImage,
        chosen: &Chosen,
    ) -> Result<Self, BuyError> {
        picture::place(&mut self.images, env, new, chosen);
        self.sound()
    }

    pub fn without_image(mut self, id: ImageId) -> Result<Self, BuyError> {
        let before = self.images.len();
        self.images.retain(|image| image.id != id);
        if self.images.len() == before { Err(BuyError::NoImage) } else { Ok(self) }
    }

    /// As what holds its uploaded pictures.
    pub(crate) fn holder(id: ProductId) -> Holder {
        Holder::new(HOLDS, id)
    }

    pub(crate) fn pictures(&self) -> Vec<PictureId> {
        picture::pictures_of(&self.images)
    }

    pub fn variant(&self, id: VariantId) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.id == id)
    }

    /// Whether customers may see and buy it.
    pub fn is_on_sale(&self) -> bool {
        self.is_published() && !self.withheld
    }

    pub fn is_published(&self) -> bool {
        matches!(self.status, Status::Published { .. })
    }

    /// The lowest and the highest price in a currency.
    pub fn price_range(&self, currency: Currency) -> Option<(Money, Money)> {
        let prices = || self.variants.iter().filter_map(|variant| variant.prices.of(currency));
        let low = prices().min_by_key(|price| price.minor)?;
        let high = prices().max_by_key(|price| price.minor)?;
        Some((low, high))
    }

    /// Every currency some variant has a price in.
    pub fn currencies(&self) -> Vec<Currency> {
        let prices = self.variants.iter().flat_map(|variant| variant.prices.iter());
        let mut currencies: Vec<_> = prices.map(|price| price.currency).collect();
        currencies.sort_unstable();
        currencies.dedup();
        currencies
    }

    /// Each option with the values its variants have, as they are written and in their order.
    pub fn option_values(&self) -> Vec<(String, Vec<String>)> {
        let values = |name: &String| {
            let mut seen: Vec<String> = Vec::new();
            for value in self.variants.iter().filter_map(|variant| variant.options.get(name)) {
                if !seen.contains(value) {
                    seen.push(value.clone());
                }
            }
            (name.clone(), seen)
        };
        self.option_names.iter().map(values).collect()
    }

    /// The words it is found by.
    pub fn search_words(&self) -> Vec<String> {
        let options = self.variants.iter().flat_map(|variant| variant.options.values());
        let skus = self.variants.iter().map(|variant| &variant.sku);
        let own = [&self.title, &self.description];
        let all = own.into_iter().chain(self.attributes.values()).chain(options).chain(skus);
        let mut words: Vec<String> = all.flat_map(|text| text::words(text)).collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    /// The product if all of it makes sense, else everything that does not.
    fn sound(self) -> Result<Self, BuyError> {
        let faults = faults::of(&self);
        if faults.is_empty() { Ok(self) } else { Err(BuyError::Invalid(faults)) }
    }
}
