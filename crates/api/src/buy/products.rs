//! One product: to look at, and to keep.

use buy::{Buy, Product};
use commerce::Stored;
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    bodies::{ImagePath, KeyPath, NewProductBody, ProductPatch, ProductPath},
    product_views::ProductView,
    stamped::Stamped,
};
use crate::{
    Fail, Problem,
    extract::{IfMatch, Keeper, Maybe, Path, Whole},
    images::NewImageBody,
};

/// The product as it is answered with after a change.
pub async fn shown(buy: &Buy, product: Stored<Product>) -> Result<Stamped<ProductView>, Problem> {
    let page = buy.page(product).await?;
    Ok(Stamped::new(page.product.version, page.into()))
}

/// Look at a product.
///
/// By id or by slug. Those who keep the shop see drafts and archived products too.
#[api_v2_operation(tags(Catalogue), operation_id = "getProduct")]
pub async fn show(
    buy: Data<Buy>,
    who: Maybe,
    path: Path<KeyPath>,
) -> Result<Stamped<ProductView>, Fail> {
    let page = buy.show(who.0.as_ref(), &path.0.id.parse()?).await?;
    Ok(Stamped::new(page.product.version, page.into()).public(who.0.is_none()))
}

/// Add a product.
///
/// It is a draft, which nobody but the shop's keepers sees, until it is published.
#[api_v2_operation(tags(Catalogue), operation_id = "createProduct")]
pub async fn create(
    buy: Data<Buy>,
    keeper: Keeper,
    body: Whole<NewProductBody>,
) -> Result<Stamped<ProductView, 201>, Fail<409>> {
    let made = buy.create_product(&keeper.0, body.understood()?, None).await?;
    let location = format!("/v1/products/{}", made.state.id);
    let page = buy.page(made).await?;
    Ok(Stamped::new(page.product.version, page.into()).with("location", location))
}

/// Change a product.
#[api_v2_operation(tags(Catalogue), operation_id = "editProduct")]
pub async fn edit(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<ProductPath>,
    seen: IfMatch,
    body: Whole<ProductPatch>,
) -> Result<Stamped<ProductView>, Fail<409>> {
    let edit = body.understood()?;
    let edited = buy.edit_product(&keeper.0, path.0.id.0, seen.0, edit).await?;
    Ok(shown(&buy, edited).await?)
}

/// Put a product on sale.
#[api_v2_operation(tags(Catalogue), operation_id = "publishProduct")]
pub async fn publish(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<ProductPath>,
    seen: IfMatch,
) -> Result<Stamped<ProductView>, Fail<422>> {
    let published = buy.publish_product(&keeper.0, path.0.id.0, seen.0).await?;
    Ok(shown(&buy, published).await?)
}

/// Take a product off sale.
#[api_v2_operation(tags(Catalogue), operation_id = "archiveProduct")]
pub async fn archive(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<ProductPath>,
    seen: IfMatch,
) -> Result<Stamped<ProductView>, Fail> {
    let archived = buy.archive_product(&keeper.0, path.0.id.0, seen.0).await?;
    Ok(shown(&buy, archived).await?)
}

/// Add an image: an uploaded picture, or one that is elsewhere on the web.
#[api_v2_operation(tags(Catalogue), operation_id = "addProductImage")]
pub async fn add_image(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<ProductPath>,
    seen: IfMatch,
    body: Whole<NewImageBody>,
) -> Result<Stamped<ProductView>, Fail<409>> {
    let new = body.understood()?;
    let added = buy.add_image(&keeper.0, path.0.id.0, seen.0, new).await?;
    Ok(shown(&buy, added).await?)
}

/// Remove an image.
#[api_v2_operation(tags(Catalogue), operation_id = "removeProductImage")]
pub async fn remove_image(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<ImagePath>,
    seen: IfMatch,
) -> Result<Stamped<ProductView>, Fail> {
    let ImagePath { id, image } = path.0;
    let removed = buy.remove_image(&keeper.0, id.0, seen.0, image.0).await?;
    Ok(shown(&buy, removed).await?)
}
