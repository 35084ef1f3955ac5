//! What a product looks like to those who only read: its variants as offers, its lines in lists, its words.

use std::fmt::Write as _;

use buy::{Product, Variant, option_key, title_key};
use commerce::{CommitError, Currency};
use sea_orm::Value;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::{Engine, Step, Steps};

/// How many products share a bucket of the search index; see `search.rs`.
pub const BUCKET: i64 = 16_384;

#[derive(Debug, Serialize)]
struct VariantRow<'a> {
    id: Uuid,
    product: Uuid,
    sku: &'a str,
    policy: &'static str,
    published: bool,
    offer: String,
}

#[derive(Debug, Serialize)]
struct ListingRow {
    product: Uuid,
    currency: Currency,
    title_key: String,
    price: i64,
    tags: String,
    options: String,
    card: String,
}

#[derive(Debug, Serialize)]
struct SearchRow {
    product: Uuid,
    title_key: String,
    words: String,
    tags: String,
    currencies: String,
}

/// The tag of a category or an option value: letters and digits only, so that every engine keeps it whole.
pub fn category_tag(category: Uuid) -> String {
    format!("c{}", category.simple())
}

pub fn option_tag(name: &str, value: &str) -> String {
    let pair = format!("{name}={value}");
    pair.bytes().fold("o".to_owned(), |mut tag, byte| {
        let _ = write!(tag, "{byte:02x}");
        tag
    })
}

fn tags(product: &Product) -> Vec<String> {
    let mut tags: Vec<_> =
        product.category.iter().map(|category| category_tag(category.uuid())).collect();
    for (name, values) in product.option_values() {
        let name = option_key(&name);
        tags.extend(values.iter().map(|value| option_tag(&name, &option_key(value))));
    }
    tags.sort_unstable();
    tags.dedup();
    tags
}

/// The offer as it is read back by `offers.rs`, less what has a column.
fn offer(product: &Product, variant: &Variant) -> String {
    let value = |name: &String| Some((name.clone(), variant.options.get(name)?.clone()));
    let options: Vec<(String, String)> = product.option_names.iter().filter_map(value).collect();
    json!({
        "slug": product.slug,
        "title": product.title,
        "options": options,
        "image": product.images.first(),
        "prices": variant.prices,
        "seller": product.seller,
        "category": product.category,
    })
    .to_string()
}

fn variant_rows(product: &Product) -> impl Iterator<Item = VariantRow<'_>> {
    product.variants.iter().map(|variant| VariantRow {
        id: variant.id.uuid(),
        product: product.id.uuid(),
        sku: &variant.sku,
        policy: variant.policy.as_str(),
        published: product.is_on_sale(),
        offer: offer(product, variant),
    })
}

fn listing_rows(product: &Product) -> Vec<ListingRow> {
    let row = |currency| {
        let (low, high) = product.price_range(currency)?;
        let card = json!({
            "slug": product.slug,
            "title": product.title,
            "high": high.minor,
            "image": product.images.first(),
        });
        Some(ListingRow {
            product: product.id.uuid(),
            currency,
            title_key: title_key(&product.title),
            price: low.minor,
            tags: format!(" {} ", tags(product).join(" ")),
            options: json!(product.option_values()).to_string(),
            card: card.to_string(),
        })
    };
    product.currencies().into_iter().filter_map(row).collect()
}

fn search_row(product: &Product) -> SearchRow {
    let currencies: Vec<_> = product.currencies().into_iter().map(Currency::code).collect();
    SearchRow {
        product: product.id.uuid(),
        title_key: title_key(&product.title),
        words: product.search_words().join(" "),
        tags: tags(product).join(" "),
        currencies: format!(" {} ", currencies.join(" ")),
    }
}

/// A statement that writes rows, and the rows as JSON.
pub type Insert = (String, Value);

/// What carts read of products: their variants.
pub fn variants(engine: Engine, products: &[&Product]) -> Result<Insert, CommitError> {
    let rows: Vec<_> = products.iter().flat_map(|product| variant_rows(product)).collect();
    Ok((insert_variants(engine).to_owned(), Steps::rows(&rows)?))
}

/// What lists and search read of the products that are on sale. Their variants are there, and their numbers.
pub fn listings(engine: Engine, products: &[&Product]) -> Result<Vec<Insert>, CommitError> {
    let on_sale: Vec<_> = products.iter().filter(|product| product.is_on_sale()).collect();
    if on_sale.is_empty() {
        return Ok(Vec::new());
    }
    let listings: Vec<_> = on_sale.iter().flat_map(|product| listing_rows(product)).collect();
    let found: Vec<_> = on_sale.iter().map(|product| search_row(product)).collect();
    let mut terms: Vec<_> = on_sale.iter().flat_map(|product| product.search_words()).collect();
    terms.sort_unstable();
    terms.dedup();
    let found = Steps::rows(&found)?;
    let mut inserts = vec![
        (insert_listings(engine).to_owned(), Steps::rows(&listings)?),
        (insert_search(engine), found.clone()),
        (insert_terms(engine).to_owned(), Steps::rows(&terms)?),
    ];
    if engine == Engine::Sqlite {
        inserts.push((INSERT_TITLES.to_owned(), found));
    }
    Ok(inserts)
}

/// Adds the steps that write all of it.
pub fn push(product: &Product, steps: &mut Steps) -> Result<(), CommitError> {
    let engine = steps.engine();
    let (sql, rows) = variants(engine, &[product])?;
    steps.push(Step::new(sql, [rows]));
    // Whether a product is in stock is looked up by its variants.
    steps.barrier();
    for (sql, rows) in listings(engine, &[product])? {
        steps.push(Step::new(sql, [rows]));
    }
    Ok(())
}

fn insert_variants(engine: Engine) -> &'static str {
    engine.pick(
        "insert into buy_variants (id, product, sku, policy, published, offer) \
         select id, product, sku, policy, published, offer from json_to_recordset($1::json) \
         as x(id uuid, product uuid, sku text, policy text, published boolean, offer text) where {gate}",
        "insert into buy_variants (id, product, sku, policy, published, offer) \
         select unhex(value ->> 'id', '-'), unhex(value ->> 'product', '-'), value ->> 'sku', \
         value ->> 'policy', value ->> 'published', value ->> 'offer' from json_each($1)",
    )
}

fn insert_listings(engine: Engine) -> &'static str {
    engine.pick(
        "insert into buy_listings \
         (currency, number, product, category, title_key, price, in_stock, tags, options, card) \
         select x.currency, p.number, p.id, p.category, x.title_key, x.price, exists (\
         select from buy_variants v left join commerce_stock s on s.resource = v.id \
         where v.product = p.id and (v.policy = 'untracked' or s.on_hand > s.held)), \
         x.tags, x.options, x.card from json_to_recordset($1::json) as x(product uuid, currency text, \
         title_key text, price bigint, tags text, options text, card text) \
         join buy_products p on p.id = x.product where {gate}",
        "insert into buy_listings \
         (currency, number, product, category, title_key, price, in_stock, tags, options, card) \
         select value ->> 'currency', p.number, p.id, p.category, value ->> 'title_key', \
         value ->> 'price', exists (\
         select 1 from buy_variants v left join commerce_stock s on s.resource = v.id \
         where v.product = p.id and (v.policy = 'untracked' or s.on_hand > s.held)), \
         value ->> 'tags', value ->> 'options', value ->> 'card' from json_each($1) \
         cross join buy_products p on p.id = unhex(value ->> 'product', '-')",
    )
}

/// PostgreSQL keeps words and tags in one vector, each with its bucket; `#` keeps tags apart from words.
fn insert_search(engine: Engine) -> String {
    let postgres = format!(
        "insert into buy_search (number, title_key, currencies, tokens) \
         select p.number, x.title_key, x.currencies, array_to_tsvector(string_to_array(\
         replace(x.words || rtrim(' #' || replace(x.tags, ' ', ' #'), ' #'), ' ', at.bucket || ' ') \
         || at.bucket, ' ')) from json_to_recordset($1::json) \
         as x(product uuid, title_key text, currencies text, words text, tags text) \
         join buy_products p on p.id = x.product \
         cross join lateral (select '@' || p.number / {BUCKET} as bucket) at where {{gate}}"
    );
    // Upwards, for FTS5 begins a segment wherever a rowid is not above the one before.
    let sqlite = "insert into buy_search (rowid, words, tags) \
         select -p.number, value ->> 'words', value ->> 'tags' from json_each($1) \
         cross join buy_products p on p.id = unhex(value ->> 'product', '-') order by -p.number";
    engine.pick(postgres, sqlite.to_owned())
}

/// SQLite: an index of words can hold nothing else.
const INSERT_TITLES: &str = "insert into buy_titles (number, title_key, currencies) \
    select p.number, value ->> 'title_key', value ->> 'currencies' from json_each($1) \
    cross join buy_products p on p.id = unhex(value ->> 'product', '-')";

fn insert_terms(engine: Engine) -> &'static str {
    engine.pick(
        "insert into buy_terms (term, padded) select t, case when t !~ '[0-9]' then '^^' || t || '^' end \
         from json_array_elements_text($1::json) t where {gate} order by t on conflict do nothing",
        "insert or ignore into buy_terms (term) select value from json_each($1)",
    )
}
