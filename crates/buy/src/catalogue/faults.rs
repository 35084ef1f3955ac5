//! What can be wrong with a product, all of it at once.

use std::collections::{BTreeSet, HashSet};

use commerce::{FieldError, picture};

use super::{Product, Variant};
use crate::text;

const MAX_VARIANTS: usize = 100;
const MAX_OPTION_NAMES: usize = 3;

pub(super) fn of(product: &Product) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut fault = |pointer: &str, code: &str, detail: &str| {
        faults.push(FieldError::new(pointer, code, detail));
    };
    if text::words(&product.title).is_empty() {
        fault("#/title", "blank", "a title has at least one word");
    }
    if product.option_names.len() > MAX_OPTION_NAMES {
        fault("#/option_names", "too_many", "a product has at most 3 options");
    }
    let keys: HashSet<_> = product.option_names.iter().map(|name| text::option_key(name)).collect();
    if keys.len() < product.option_names.len() || keys.contains("") {
        fault("#/option_names", "ambiguous", "option names differ and have at least one word each");
    }
    if product.variants.len() > MAX_VARIANTS {
        fault("#/variants", "too_many", "a product has at most 100 variants");
    }
    if product.is_published() && product.variants.iter().all(|variant| variant.prices.is_empty()) {
        fault("#/variants", "nothing_to_sell", "a published product has a variant with a price");
    }
    faults.extend(picture::faults(&product.images));
    faults.extend(of_variants(product));
    faults
}

fn of_variants(product: &Product) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let (mut skus, mut combinations) = (HashSet::new(), HashSet::new());
    for (at, variant) in product.variants.iter().enumerate() {
        let mut fault = |field: &str, code: &str, detail: &str| {
            faults.push(FieldError::new(format!("#/variants/{at}/{field}"), code, detail));
        };
        if variant.sku.trim().is_empty() {
            fault("sku", "blank", "a variant has an SKU");
        }
        if !skus.insert(&variant.sku) {
            fault("sku", "repeated", "another variant of the product has this SKU");
        }
        if !has_its_options(variant, product) {
            fault(
                "options",
                "incomplete",
                "a variant has one value for each option of its product",
            );
        }
        if !combinations.insert(&variant.options) {
            fault("options", "repeated", "another variant of the product has these options");
        }
        if variant.prices.iter().any(|price| !price.is_positive()) {
            fault("prices", "not_positive", "a price is more than nothing");
        }
    }
    faults
}

fn has_its_options(variant: &Variant, product: &Product) -> bool {
    let expected: BTreeSet<_> = product.option_names.iter().collect();
    let filled = variant.options.values().all(|value| !text::option_key(value).is_empty());
    filled && variant.options.keys().collect::<BTreeSet<_>>() == expected
}
