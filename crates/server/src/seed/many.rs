//! Any number of products for a benchmark, made up by rule.

use buy::{Catalogue, CategoryId, NewProduct, NewVariant, Prices, Product, StockPolicy, VariantId};
use commerce::{Currency, Money, picture::Chosen};
use persistence::{Db, buy::BulkProducts};

use super::{
    SeedError,
    mixed::{cycled, mixed},
    surroundings::Surroundings,
};

/// Products written in one transaction.
const BATCH: u64 = 5_000;

const LOOKS: &[&str] = &[
    "Amber", "Ancient", "Azure", "Bold", "Brisk", "Bright", "Calm", "Clever", "Coarse", "Cosy",
    "Crisp", "Curious", "Dappled", "Deep", "Dusky", "Eager", "Early", "Fabled", "Faint", "Fine",
    "Frosted", "Gentle", "Gilded", "Golden", "Grand", "Hardy", "Hazy", "Hidden", "Honest",
    "Humble", "Ivory", "Jolly", "Keen", "Kind", "Lively", "Lucid", "Mellow", "Misty", "Modest",
    "Noble", "Opal", "Pale", "Patient", "Plain", "Proud", "Quiet", "Rapid", "Rustic", "Scarlet",
    "Serene",
];

const STUFFS: &[&str] = &[
    "Ash",
    "Bamboo",
    "Beech",
    "Brass",
    "Bronze",
    "Canvas",
    "Cedar",
    "Ceramic",
    "Copper",
    "Cork",
    "Cotton",
    "Denim",
    "Felt",
    "Flax",
    "Glass",
    "Granite",
    "Hemp",
    "Iron",
    "Jute",
    "Leather",
    "Linen",
    "Maple",
    "Marble",
    "Merino",
    "Oak",
    "Paper",
    "Pine",
    "Porcelain",
    "Silk",
    "Slate",
    "Steel",
    "Stone",
    "Suede",
    "Teak",
    "Tin",
    "Tweed",
    "Velvet",
    "Walnut",
    "Willow",
    "Wool",
];

const THINGS: &[&str] = &[
    "Apron", "Armchair", "Backpack", "Basket", "Bench", "Blanket", "Bookend", "Bottle", "Bowl",
    "Box", "Brush", "Bucket", "Candle", "Carafe", "Chest", "Clock", "Coaster", "Comb", "Cup",
    "Curtain", "Cushion", "Desk", "Dish", "Drawer", "Easel", "Envelope", "Flask", "Frame",
    "Gloves", "Hammock", "Hanger", "Hat", "Hook", "Jar", "Jug", "Kettle", "Knife", "Ladder",
    "Lamp", "Lantern", "Mat", "Mirror", "Mug", "Napkin", "Notebook", "Pan", "Pen", "Pillow",
    "Pitcher", "Planter", "Plate", "Pouch", "Rack", "Rug", "Satchel", "Scarf", "Shelf", "Spoon",
    "Stool", "Tankard", "Teapot", "Towel", "Tray", "Umbrella", "Vase", "Wallet", "Whistle",
    "Wreath",
];

const COLOURS: &[&str] = &["Red", "Blue", "Green", "Black", "White"];

/// Makes up products until so many were ever put on sale. What is there stays.
pub async fn many_products(
    db: &Db,
    categories: &[CategoryId],
    wanted: u64,
    progress: impl Fn(u64),
) -> Result<(), SeedError> {
    let mut there = u64::try_from(db.products_ever_on_sale().await?).unwrap_or_default();
    while there < wanted {
        let until = wanted.min(there.saturating_add(BATCH));
        db.plant(&batch(there..until, categories)?).await?;
        there = until;
        progress(there);
    }
    while db.tend_search().await? {}
    Ok(())
}

fn batch(
    numbers: std::ops::Range<u64>,
    categories: &[CategoryId],
) -> Result<BulkProducts, SeedError> {
    // Beyond the ids of the demonstration shop, and different for each batch.
    let surroundings = Surroundings::new(numbers.start.wrapping_add(1 << 32));
    surroundings.tick(30 * 86_400);
    let (mut products, mut stock) = (Vec::new(), Vec::new());
    for number in numbers {
        let product = product(number, categories, &surroundings)?;
        stock.extend(stock_of(number, &product));
        products.push(product);
    }
    let at = surroundings.env().now();
    Ok(BulkProducts { categories: Vec::new(), products, stock, at })
}

/// Each part of a product is drawn for itself: were they one draw turned, some words would never meet.
fn drawn(number: u64, part: u64) -> u64 {
    mixed(number.wrapping_mul(8).wrapping_add(part))
}

fn words(number: u64) -> [&'static str; 3] {
    let word = |from, part| cycled(from, drawn(number, part)).copied().unwrap_or_default();
    [word(LOOKS, 0), word(STUFFS, 1), word(THINGS, 2)]
}

fn product(
    number: u64,
    categories: &[CategoryId],
    surroundings: &Surroundings,
) -> Result<Product, SeedError> {
    let [look, stuff, thing] = words(number);
    let title = format!("{look} {stuff} {thing}");
    let colour = cycled(COLOURS, drawn(number, 3)).copied().unwrap_or_default();
    let cents = i64::try_from(drawn(number, 4) % 20_000).unwrap_or_default();
    let prices: Prices = [Money::usd(cents.saturating_add(1_99))].into_iter().collect();
    let variant = NewVariant {
        sku: format!("M-{number:08}"),
        options: [("Colour".to_owned(), colour.to_owned())].into_iter().collect(),
        prices: match number % 4 {
            0 => prices.with(Money::new(cents.saturating_add(1_79), Currency::EUR)),
            _ => prices,
        },
        policy: StockPolicy::Hold,
    };
    let new = NewProduct {
        slug: Some(format!("{}-{number}", buy::option_key(&title)).parse()?),
        description: format!("A {} made for every day.", title.to_lowercase()),
        title,
        category: cycled(categories, drawn(number, 5)).copied(),
        option_names: vec!["Colour".to_owned()],
        variants: vec![variant],
        ..NewProduct::default()
    };
    let env = surroundings.env();
    Ok(Product::draft(env, None, new, &Chosen::none())?.published(env.now())?)
}

/// One in ten is sold out.
fn stock_of(number: u64, product: &Product) -> Option<(VariantId, i64)> {
    let units = i64::try_from(number % 10).unwrap_or_default().saturating_mul(100);
    product.variants.first().filter(|_| units > 0).map(|variant| (variant.id, units))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_word_meets_every_other() {
        let titles: Vec<_> = (0..100_000).map(words).collect();
        let pairs = |a: usize, b: usize| {
            titles.iter().map(|words| (words[a], words[b])).collect::<HashSet<_>>().len()
        };

        assert_eq!(pairs(0, 1), LOOKS.len() * STUFFS.len());
        assert_eq!(pairs(1, 2), STUFFS.len() * THINGS.len());
        assert_eq!(pairs(0, 2), LOOKS.len() * THINGS.len());
    }
}
