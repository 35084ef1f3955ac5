//! The stock of a product's variants.

use buy::{Buy, ProductKey, StockLevel};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    bodies::{ProductPath, StockChangeBody},
    product_views::{ProductStockView, StockLevelView},
};
use crate::{
    Fail, Problem,
    answer::{Json, Once, created},
    extract::{Keeper, Keyed, Path},
};

/// Look at the stock of a product.
#[api_v2_operation(tags(Catalogue), operation_id = "getProductStock")]
pub async fn show(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<ProductPath>,
) -> Result<Json<ProductStockView>, Fail> {
    let page = buy.show(Some(&keeper.0), &ProductKey::Id(path.0.id.0)).await?;
    let variants = page.product.state.variants.iter();
    let level = |id| page.levels.get(&id).copied().unwrap_or(StockLevel::none(id));
    let variants = variants.map(|variant| level(variant.id).into()).collect();
    Ok(Json(ProductStockView { variants }))
}

/// Receive, count or write off stock.
///
/// A count sets what is on hand, those held for orders included.
#[api_v2_operation(tags(Catalogue), operation_id = "changeStock")]
pub async fn change(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<ProductPath>,
    body: Keyed<StockChangeBody>,
) -> Result<Once<StockLevelView>, Fail<409>> {
    let product = path.0.id.0;
    let work = async |body: StockChangeBody, request| -> Result<_, Problem> {
        let once = commerce::Once { request, answer: worded };
        let (variant, change) = (body.variant.0, body.change());
        let level = buy.change_stock(&keeper.0, product, variant, change, Some(once)).await?;
        Ok(Once::first(worded(&level)))
    };
    Ok(body.once(buy.receipts.as_ref(), work).await?)
}

fn worded(level: &StockLevel) -> commerce::Answer {
    let answer = created(String::new(), &StockLevelView::from(*level));
    commerce::Answer { headers: Vec::new(), ..answer }
}
