//! The tree of categories.

use buy::Buy;
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    bodies::{CategoryPatch, CategoryPath, KeyPath, NewCategoryBody},
    category_views::{CategoryView, TreeView},
};
use crate::{
    Fail,
    answer::{CreatedAt, Fresh, NoContent, Tagged},
    extract::{IfMatch, Keeper, Path, Whole},
};

/// The tree of categories.
#[api_v2_operation(tags(Catalogue), operation_id = "listCategories")]
pub async fn tree(buy: Data<Buy>) -> Result<Fresh<TreeView>, Fail> {
    let tree = buy.tree().await?;
    Ok(Fresh(TreeView { data: tree.iter().map(Into::into).collect() }))
}

/// Look at a category, by id or by slug.
#[api_v2_operation(tags(Catalogue), operation_id = "getCategory")]
pub async fn show(buy: Data<Buy>, path: Path<KeyPath>) -> Result<Tagged<CategoryView>, Fail> {
    let category = buy.category(&path.0.id.parse()?).await?;
    Ok(Tagged::new(category.version, category.state.into()).public())
}

/// Add a category.
#[api_v2_operation(tags(Catalogue), operation_id = "createCategory")]
pub async fn create(
    buy: Data<Buy>,
    keeper: Keeper,
    body: Whole<NewCategoryBody>,
) -> Result<CreatedAt<CategoryView>, Fail<409>> {
    let made = buy.create_category(&keeper.0, body.understood()?, None).await?;
    let location = format!("/v1/categories/{}", made.state.id);
    Ok(CreatedAt(location, made.version, made.state.into()))
}

/// Change or move a category.
#[api_v2_operation(tags(Catalogue), operation_id = "editCategory")]
pub async fn edit(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<CategoryPath>,
    seen: IfMatch,
    body: Whole<CategoryPatch>,
) -> Result<Tagged<CategoryView>, Fail<409>> {
    let edit = body.understood()?;
    let edited = buy.edit_category(&keeper.0, path.0.id.0, seen.0, edit).await?;
    Ok(Tagged::new(edited.version, edited.state.into()))
}

/// Remove a category; one with products or categories in it stays.
#[api_v2_operation(tags(Catalogue), operation_id = "deleteCategory")]
pub async fn retire(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<CategoryPath>,
    seen: IfMatch,
) -> Result<NoContent, Fail<409>> {
    buy.retire_category(&keeper.0, path.0.id.0, seen.0).await?;
    Ok(NoContent)
}
