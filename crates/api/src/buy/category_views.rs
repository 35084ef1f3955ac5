//! Categories as clients see them.

use buy::{Category, Shelving};
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::Ref;

/// The tree, flat: every category after its parent, siblings in their order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CategoryTree")]
pub struct TreeView {
    pub data: Vec<ShelvingView>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CategoryInTree")]
pub struct ShelvingView {
    pub id: Ref<Category>,
    pub parent: Option<Ref<Category>>,
    pub slug: String,
    pub name: String,
    pub position: u32,
    /// 0 for a root.
    pub depth: u32,
}

impl From<&Shelving> for ShelvingView {
    fn from(shelving: &Shelving) -> Self {
        let category = shelving.category.clone();
        Self {
            id: category.id.into(),
            parent: category.parent.map(Into::into),
            slug: category.slug.into(),
            name: category.name,
            position: category.position,
            depth: shelving.depth,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Category")]
pub struct CategoryView {
    pub id: Ref<Category>,
    pub parent: Option<Ref<Category>>,
    pub slug: String,
    pub name: String,
    pub position: u32,
}

impl From<Category> for CategoryView {
    fn from(category: Category) -> Self {
        Self {
            id: category.id.into(),
            parent: category.parent.map(Into::into),
            slug: category.slug.into(),
            name: category.name,
            position: category.position,
        }
    }
}
