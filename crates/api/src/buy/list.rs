//! Lists of products: for everyone, and for those who keep the shop.

use buy::Buy;
use commerce::PageRequest;
use garde::Validate;
use paperclip::actix::{api_v2_operation, web::Data};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    list_query::ListQuery,
    product_views::{KeptView, ListView},
};
use crate::{
    Fail,
    answer::{Fresh, Json},
    extract::{Keeper, PageView, Query},
};

/// Find products.
///
/// What is on sale, narrowed by words, category, price, stock and options, a page at a time. An option is asked
/// for as `option.<name>=<value>`, for example `option.colour=red`; given again, any of the values will do.
#[api_v2_operation(tags(Catalogue), operation_id = "listProducts")]
pub async fn list(buy: Data<Buy>, query: ListQuery) -> Result<Fresh<ListView>, Fail<404>> {
    let (page, sort) = (query.page(), query.parameters.sort.map(Into::into));
    let wants_facets = query.parameters.facets;
    let filter = query.filter(&buy).await?;
    let facets = match wants_facets {
        true => Some(buy.facets(&filter).await?),
        false => None,
    };
    let page = buy.list(filter, sort, page).await?;
    Ok(Fresh(ListView::of(page, facets)))
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct KeptParameters {
    #[garde(skip)]
    pub status: Option<StatusParameter>,
    /// How many products at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ProductStatus", inline)]
pub enum StatusParameter {
    Draft,
    Published,
    Archived,
}

/// List products to keep.
///
/// Drafts and archived products too, newest first.
#[api_v2_operation(tags(Catalogue), operation_id = "listKeptProducts")]
pub async fn kept(
    buy: Data<Buy>,
    keeper: Keeper,
    query: Query<KeptParameters>,
) -> Result<Json<PageView<KeptView>>, Fail> {
    let KeptParameters { status, limit, cursor } = query.0;
    let status = status.map(|status| match status {
        StatusParameter::Draft => "draft",
        StatusParameter::Published => "published",
        StatusParameter::Archived => "archived",
    });
    let page = PageRequest { limit: limit.unwrap_or(20), cursor };
    let page = buy.kept(&keeper.0, status, page).await?;
    Ok(Json(PageView::of(page, KeptView::from)))
}
