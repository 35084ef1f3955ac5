//! Keep listings: make, change, publish, pause and retire them, with their units and images.

use commerce::{
    Actor, CommitError, Effects, FieldError, Once, Page, PageRequest, Role, Stored, Version, Write,
    picture::{self, Chosen, ImageId, NewImage},
};

use super::{KeptListing, Listing, ListingEdit, ListingId, NewListing, UnitId};
use crate::{Rent, RentError, RentShop, ShopId};

/// A listing with the shop it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct ListingPage {
    pub listing: Stored<Listing>,
    pub shop: RentShop,
}

impl Rent {
    pub async fn create_listing(
        &self,
        actor: &Actor,
        new: NewListing,
        once: Option<Once<Stored<Listing>>>,
    ) -> Result<Stored<Listing>, RentError> {
        if !actor.role.keeps_shop() {
            return Err(RentError::NotAKeeper);
        }
        self.own_shop(actor, new.shop).await.map_err(|error| match error {
            RentError::NoShop => RentError::unknown_shop(),
            other => other,
        })?;
        let listing = self.draft(actor, new).await?;
        let made = Stored { state: listing.clone(), version: Version(1) };
        let receipt = once.map(|once| once.receipt(listing.id.uuid(), &made));
        let (holder, now) = (Listing::holder(listing.id), listing.created_at);
        let hung = picture::moves(&holder, &[], &listing.pictures(), now);
        let effects = Effects::none().pictures(hung).receipt(receipt);
        self.listings.commit(Write::new(listing).with(effects)).await?;
        Ok(made)
    }

    /// Everything about a new listing that makes no sense, and its pictures that cannot be shown.
    pub async fn listing_faults(
        &self,
        actor: &Actor,
        new: &NewListing,
    ) -> Result<Vec<FieldError>, RentError> {
        match self.draft(actor, new.clone()).await {
            Ok(_) => Ok(Vec::new()),
            Err(RentError::Invalid(faults)) => Ok(faults),
            Err(other) => Err(other),
        }
    }

    async fn draft(&self, actor: &Actor, new: NewListing) -> Result<Listing, RentError> {
        let pointer = |at| format!("#/images/{at}");
        let (chosen, faults) =
            picture::choose(&*self.pictures, actor, &new.images, pointer).await?;
        RentError::with(faults, Listing::draft(&self.env, new, &chosen))
    }

    pub async fn edit_listing(
        &self,
        actor: &Actor,
        id: ListingId,
        seen: Version,
        edit: ListingEdit,
    ) -> Result<Stored<Listing>, RentError> {
        self.change_listing(actor, id, seen, |listing| listing.edited(edit)).await
    }

    pub async fn publish_listing(
        &self,
        actor: &Actor,
        id: ListingId,
        seen: Version,
    ) -> Result<Stored<Listing>, RentError> {
        let (_, shop) = self.own_listing(actor, id).await?;
        self.may_lend(shop.seller).await?;
        let now = self.env.now();
        self.change_listing(actor, id, seen, |listing| listing.published(now)).await
    }

    pub async fn pause_listing(
        &self,
        actor: &Actor,
        id: ListingId,
        seen: Version,
    ) -> Result<Stored<Listing>, RentError> {
        let now = self.env.now();
        self.change_listing(actor, id, seen, |listing| listing.paused(now)).await
    }

    pub async fn retire_listing(
        &self,
        actor: &Actor,
        id: ListingId,
        seen: Version,
    ) -> Result<Stored<Listing>, RentError> {
        let now = self.env.now();
        self.change_listing(actor, id, seen, |listing| Ok(listing.retired(now))).await
    }

    pub async fn add_unit(
        &self,
        actor: &Actor,
        id: ListingId,
        seen: Version,
        label: String,
    ) -> Result<Stored<Listing>, RentError> {
        self.change_listing(actor, id, seen, |listing| listing.with_unit(&self.env, label)).await
    }

    /// Takes a unit out of what is lent, or puts it back; its bookings stand.
    pub async fn set_unit_away(
        &self,
        actor: &Actor,
        (id, unit): (ListingId, UnitId),
        seen: Version,
        away: bool,
    ) -> Result<Stored<Listing>, RentError> {
        self.change_listing(actor, id, seen, |listing| listing.with_unit_away(unit, away)).await
    }

    pub async fn add_listing_image(
        &self,
        actor: &Actor,
        id: ListingId,
        seen: Version,
        new: NewImage,
    ) -> Result<Stored<Listing>, RentError> {
        let chosen = self.chosen(actor, &new).await?;
        let add = |listing: Listing| listing.with_image(&self.env, new, &chosen);
        self.change_listing(actor, id, seen, add).await
    }

    pub async fn remove_listing_image(
        &self,
        actor: &Actor,
        (id, image): (ListingId, ImageId),
        seen: Version,
    ) -> Result<Stored<Listing>, RentError> {
        self.change_listing(actor, id, seen, |listing| listing.without_image(image)).await
    }

    /// The picture that one new image names, if it may be shown.
    async fn chosen(&self, actor: &Actor, new: &NewImage) -> Result<Chosen, RentError> {
        let (only, pointer) = (std::slice::from_ref(new), |_| "#".to_owned());
        let (chosen, faults) = picture::choose(&*self.pictures, actor, only, pointer).await?;
        RentError::with(faults, Ok(chosen))
    }

    /// A listing as anyone may see it; one that is not published is there for its keepers only.
    pub async fn read_listing(
        &self,
        actor: Option<&Actor>,
        id: ListingId,
    ) -> Result<ListingPage, RentError> {
        let listing = self.listings.find(id).await?.ok_or(RentError::NoListing)?;
        let shop = self.shops.find(listing.state.shop).await?.ok_or(RentError::NoListing)?.state;
        let keeps = |actor: &Actor| actor.user == shop.owner || actor.role == Role::Operator;
        let seen = listing.state.is_open() || actor.is_some_and(keeps);
        if seen { Ok(ListingPage { listing, shop }) } else { Err(RentError::NoListing) }
    }

    pub async fn kept_listings(
        &self,
        actor: &Actor,
        shop: ShopId,
        status: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<KeptListing>, RentError> {
        self.own_shop(actor, shop).await?;
        Ok(self.listings.kept_listings(shop, status, page).await?)
    }

    /// Changes a listing over the version its keeper saw; never decides again on another one.
    async fn change_listing(
        &self,
        actor: &Actor,
        id: ListingId,
        seen: Version,
        change: impl FnOnce(Listing) -> Result<Listing, RentError>,
    ) -> Result<Stored<Listing>, RentError> {
        let (stored, _) = self.own_listing(actor, id).await?;
        if stored.version != seen {
            return Err(RentError::Outdated);
        }
        let before = stored.state.clone();
        let changed = change(stored.state)?;
        if changed == before {
            return Ok(Stored { state: before, version: seen });
        }
        let state = Listing { updated_at: self.env.now(), ..changed };
        let (holder, now) = (Listing::holder(id), state.updated_at);
        let hung = picture::moves(&holder, &before.pictures(), &state.pictures(), now);
        let write = Write::over(seen, state.clone());
        match self.listings.commit(write.with(Effects::none().pictures(hung))).await {
            Ok(()) => Ok(Stored { state, version: seen.next() }),
            Err(CommitError::Stale) => Err(RentError::Outdated),
            Err(error) => Err(error.into()),
        }
    }

    /// The listing with its shop, for those who keep it; nobody else learns that there is one.
    async fn own_listing(
        &self,
        actor: &Actor,
        id: ListingId,
    ) -> Result<(Stored<Listing>, RentShop), RentError> {
        let stored = self.listings.find(id).await?.ok_or(RentError::NoListing)?;
        let shop = self.own_shop(actor, stored.state.shop).await.map_err(|error| match error {
            RentError::NoShop => RentError::NoListing,
            other => other,
        })?;
        Ok((stored, shop.state))
    }
}
