//! What clients send.

use std::collections::BTreeMap;

use buy::{
    Category, CategoryEdit, Item, NewCategory, NewProduct, NewVariant, Prices, Product,
    ProductEdit, Slug, StockChange, StockPolicy, Variant, VariantEdit,
};
use commerce::{Currency, Money, order::Address};
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::{
    extract::{Faults, Object, Reads, Ref},
    images::{self, NewImageBody},
    views::MoneyInput,
};

fn slug(text: Option<String>, faults: &mut Faults) -> Option<Slug> {
    let slug = text?.parse::<Slug>();
    slug.map_err(|error| faults.add("#/slug", "bad_slug", error.to_string())).ok()
}

/// A price for each currency; `pointer` is where they stand in the body.
pub(super) fn prices(of: &[MoneyInput], pointer: &str, faults: &mut Faults) -> Prices {
    let mut prices = Prices::default();
    for (at, price) in of.iter().enumerate() {
        let place = format!("{pointer}/{at}/currency");
        match Currency::parse(&price.currency) {
            Err(error) => faults.add(place, "unknown_currency", error.to_string()),
            Ok(currency) if prices.of(currency).is_some() => {
                faults.add(place, "repeated", "a variant has one price for each currency");
            }
            Ok(currency) => prices = prices.with(Money::new(price.amount, currency)),
        }
    }
    prices
}

/// Tells an explicit null from an absent field.
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

type Texts = BTreeMap<String, String>;

fn short_texts(texts: &Texts, (): &()) -> garde::Result {
    let short = |text: &String, most: usize| (1..=most).contains(&text.chars().count());
    let fits = texts.len() <= 30 && texts.iter().all(|(k, v)| short(k, 40) && short(v, 200));
    let rule = "at most 30 entries with names of 1 to 40 and values of 1 to 200 characters";
    if fits { Ok(()) } else { Err(garde::Error::new(rule)) }
}

fn short_texts_if_given(texts: &Option<Texts>, context: &()) -> garde::Result {
    texts.as_ref().map_or(Ok(()), |texts| short_texts(texts, context))
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewProduct", example = json!({
    "title": "Linen Shirt", "description": "For summer.", "option_names": ["Size"],
    "variants": [{
        "sku": "LNS-M", "options": {"Size": "M"},
        "prices": [{"amount": 5900, "currency": "USD"}], "stock_policy": "hold",
    }],
}))]
pub struct NewProductBody {
    #[garde(length(chars, min = 1, max = 200))]
    pub title: String,
    /// Made of the title when absent.
    #[garde(length(chars, min = 1, max = 80))]
    pub slug: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 10_000))]
    pub description: String,
    #[garde(skip)]
    pub category: Option<Ref<Category>>,
    /// What variants differ in, in the order it is shown.
    #[serde(default)]
    #[garde(length(max = 3), inner(length(chars, min = 1, max = 40)))]
    pub option_names: Vec<String>,
    #[serde(default)]
    #[garde(custom(short_texts))]
    pub attributes: Texts,
    #[serde(default)]
    #[garde(length(max = 20), dive)]
    pub images: Vec<Object<NewImageBody>>,
    #[serde(default)]
    #[garde(length(max = 100), dive)]
    pub variants: Vec<NewVariantBody>,
}

impl Reads for NewProductBody {
    type Thing = NewProduct;

    fn read(self, faults: &mut Faults) -> NewProduct {
        let slug = slug(self.slug, faults);
        let images = images::read_all(self.images, faults);
        let variants = self.variants.into_iter().enumerate();
        let variants =
            variants.map(|(at, new)| new.read_at(&format!("#/variants/{at}/prices"), faults));
        NewProduct {
            slug,
            title: self.title,
            description: self.description,
            category: self.category.map(|category| category.0),
            option_names: self.option_names,
            attributes: self.attributes,
            images,
            variants: variants.collect(),
        }
    }
}

/// What is absent stays; a null takes the product out of its category.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProductPatch", example = json!({"title": "Linen Shirt, washed"}))]
pub struct ProductPatch {
    #[garde(length(chars, min = 1, max = 200))]
    pub title: Option<String>,
    #[garde(length(chars, min = 1, max = 80))]
    pub slug: Option<String>,
    #[garde(length(chars, max = 10_000))]
    pub description: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<Ref<Category>>")]
    #[garde(skip)]
    pub category: Option<Option<Ref<Category>>>,
    #[garde(custom(short_texts_if_given))]
    pub attributes: Option<Texts>,
}

impl Reads for ProductPatch {
    type Thing = ProductEdit;

    fn read(self, faults: &mut Faults) -> ProductEdit {
        let slug = slug(self.slug, faults);
        let category = self.category.map(|given| given.map(|category| category.0));
        let Self { title, description, attributes, .. } = self;
        ProductEdit { slug, title, description, category, attributes }
    }
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "StockPolicyInput")]
pub enum StockPolicyInput {
    /// Held at checkout, reduced on payment.
    Hold,
    /// Claimed when paid; refunded when gone.
    OnPayment,
    /// Not counted.
    Untracked,
}

impl From<StockPolicyInput> for StockPolicy {
    fn from(policy: StockPolicyInput) -> Self {
        match policy {
            StockPolicyInput::Hold => Self::Hold,
            StockPolicyInput::OnPayment => Self::OnPayment,
            StockPolicyInput::Untracked => Self::Untracked,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewVariant", example = json!({
    "sku": "SHIRT-LINEN-M", "options": { "size": "M" }, "prices": [{ "amount": 4_900, "currency": "USD" }],
}))]
pub struct NewVariantBody {
    #[garde(length(chars, min = 1, max = 64))]
    pub sku: String,
    /// A value for each option of the product.
    #[serde(default)]
    #[garde(custom(short_texts))]
    pub options: Texts,
    /// One for each currency.
    #[serde(default)]
    #[garde(length(max = 20), dive)]
    pub prices: Vec<MoneyInput>,
    /// `hold` unless told.
    #[garde(skip)]
    pub stock_policy: Option<StockPolicyInput>,
}

impl NewVariantBody {
    fn read_at(self, pointer: &str, faults: &mut Faults) -> NewVariant {
        let prices = prices(&self.prices, pointer, faults);
        let policy = self.stock_policy.map(Into::into).unwrap_or_default();
        NewVariant { sku: self.sku, options: self.options, prices, policy }
    }
}

impl Reads for NewVariantBody {
    type Thing = NewVariant;

    fn read(self, faults: &mut Faults) -> NewVariant {
        self.read_at("#/prices", faults)
    }
}

/// What is absent stays; prices are replaced as a whole.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VariantPatch", example = json!({
    "prices": [{ "amount": 4_500, "currency": "USD" }],
}))]
pub struct VariantPatch {
    #[garde(length(chars, min = 1, max = 64))]
    pub sku: Option<String>,
    #[garde(custom(short_texts_if_given))]
    pub options: Option<Texts>,
    #[garde(length(max = 20), dive)]
    pub prices: Option<Vec<MoneyInput>>,
    #[garde(skip)]
    pub stock_policy: Option<StockPolicyInput>,
}

impl Reads for VariantPatch {
    type Thing = VariantEdit;

    fn read(self, faults: &mut Faults) -> VariantEdit {
        let prices = self.prices.map(|of| prices(&of, "#/prices", faults));
        let policy = self.stock_policy.map(Into::into);
        VariantEdit { sku: self.sku, options: self.options, prices, policy }
    }
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "StockChangeKind")]
pub enum StockChangeKind {
    /// So many came.
    Received,
    /// So many were there, those held for orders included.
    Counted,
    /// So many broke or are gone.
    Lost,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StockChange", example = json!({
    "variant": "var_019aa3c5d1f27c3e8a4b5c6d7e8f9012", "kind": "received", "units": 12,
}))]
pub struct StockChangeBody {
    #[garde(skip)]
    pub variant: Ref<Variant>,
    #[garde(skip)]
    pub kind: StockChangeKind,
    #[garde(range(max = 1_000_000_000))]
    pub units: u32,
}

impl StockChangeBody {
    pub fn change(&self) -> StockChange {
        match self.kind {
            StockChangeKind::Received => StockChange::Received(self.units),
            StockChangeKind::Counted => StockChange::Counted(self.units),
            StockChangeKind::Lost => StockChange::Lost(self.units),
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewCategory", example = json!({"name": "Shirts"}))]
pub struct NewCategoryBody {
    #[garde(length(chars, min = 1, max = 100))]
    pub name: String,
    /// Made of the name when absent.
    #[garde(length(chars, min = 1, max = 80))]
    pub slug: Option<String>,
    /// A root when absent.
    #[garde(skip)]
    pub parent: Option<Ref<Category>>,
    /// Among its siblings.
    #[serde(default)]
    #[garde(range(max = 1_000_000))]
    pub position: u32,
}

impl Reads for NewCategoryBody {
    type Thing = NewCategory;

    fn read(self, faults: &mut Faults) -> NewCategory {
        let slug = slug(self.slug, faults);
        let parent = self.parent.map(|parent| parent.0);
        NewCategory { parent, slug, name: self.name, position: self.position }
    }
}

/// What is absent stays; a null parent makes the category a root.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CategoryPatch", example = json!({ "name": "Linen", "position": 2 }))]
pub struct CategoryPatch {
    #[garde(length(chars, min = 1, max = 100))]
    pub name: Option<String>,
    #[garde(length(chars, min = 1, max = 80))]
    pub slug: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<Ref<Category>>")]
    #[garde(skip)]
    pub parent: Option<Option<Ref<Category>>>,
    #[garde(range(max = 1_000_000))]
    pub position: Option<u32>,
}

impl Reads for CategoryPatch {
    type Thing = CategoryEdit;

    fn read(self, faults: &mut Faults) -> CategoryEdit {
        let slug = slug(self.slug, faults);
        let parent = self.parent.map(|given| given.map(|parent| parent.0));
        CategoryEdit { parent, slug, name: self.name, position: self.position }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewCartItem", example = json!({
    "variant": "var_019aa3c5d1f27c3e8a4b5c6d7e8f9012", "quantity": 2,
}))]
pub struct NewItemBody {
    #[garde(skip)]
    pub variant: Ref<Variant>,
    #[garde(range(min = 1, max = 1_000_000))]
    pub quantity: u32,
    /// Of a cart that is still empty; the shop's own when absent.
    #[garde(length(chars, equal = 3))]
    pub currency: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CartItemPatch", example = json!({"quantity": 3}))]
pub struct ItemPatch {
    #[garde(range(min = 1, max = 1_000_000))]
    pub quantity: Option<u32>,
    /// The changed price that the customer was shown and takes on.
    #[garde(dive)]
    pub accept_price: Option<MoneyInput>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PriceAcceptance", example = json!({ "prices": [{
    "item": "itm_019aa3c5d1f27c3e8a4b5c6d7e8f9012", "unit_price": { "amount": 2_100, "currency": "USD" },
}] }))]
pub struct PriceAcceptance {
    /// The changed prices that the customer was shown and takes on.
    #[garde(length(min = 1, max = 500), dive)]
    pub prices: Vec<AcceptedPrice>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AcceptedPrice")]
pub struct AcceptedPrice {
    #[garde(skip)]
    pub item: Ref<Item>,
    #[garde(dive)]
    pub unit_price: MoneyInput,
}

/// Without `Debug`, so that the token cannot be logged.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CartMerge", example = json!({ "cart_token": "V2hhdCBpcyB3cml0dGVuIGhlcmUgaXMgbm8gdG9rZW4" }))]
pub struct CartMerge {
    /// The guest's `X-Cart-Token`.
    #[garde(length(chars, min = 1, max = 200))]
    pub cart_token: String,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Checkout", example = json!({"address": {
    "name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London",
    "postal_code": "SW1Y 4JH", "country": "GB",
}}))]
pub struct CheckoutBody {
    #[garde(dive)]
    pub address: AddressBody,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Address")]
pub struct AddressBody {
    #[garde(length(chars, min = 1, max = 100))]
    pub name: String,
    #[garde(length(chars, min = 1, max = 200))]
    pub line1: String,
    #[garde(length(chars, max = 200))]
    pub line2: Option<String>,
    #[garde(length(chars, min = 1, max = 100))]
    pub city: String,
    #[garde(length(chars, max = 100))]
    pub region: Option<String>,
    #[garde(length(chars, min = 1, max = 20))]
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    #[garde(pattern("^[A-Z]{2}$"))]
    pub country: String,
    #[garde(length(chars, max = 40))]
    pub phone: Option<String>,
}

impl From<AddressBody> for Address {
    fn from(address: AddressBody) -> Self {
        let AddressBody { name, line1, line2, city, region, postal_code, country, phone } = address;
        Self { name, line1, line2, city, region, postal_code, country, phone }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct ProductPath {
    pub id: Ref<Product>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct VariantPath {
    pub id: Ref<Product>,
    pub variant: Ref<Variant>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct ImagePath {
    pub id: Ref<Product>,
    pub image: Ref<buy::Image>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct CategoryPath {
    pub id: Ref<Category>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct ItemPath {
    pub id: Ref<Item>,
}

/// An id, or a slug.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct KeyPath {
    pub id: String,
}
