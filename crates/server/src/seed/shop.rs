//! The goods of the demonstration shop, as `shop.json` tells of them.

use std::collections::BTreeMap;

use buy::{
    Category, CategoryId, NewCategory, NewImage, NewProduct, NewVariant, Prices, Product, Slug,
    StockPolicy, VariantId,
};
use commerce::{Currency, Money, picture::Chosen};
use persistence::buy::BulkProducts;
use serde::Deserialize;

use super::{SeedError, surroundings::Surroundings};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shop {
    categories: Vec<Shelf>,
    products: Vec<Article>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shelf {
    slug: Slug,
    name: String,
    parent: Option<Slug>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Article {
    category: Slug,
    /// What its variants' SKUs begin with.
    sku: String,
    title: String,
    usd: i64,
    eur: i64,
    description: String,
    #[serde(default)]
    options: Vec<Choice>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// Of the first variant; the others have a little more or less.
    stock: i64,
    #[serde(default)]
    policy: StockPolicy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    name: String,
    values: Vec<String>,
    /// What each value adds to the price, in either currency.
    #[serde(default)]
    add: Vec<i64>,
}

/// A value for each option, and what they add to the price.
#[derive(Clone, Default)]
struct Combination {
    values: Vec<(String, String)>,
    add: i64,
}

/// Everything in the shop, with the same ids every time.
pub fn goods() -> Result<BulkProducts, SeedError> {
    let shop: Shop = serde_json::from_str(include_str!("shop.json"))?;
    let surroundings = Surroundings::new(1);
    let mut shelves: BTreeMap<Slug, CategoryId> = BTreeMap::new();
    let mut categories = Vec::with_capacity(shop.categories.len());
    for (position, shelf) in (0..).zip(shop.categories) {
        let parent = shelf.parent.as_ref().and_then(|parent| shelves.get(parent)).copied();
        let slug = Some(shelf.slug.clone());
        let new = NewCategory { parent, slug, name: shelf.name, position };
        let category = Category::new(surroundings.env(), new)?;
        shelves.insert(shelf.slug, category.id);
        categories.push(category);
    }
    let (mut products, mut stock) = (Vec::with_capacity(shop.products.len()), Vec::new());
    for article in &shop.products {
        surroundings.tick(3_600);
        let product = article.product(&surroundings, shelves.get(&article.category).copied())?;
        stock.extend(article.stock_of(&product));
        products.push(product);
    }
    Ok(BulkProducts { categories, products, stock, at: surroundings.env().now() })
}

impl Article {
    fn product(
        &self,
        surroundings: &Surroundings,
        category: Option<CategoryId>,
    ) -> Result<Product, SeedError> {
        let slug = Slug::of_title(&self.title)?;
        let image = |name: &str, alt| NewImage::web(format!("/demo/images/{slug}{name}.svg"), alt);
        let new = NewProduct {
            images: vec![
                image("", self.title.clone()),
                image("-detail", format!("{}, seen closely", self.title)),
            ],
            slug: Some(slug.clone()),
            title: self.title.clone(),
            description: self.description.clone(),
            category,
            option_names: self.options.iter().map(|choice| choice.name.clone()).collect(),
            attributes: self.attributes.clone(),
            variants: self.combinations().into_iter().map(|one| self.variant(one)).collect(),
        };
        let env = surroundings.env();
        Ok(Product::draft(env, None, new, &Chosen::none())?.published(env.now())?)
    }

    /// Every value of every option with every other.
    fn combinations(&self) -> Vec<Combination> {
        let mut all = vec![Combination::default()];
        for choice in &self.options {
            let adds = choice.add.iter().copied().chain(std::iter::repeat(0));
            let values: Vec<_> = choice.values.iter().zip(adds).collect();
            let extended = |one: &Combination| {
                let one = one.clone();
                values.iter().map(move |(value, add)| one.and(&choice.name, value, *add)).collect()
            };
            all = all.iter().flat_map(|one| -> Vec<_> { extended(one) }).collect();
        }
        all
    }

    fn variant(&self, one: Combination) -> NewVariant {
        let prices: Prices = [
            Money::usd(self.usd.saturating_add(one.add)),
            Money::new(self.eur.saturating_add(one.add), Currency::EUR),
        ]
        .into_iter()
        .collect();
        NewVariant {
            sku: one.sku(&self.sku),
            options: one.values.into_iter().collect(),
            prices,
            policy: self.policy,
        }
    }

    fn stock_of(&self, product: &Product) -> Vec<(VariantId, i64)> {
        if self.policy == StockPolicy::Untracked {
            return Vec::new();
        }
        let uneven = [0, 3, -2, 5, -1, 2, -3, 4].into_iter().cycle();
        let stocked = product.variants.iter().zip(uneven);
        stocked.map(|(v, more)| (v.id, self.stock.saturating_add(more).max(1))).collect()
    }
}

impl Combination {
    fn and(&self, name: &str, value: &str, add: i64) -> Self {
        let mut values = self.values.clone();
        values.push((name.to_owned(), value.to_owned()));
        Self { values, add: self.add.saturating_add(add) }
    }

    /// `LNS-SKYBLUE-M`.
    fn sku(&self, article: &str) -> String {
        let code = |value: &str| -> String {
            value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase()
        };
        let codes = self.values.iter().map(|(_, value)| code(value));
        std::iter::once(article.to_owned()).chain(codes).collect::<Vec<_>>().join("-")
    }
}
