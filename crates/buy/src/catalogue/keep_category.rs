//! Keep the tree of categories: grow it, move its branches, prune it.

use commerce::{Actor, Change, CommitError, Effects, Once, Stored, Version, Write, retrying};

use super::{Category, CategoryEdit, CategoryId, NewCategory, Tree};
use crate::{Buy, BuyError};

impl Buy {
    /// Categories are the shop's, whoever sells in them.
    async fn keeps_categories(&self, actor: &Actor) -> Result<(), BuyError> {
        let ours = self.keeping(actor).await?.only().is_none();
        if ours { Ok(()) } else { Err(BuyError::NotAKeeper) }
    }

    pub async fn create_category(
        &self,
        actor: &Actor,
        new: NewCategory,
        once: Option<Once<Stored<Category>>>,
    ) -> Result<Stored<Category>, BuyError> {
        self.keeps_categories(actor).await?;
        if let Some(parent) = new.parent {
            self.tree().await?.get(parent).ok_or(BuyError::unknown_category("#/parent"))?;
        }
        let category = Category::new(&self.env, new)?;
        let made = Stored { state: category.clone(), version: Version(1) };
        let receipt = once.map(|once| once.receipt(category.id.uuid(), &made));
        let effects = Effects::none().receipt(receipt);
        self.categories.commit(Write::new(category).with(effects)).await?;
        Ok(made)
    }

    pub async fn edit_category(
        &self,
        actor: &Actor,
        id: CategoryId,
        seen: Version,
        edit: CategoryEdit,
    ) -> Result<Stored<Category>, BuyError> {
        self.keeps_categories(actor).await?;
        retrying(|| self.replant(id, seen, edit.clone())).await
    }

    /// Writes the new ancestors too, so that two moves at once cannot close a circle between them.
    async fn replant(
        &self,
        id: CategoryId,
        seen: Version,
        edit: CategoryEdit,
    ) -> Result<Stored<Category>, BuyError> {
        let all = self.categories.all_categories().await?;
        let tree = Tree::grow(all.iter().map(|stored| stored.state.clone()).collect());
        let stored = all.iter().find(|stored| stored.state.id == id && !stored.state.retired);
        let stored = stored.ok_or(BuyError::NoCategory)?;
        if stored.version != seen {
            return Err(BuyError::Outdated);
        }
        let ancestors = new_ancestors(&tree, id, &edit)?;
        let state = stored.state.clone().edited(edit);
        let mut writes = vec![stored.becomes(state.clone())];
        let above = all.iter().filter(|stored| ancestors.contains(&stored.state.id));
        writes.extend(above.map(|ancestor| ancestor.becomes(ancestor.state.clone())));
        writes.sort_by_key(|write| write.state.id);
        self.categories.commit(Change { writes, effects: Effects::none() }).await?;
        Ok(Stored { state, version: seen.next() })
    }

    /// Takes an empty category out of the tree.
    pub async fn retire_category(
        &self,
        actor: &Actor,
        id: CategoryId,
        seen: Version,
    ) -> Result<(), BuyError> {
        self.keeps_categories(actor).await?;
        let tree = self.tree().await?;
        let stored = self.categories.find(id).await?.filter(|stored| !stored.state.retired);
        let stored = stored.ok_or(BuyError::NoCategory)?;
        if stored.version != seen {
            return Err(BuyError::Outdated);
        }
        if tree.has_children(id) || self.categories.holds_products(id).await? {
            return Err(BuyError::CategoryInUse);
        }
        let retired = Category { retired: true, ..stored.state };
        match self.categories.commit(Write::over(seen, retired).alone()).await {
            Err(CommitError::Stale) => Err(BuyError::Outdated),
            done => Ok(done?),
        }
    }
}

/// The categories above the place a category moves to; none when it stays where it is.
fn new_ancestors(
    tree: &Tree,
    id: CategoryId,
    edit: &CategoryEdit,
) -> Result<Vec<CategoryId>, BuyError> {
    let Some(Some(parent)) = edit.parent else {
        return Ok(Vec::new());
    };
    tree.get(parent).ok_or(BuyError::unknown_category("#/parent"))?;
    let path: Vec<_> = tree.path(parent).into_iter().map(|category| category.id).collect();
    if path.contains(&id) { Err(BuyError::CategoryCircle) } else { Ok(path) }
}
