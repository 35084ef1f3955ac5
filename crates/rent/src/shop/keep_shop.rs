//! Keep shops: open them, and set when they are open.

use commerce::{Actor, CommitError, Effects, Once, Role, Stored, Version, Write, seller::Keeping};
use uuid::Uuid;

use super::{NewShop, RentShop, ShopEdit, ShopId};
use crate::{Rent, RentError};

const MAX_SHOPS: usize = 50;

impl Rent {
    pub async fn open_shop(
        &self,
        actor: &Actor,
        new: NewShop,
        once: Option<Once<Stored<RentShop>>>,
    ) -> Result<Stored<RentShop>, RentError> {
        if !actor.role.keeps_shop() {
            return Err(RentError::NotAKeeper);
        }
        if self.shops.shops_of(actor.user).await?.len() >= MAX_SHOPS {
            return Err(RentError::TooManyShops(MAX_SHOPS));
        }
        let seller = self.lends_for(actor).await?;
        let shop = RentShop { seller, ..RentShop::open(&self.env, actor.user, new)? };
        let made = Stored { state: shop.clone(), version: Version(1) };
        let receipt = once.map(|once| once.receipt(shop.id.uuid(), &made));
        let effects = Effects::none().receipt(receipt);
        self.shops.commit(Write::new(shop).with(effects)).await?;
        Ok(made)
    }

    /// For whom somebody opens shops: a seller of the market, or the house itself.
    async fn lends_for(&self, actor: &Actor) -> Result<Option<Uuid>, RentError> {
        match self.sellers.keeps_for(actor.user).await? {
            Keeping::Seller(seller) => Ok(Some(seller)),
            Keeping::Shop => Ok(None),
            Keeping::Barred if actor.role == Role::Operator => Ok(None),
            Keeping::Barred => Err(RentError::NotAKeeper),
        }
    }

    /// A seller who was stopped puts nothing on offer and accepts nothing.
    pub(crate) async fn may_lend(&self, seller: Option<Uuid>) -> Result<(), RentError> {
        match seller {
            Some(seller) if !self.sellers.may_sell(seller).await? => Err(RentError::SellerStopped),
            _ => Ok(()),
        }
    }

    pub async fn edit_shop(
        &self,
        actor: &Actor,
        id: ShopId,
        seen: Version,
        edit: ShopEdit,
    ) -> Result<Stored<RentShop>, RentError> {
        let stored = self.own_shop(actor, id).await?;
        if stored.version != seen {
            return Err(RentError::Outdated);
        }
        let edited = stored.state.clone().edited(edit)?;
        if edited == stored.state {
            return Ok(stored);
        }
        let state = RentShop { updated_at: self.env.now(), ..edited };
        match self.shops.commit(stored.becomes(state.clone()).alone()).await {
            Ok(()) => Ok(Stored { state, version: seen.next() }),
            Err(CommitError::Stale) => Err(RentError::Outdated),
            Err(error) => Err(error.into()),
        }
    }

    /// Anyone may see a shop.
    pub async fn shop(&self, id: ShopId) -> Result<Stored<RentShop>, RentError> {
        self.shops.find(id).await?.ok_or(RentError::NoShop)
    }

    pub async fn shops_of(&self, actor: &Actor) -> Result<Vec<Stored<RentShop>>, RentError> {
        Ok(self.shops.shops_of(actor.user).await?)
    }

    /// The shop, for its owner and for operators; nobody else learns that there is one to keep.
    pub(crate) async fn own_shop(
        &self,
        actor: &Actor,
        id: ShopId,
    ) -> Result<Stored<RentShop>, RentError> {
        let stored = self.shops.find(id).await?.ok_or(RentError::NoShop)?;
        let keeps = stored.state.owner == actor.user || actor.role == Role::Operator;
        if keeps { Ok(stored) } else { Err(RentError::NoShop) }
    }
}
