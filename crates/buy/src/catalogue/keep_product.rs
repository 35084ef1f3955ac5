//! Keep products: make, change, publish and archive them, with their variants and images.

use commerce::{
    Actor, CommitError, Effects, Once, Role, Stored, Version, Write,
    picture::{self, Chosen, ImageId, NewImage},
    seller::Keeping,
};
use uuid::Uuid;

use super::{
    CategoryId, NewProduct, NewVariant, Product, ProductEdit, ProductId, VariantEdit, VariantId,
};
use crate::{Buy, BuyError};

/// A variant, by way of its product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VariantRef {
    pub product: ProductId,
    pub variant: VariantId,
}

/// Whose products somebody may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// An operator's: everybody's.
    Everything,
    /// The shop's own when absent.
    Of(Option<Uuid>),
}

impl Kept {
    /// Whom a new product belongs to.
    fn owner(self) -> Option<Uuid> {
        match self {
            Self::Everything => None,
            Self::Of(seller) => seller,
        }
    }

    pub fn keeps(self, seller: Option<Uuid>) -> bool {
        self == Self::Everything || self == Self::Of(seller)
    }

    /// The seller whose products alone are shown.
    pub fn only(self) -> Option<Uuid> {
        self.owner()
    }
}

impl Buy {
    pub async fn create_product(
        &self,
        actor: &Actor,
        new: NewProduct,
        once: Option<Once<Stored<Product>>>,
    ) -> Result<Stored<Product>, BuyError> {
        let keeping = self.keeping(actor).await?;
        self.check_category(new.category).await?;
        let pointer = |at| format!("#/images/{at}");
        let (chosen, faults) =
            picture::choose(&*self.pictures, actor, &new.images, pointer).await?;
        let drafted = Product::draft(&self.env, keeping.owner(), new, &chosen);
        let product = BuyError::with(faults, drafted)?;
        let made = Stored { state: product.clone(), version: Version(1) };
        let receipt = once.map(|once| once.receipt(product.id.uuid(), &made));
        let hung = picture::moves(
            &Product::holder(product.id),
            &[],
            &product.pictures(),
            product.created_at,
        );
        let effects = Effects::none().pictures(hung).receipt(receipt);
        self.products.commit(Write::new(product).with(effects)).await?;
        Ok(made)
    }

    pub async fn edit_product(
        &self,
        actor: &Actor,
        id: ProductId,
        seen: Version,
        edit: ProductEdit,
    ) -> Result<Stored<Product>, BuyError> {
        keeps_shop(actor)?;
        self.check_category(edit.category.flatten()).await?;
        self.change_product(actor, id, seen, |product| product.edited(edit)).await
    }

    pub async fn publish_product(
        &self,
        actor: &Actor,
        id: ProductId,
        seen: Version,
    ) -> Result<Stored<Product>, BuyError> {
        let now = self.env.now();
        self.change_product(actor, id, seen, |product| product.published(now)).await
    }

    pub async fn archive_product(
        &self,
        actor: &Actor,
        id: ProductId,
        seen: Version,
    ) -> Result<Stored<Product>, BuyError> {
        let now = self.env.now();
        self.change_product(actor, id, seen, |product| Ok(product.archived(now))).await
    }

    pub async fn add_variant(
        &self,
        actor: &Actor,
        id: ProductId,
        seen: Version,
        new: NewVariant,
    ) -> Result<Stored<Product>, BuyError> {
        self.change_product(actor, id, seen, |product| product.with_variant(&self.env, new)).await
    }

    pub async fn edit_variant(
        &self,
        actor: &Actor,
        of: VariantRef,
        seen: Version,
        edit: VariantEdit,
    ) -> Result<Stored<Product>, BuyError> {
        let change = |product: Product| product.with_variant_edited(of.variant, edit);
        self.change_product(actor, of.product, seen, change).await
    }

    pub async fn remove_variant(
        &self,
        actor: &Actor,
        of: VariantRef,
        seen: Version,
    ) -> Result<Stored<Product>, BuyError> {
        let change = |product: Product| product.without_variant(of.variant);
        self.change_product(actor, of.product, seen, change).await
    }

    pub async fn add_image(
        &self,
        actor: &Actor,
        id: ProductId,
        seen: Version,
        new: NewImage,
    ) -> Result<Stored<Product>, BuyError> {
        let chosen = self.chosen(actor, &new).await?;
        let add = |product: Product| product.with_image(&self.env, new, &chosen);
        self.change_product(actor, id, seen, add).await
    }

    pub async fn remove_image(
        &self,
        actor: &Actor,
        id: ProductId,
        seen: Version,
        image: ImageId,
    ) -> Result<Stored<Product>, BuyError> {
        self.change_product(actor, id, seen, |product| product.without_image(image)).await
    }

    /// Changes a product over the version its keeper saw; never decides again on another one.
    async fn change_product(
        &self,
        actor: &Actor,
        id: ProductId,
        seen: Version,
        change: impl FnOnce(Product) -> Result<Product, BuyError>,
    ) -> Result<Stored<Product>, BuyError> {
        let stored = self.kept_product(actor, id).await?;
        if stored.version != seen {
            return Err(BuyError::Outdated);
        }
        let before = stored.state.clone();
        let changed = change(stored.state)?;
        if changed == before {
            return Ok(Stored { state: before, version: seen });
        }
        let state = Product { updated_at: self.env.now(), ..changed };
        let (holder, now) = (Product::holder(id), state.updated_at);
        let hung = picture::moves(&holder, &before.pictures(), &state.pictures(), now);
        let write = Write::over(seen, state.clone());
        match self.products.commit(write.with(Effects::none().pictures(hung))).await {
            Ok(()) => Ok(Stored { state, version: seen.next() }),
            Err(CommitError::Stale) => Err(BuyError::Outdated),
            Err(error) => Err(error.into()),
        }
    }

    /// A product for those who keep it; nobody else learns more than that it is not theirs.
    pub(super) async fn kept_product(
        &self,
        actor: &Actor,
        id: ProductId,
    ) -> Result<Stored<Product>, BuyError> {
        let kept = self.keeping(actor).await?;
        let stored = self.products.find(id).await?.ok_or(BuyError::NoProduct)?;
        if kept.keeps(stored.state.seller) { Ok(stored) } else { Err(BuyError::NoProduct) }
    }

    /// On whose behalf somebody keeps products.
    pub(crate) async fn keeping(&self, actor: &Actor) -> Result<Kept, BuyError> {
        keeps_shop(actor)?;
        if actor.role == Role::Operator {
            return Ok(Kept::Everything);
        }
        match self.sellers.keeps_for(actor.user).await? {
            Keeping::Shop => Ok(Kept::Of(None)),
            Keeping::Seller(seller) => Ok(Kept::Of(Some(seller))),
            Keeping::Barred => Err(BuyError::NotAKeeper),
        }
    }

    /// The picture that one new image names, if it may be shown.
    async fn chosen(&self, actor: &Actor, new: &NewImage) -> Result<Chosen, BuyError> {
        keeps_shop(actor)?;
        let (only, pointer) = (std::slice::from_ref(new), |_| "#".to_owned());
        let (chosen, faults) = picture::choose(&*self.pictures, actor, only, pointer).await?;
        BuyError::with(faults, Ok(chosen))
    }

    /// A category is written on its own, so one that is retired between this look and the commit still gets the
    /// product. It is then on sale under no category, until its keeper moves it.
    async fn check_category(&self, category: Option<CategoryId>) -> Result<(), BuyError> {
        let Some(category) = category else {
            return Ok(());
        };
        match self.categories.find(category).await? {
            Some(stored) if !stored.state.retired => Ok(()),
            Some(_) | None => Err(BuyError::unknown_category("#/category")),
        }
    }
}

pub(super) fn keeps_shop(actor: &Actor) -> Result<(), BuyError> {
    if actor.role.keeps_shop() { Ok(()) } else { Err(BuyError::NotAKeeper) }
}
