//! How many of the products found have which value.

use std::collections::{BTreeMap, HashMap};

use commerce::{Currency, Money};

use super::CategoryId;
use crate::text;

/// What facets need to know of a product found.
#[derive(Debug, Clone)]
pub struct FacetRow {
    pub category: Option<CategoryId>,
    pub price: i64,
    pub in_stock: bool,
    /// Each option's name with the values the product has.
    pub options: Vec<(String, Vec<String>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted<T> {
    pub value: T,
    pub count: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionFacet {
    pub name: String,
    pub values: Vec<Counted<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facets {
    /// Over how many products was counted.
    pub counted: u32,
    /// Whether there are more; then the counts are of the newest only.
    pub capped: bool,
    pub in_stock: u32,
    /// The lowest and the highest price found.
    pub prices: Option<(Money, Money)>,
    pub categories: Vec<Counted<CategoryId>>,
    pub options: Vec<OptionFacet>,
}

/// An option value as it is written first, and how often it was met.
#[derive(Default)]
struct Values(BTreeMap<String, (String, u32)>);

impl Facets {
    /// Counts rows that come newest first. Values are sorted by how often they are met, then by name.
    pub fn count(currency: Currency, rows: &[FacetRow], capped: bool) -> Self {
        let mut categories: HashMap<CategoryId, u32> = HashMap::new();
        let mut options: BTreeMap<String, (String, Values)> = BTreeMap::new();
        for row in rows {
            if let Some(category) = row.category {
                bump(categories.entry(category).or_default());
            }
            for (name, values) in &row.options {
                let facet = options.entry(text::option_key(name));
                let facet = facet.or_insert_with(|| (name.clone(), Values::default()));
                facet.1.meet(values);
            }
        }
        let price = |minor: Option<i64>| minor.map(|minor| Money::new(minor, currency));
        let low = price(rows.iter().map(|row| row.price).min());
        let high = price(rows.iter().map(|row| row.price).max());
        let in_stock = rows.iter().filter(|row| row.in_stock).count();
        Self {
            counted: number(rows.len()),
            capped,
            in_stock: number(in_stock),
            prices: low.zip(high),
            categories: sorted(categories),
            options: options.into_values().map(|(name, values)| values.facet(name)).collect(),
        }
    }
}

impl Values {
    fn meet(&mut self, values: &[String]) {
        for value in values {
            let met = self.0.entry(text::option_key(value)).or_insert_with(|| (value.clone(), 0));
            bump(&mut met.1);
        }
    }

    fn facet(self, name: String) -> OptionFacet {
        OptionFacet { name, values: sorted(self.0.into_values()) }
    }
}

fn sorted<T: Ord>(counts: impl IntoIterator<Item = (T, u32)>) -> Vec<Counted<T>> {
    let mut counted: Vec<_> =
        counts.into_iter().map(|(value, count)| Counted { value, count }).collect();
    counted.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    counted
}

fn bump(count: &mut u32) {
    *count = count.saturating_add(1);
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
