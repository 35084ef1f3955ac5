//! The tree of categories.

use commerce::{Aggregate, Env, Id, Tagged};
use serde::{Deserialize, Serialize};

use crate::{BuyError, Slug};

pub type CategoryId = Id<Category>;

impl Tagged for Category {
    const PREFIX: &'static str = "cat";
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    pub id: CategoryId,
    /// Absent for a root.
    pub parent: Option<CategoryId>,
    pub slug: Slug,
    pub name: String,
    /// Among its siblings; ties are broken by name.
    pub position: u32,
    /// Taken out of the tree; it keeps its row because products may still name it.
    pub retired: bool,
}

impl Aggregate for Category {
    type Id = CategoryId;

    fn id(&self) -> CategoryId {
        self.id
    }
}

#[derive(Debug, Clone)]
pub struct NewCategory {
    pub parent: Option<CategoryId>,
    /// Made of the name when absent.
    pub slug: Option<Slug>,
    pub name: String,
    pub position: u32,
}

/// What changes on a category; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct CategoryEdit {
    /// `Some(None)` makes it a root.
    pub parent: Option<Option<CategoryId>>,
    pub slug: Option<Slug>,
    pub name: Option<String>,
    pub position: Option<u32>,
}

impl Category {
    pub fn new(env: &Env, new: NewCategory) -> Result<Self, BuyError> {
        let slug = match new.slug {
            Some(slug) => slug,
            None => Slug::of_title(&new.name).map_err(BuyError::slug)?,
        };
        let NewCategory { parent, name, position, .. } = new;
        Ok(Self { id: Id::new(env), parent, slug, name, position, retired: false })
    }

    pub(super) fn edited(self, edit: CategoryEdit) -> Self {
        Self {
            parent: edit.parent.unwrap_or(self.parent),
            slug: edit.slug.unwrap_or(self.slug),
            name: edit.name.unwrap_or(self.name),
            position: edit.position.unwrap_or(self.position),
            ..self
        }
    }
}

/// A category and how deep it stands; roots stand at 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelving {
    pub category: Category,
    pub depth: u32,
}

/// The live categories, every one after its parent and among its siblings in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(Vec<Shelving>);

impl Tree {
    pub fn grow(mut categories: Vec<Category>) -> Self {
        categories.retain(|category| !category.retired);
        categories.sort_by(|a, b| {
            a.position.cmp(&b.position).then_with(|| a.name.cmp(&b.name)).then(a.id.cmp(&b.id))
        });
        let mut tree = Self(Vec::with_capacity(categories.len()));
        tree.hang(None, 0, &categories);
        tree
    }

    fn hang(&mut self, parent: Option<CategoryId>, depth: u32, all: &[Category]) {
        for category in all.iter().filter(|category| category.parent == parent) {
            self.0.push(Shelving { category: category.clone(), depth });
            self.hang(Some(category.id), depth.saturating_add(1), all);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Shelving> {
        self.0.iter()
    }

    pub fn get(&self, id: CategoryId) -> Option<&Category> {
        self.iter().map(|shelving| &shelving.category).find(|category| category.id == id)
    }

    pub fn by_slug(&self, slug: &Slug) -> Option<&Category> {
        self.iter().map(|shelving| &shelving.category).find(|category| category.slug == *slug)
    }

    /// The category and everything under it.
    pub fn under(&self, id: CategoryId) -> Vec<CategoryId> {
        let from = self.0.iter().skip_while(|shelving| shelving.category.id != id);
        let mut from = from.peekable();
        let Some(top) = from.peek().map(|shelving| shelving.depth) else {
            return Vec::new();
        };
        let below = from.skip(1).take_while(|shelving| shelving.depth > top);
        std::iter::once(id).chain(below.map(|shelving| shelving.category.id)).collect()
    }

    /// The way from the root down to the category.
    pub fn path(&self, id: CategoryId) -> Vec<&Category> {
        let mut path = Vec::new();
        let mut next = self.get(id);
        while let Some(category) = next {
            path.push(category);
            next = category.parent.and_then(|parent| self.get(parent));
        }
        path.reverse();
        path
    }

    pub fn has_children(&self, id: CategoryId) -> bool {
        self.iter().any(|shelving| shelving.category.parent == Some(id))
    }
}
