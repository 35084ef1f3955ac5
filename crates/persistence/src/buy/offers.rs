//! What variants are sold as now, and how many of them there are.

use buy::{CategoryId, Image, Offer, Prices, Slug, StockLevel, StockPolicy, VariantId};
use commerce::StoreError;
use sea_orm::{QueryResult, Value};
use serde::Deserialize;
use uuid::Uuid;

use crate::{Db, failure, sql};

#[derive(Deserialize)]
struct Document {
    slug: Slug,
    title: String,
    options: Vec<(String, String)>,
    image: Option<Image>,
    prices: Prices,
    #[serde(default)]
    seller: Option<Uuid>,
    #[serde(default)]
    category: Option<CategoryId>,
}

pub async fn offers(db: &Db, variants: &[VariantId]) -> Result<Vec<Offer>, StoreError> {
    let (places, values) = among(variants);
    let sql = format!(
        "select v.id, v.product, v.sku, v.policy, v.published, v.offer, \
         coalesce(s.on_hand, 0) as on_hand, coalesce(s.held, 0) as held \
         from buy_variants v left join commerce_stock s on s.resource = v.id where v.id in ({places})"
    );
    db.rows(&sql, values).await?.iter().map(offer).collect()
}

fn offer(row: &QueryResult) -> Result<Offer, StoreError> {
    let id: Uuid = sql::get(row, "id")?;
    let product: Uuid = sql::get(row, "product")?;
    let policy: String = sql::get(row, "policy")?;
    let policy = StockPolicy::parse(&policy).ok_or_else(failure::missing)?;
    let (on_hand, held): (i64, i64) = (sql::get(row, "on_hand")?, sql::get(row, "held")?);
    let Document { slug, title, options, image, prices, seller, category } =
        sql::json(row, "offer")?;
    Ok(Offer {
        variant: id.into(),
        product: product.into(),
        seller,
        category,
        slug,
        title,
        sku: sql::get(row, "sku")?,
        options,
        image,
        prices,
        policy,
        published: sql::get(row, "published")?,
        available: (policy != StockPolicy::Untracked).then(|| on_hand.saturating_sub(held)),
    })
}

pub async fn stock_levels(db: &Db, variants: &[VariantId]) -> Result<Vec<StockLevel>, StoreError> {
    if variants.is_empty() {
        return Ok(Vec::new());
    }
    let (places, values) = among(variants);
    let sql =
        format!("select resource, on_hand, held from commerce_stock where resource in ({places})");
    let level = |row: &QueryResult| {
        let variant: Uuid = sql::get(row, "resource")?;
        let (on_hand, held) = (sql::get(row, "on_hand")?, sql::get(row, "held")?);
        Ok(StockLevel { variant: variant.into(), on_hand, held })
    };
    db.rows(&sql, values).await?.iter().map(level).collect()
}

pub async fn version(db: &Db) -> Result<i64, StoreError> {
    let row = db.row("select version from buy_catalogue", []).await?;
    sql::get(&row.ok_or_else(failure::missing)?, "version")
}

/// Places for ids, as many as the next power of two: few different statements, each prepared once.
fn among(variants: &[VariantId]) -> (String, Vec<Value>) {
    let count = variants.len().next_power_of_two();
    let last = variants.last().copied();
    let ids = variants.iter().copied().chain(std::iter::repeat_with(|| last).flatten());
    let values: Vec<Value> = ids.take(count).map(|id| id.uuid().into()).collect();
    let places: Vec<_> = (1..=values.len()).map(|place| format!("${place}")).collect();
    (places.join(", "), values)
}
