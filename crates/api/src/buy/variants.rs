//! The variants of a product.

use buy::{Buy, VariantRef};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    bodies::{NewVariantBody, ProductPath, VariantPatch, VariantPath},
    product_views::ProductView,
    products::shown,
    stamped::Stamped,
};
use crate::{
    Fail,
    extract::{IfMatch, Keeper, Path, Whole},
};

impl From<VariantPath> for VariantRef {
    fn from(path: VariantPath) -> Self {
        Self { product: path.id.0, variant: path.variant.0 }
    }
}

/// Add a variant.
#[api_v2_operation(tags(Catalogue), operation_id = "addVariant")]
pub async fn add(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<ProductPath>,
    seen: IfMatch,
    body: Whole<NewVariantBody>,
) -> Result<Stamped<ProductView>, Fail<409>> {
    let new = body.understood()?;
    let added = buy.add_variant(&keeper.0, path.0.id.0, seen.0, new).await?;
    Ok(shown(&buy, added).await?)
}

/// Change a variant: its SKU, options, prices or stock policy.
#[api_v2_operation(tags(Catalogue), operation_id = "editVariant")]
pub async fn edit(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<VariantPath>,
    seen: IfMatch,
    body: Whole<VariantPatch>,
) -> Result<Stamped<ProductView>, Fail<409>> {
    let edit = body.understood()?;
    let edited = buy.edit_variant(&keeper.0, path.0.into(), seen.0, edit).await?;
    Ok(shown(&buy, edited).await?)
}

/// Remove a variant.
///
/// What was sold of it stays sold; in carts it is shown as unavailable.
#[api_v2_operation(tags(Catalogue), operation_id = "removeVariant")]
pub async fn remove(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<VariantPath>,
    seen: IfMatch,
) -> Result<Stamped<ProductView>, Fail<422>> {
    let left = buy.remove_variant(&keeper.0, path.0.into(), seen.0).await?;
    Ok(shown(&buy, left).await?)
}
