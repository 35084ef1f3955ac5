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
        let category = Category::new(&self.env, new)?;
        retrying(|| self.plant(&category, once.as_ref())).await
    }

    /// Writes the parent too, so that it cannot be retired at the same moment.
    async fn plant(
        &self,
        category: &Category,
        once: Option<&Once<Stored<Category>>>,
    ) -> Result<Stored<Category>, BuyError> {
        let made = Stored { state: category.clone(), version: Version(1) };
        let receipt = once.map(|once| once.receipt(category.id.uuid(), &made));
        let mut writes = vec![Write::new(category.clone())];
        if let Some(parent) = category.parent {
            let all = self.categories.all_categories().await?;
            tree_of(&all).get(parent).ok_or(BuyError::unknown_category("#/parent"))?;
            writes.extend(written_again(&all, &[parent]));
        }
        let effects = Effects::none().receipt(receipt);
        self.categories.commit(Change { writes, effects }).await?;
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
        let tree = tree_of(&all);
        let stored = all.iter().find(|stored| stored.state.id == id && !stored.state.retired);
        let stored = stored.ok_or(BuyError::NoCategory)?;
        if stored.version != seen {
            return Err(BuyError::Outdated);
        }
        let ancestors = new_ancestors(&tree, id, &edit)?;
        let state = stored.state.clone().edited(edit);
        let mut writes = vec![stored.becomes(state.clone())];
        writes.extend(written_again(&all, &ancestors));
        writes.sort_by_key(|write| write.state.id);
        self.categories.commit(Change { writes, effects: Effects::none() }).await?;
        Ok(Stored { state, version: seen.next() })
    }

    /// Takes an empty category out of the tree. What is made in it or moved into it meanwhile writes it as well, and
    /// is seen by whoever comes second.
    pub async fn retire_category(
        &self,
        actor: &Actor,
        id: CategoryId,
        seen: Version,
    ) -> Result<(), BuyError> {
        self.keeps_categories(actor).await?;
        let stored = self.categories.find(id).await?.filter(|stored| !stored.state.retired);
        let stored = stored.ok_or(BuyError::NoCategory)?;
        if stored.version != seen {
            return Err(BuyError::Outdated);
        }
        if self.tree().await?.has_children(id) || self.categories.holds_products(id).await? {
            return Err(BuyError::CategoryInUse);
        }
        let retired = Category { retired: true, ..stored.state };
        match self.categories.commit(Write::over(seen, retired).alone()).await {
            Err(CommitError::Stale) => Err(BuyError::Outdated),
            done => Ok(done?),
        }
    }
}

fn tree_of(all: &[Stored<Category>]) -> Tree {
    Tree::grow(all.iter().map(|stored| stored.state.clone()).collect())
}

/// Writes that change nothing but the version.
fn written_again(all: &[Stored<Category>], which: &[CategoryId]) -> Vec<Write<Category>> {
    let again = all.iter().filter(|stored| which.contains(&stored.state.id));
    again.map(|stored| stored.becomes(stored.state.clone())).collect()
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
