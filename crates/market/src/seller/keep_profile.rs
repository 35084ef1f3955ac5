//! Keep a seller's profile: what it is called, where it is, and how it is paid.

use commerce::{Actor, CommitError, Currency, Role, Stored, Version};
use commerce::{Money, Page, PageRequest};

use super::{Place, Schedule, Seller, SellerFilter, SellerId, TeamRole, faults};
use crate::{Market, MarketError, Zone};

/// What changes on a seller; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct ProfileEdit {
    pub name: Option<String>,
    pub about: Option<String>,
    pub zone: Option<Zone>,
    pub place: Option<Place>,
    pub address: Option<String>,
    /// `Some(None)` takes the account away.
    pub payout_account: Option<Option<String>>,
    pub schedule: Option<Schedule>,
    pub minimums: Option<Vec<Money>>,
}

impl Market {
    pub async fn edit_seller(
        &self,
        actor: &Actor,
        id: SellerId,
        seen: Version,
        edit: ProfileEdit,
    ) -> Result<Stored<Seller>, MarketError> {
        let stored = self.owned(actor, id).await?;
        if stored.version != seen {
            return Err(MarketError::Outdated);
        }
        let edited = self.edited(stored.state.clone(), edit)?;
        if edited == stored.state {
            return Ok(stored);
        }
        let state = Seller { updated_at: self.env.now(), ..edited };
        match self.sellers.commit(stored.becomes(state.clone()).alone()).await {
            Ok(()) => Ok(Stored { state, version: seen.next() }),
            Err(CommitError::Stale) => Err(MarketError::Outdated),
            Err(error) => Err(error.into()),
        }
    }

    fn edited(&self, seller: Seller, edit: ProfileEdit) -> Result<Seller, MarketError> {
        let replanned = edit.schedule.is_some_and(|new| new != seller.schedule)
            || edit.zone.is_some_and(|new| new != seller.zone);
        let edited = Seller {
            name: edit.name.unwrap_or(seller.name),
            about: edit.about.unwrap_or(seller.about),
            zone: edit.zone.unwrap_or(seller.zone),
            place: edit.place.unwrap_or(seller.place),
            address: edit.address.unwrap_or(seller.address),
            payout_account: edit.payout_account.unwrap_or(seller.payout_account),
            schedule: edit.schedule.unwrap_or(seller.schedule),
            minimums: edit.minimums.unwrap_or(seller.minimums),
            ..seller
        };
        let mut edited = faults::sound(edited)?;
        if replanned && edited.may_sell() {
            edited.next_payout = edited.schedule.next(edited.zone, self.env.now());
        }
        Ok(edited)
    }

    /// The seller a person acts for.
    pub async fn my_seller(&self, actor: &Actor) -> Result<Stored<Seller>, MarketError> {
        self.sellers.seller_of(actor.user).await?.ok_or(MarketError::NoSeller)
    }

    /// A seller, for its team and for operators; nobody else learns that there is one.
    pub async fn seller(&self, actor: &Actor, id: SellerId) -> Result<Stored<Seller>, MarketError> {
        let stored = self.sellers.find(id).await?.ok_or(MarketError::NoSeller)?;
        let sees = stored.state.role_of(actor.user).is_some() || actor.role == Role::Operator;
        if sees { Ok(stored) } else { Err(MarketError::NoSeller) }
    }

    /// A seller for anybody, while it sells.
    pub async fn public_seller(&self, id: SellerId) -> Result<Stored<Seller>, MarketError> {
        let stored = self.sellers.find(id).await?;
        stored.filter(|stored| stored.state.may_sell()).ok_or(MarketError::NoSeller)
    }

    pub async fn list_sellers(
        &self,
        actor: &Actor,
        filter: SellerFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Seller>>, MarketError> {
        if actor.role != Role::Operator {
            return Err(MarketError::NotAnOperator);
        }
        Ok(self.sellers.list_sellers(filter, page).await?)
    }

    /// For its owners and operators; others of the team see it and may not change it.
    pub(crate) async fn owned(
        &self,
        actor: &Actor,
        id: SellerId,
    ) -> Result<Stored<Seller>, MarketError> {
        let stored = self.seller(actor, id).await?;
        owns(&stored.state, actor)?;
        Ok(stored)
    }
}

/// Owners and operators may change a seller; nobody but them and its team learns that there is one.
pub(super) fn owns(seller: &Seller, actor: &Actor) -> Result<(), MarketError> {
    match seller.role_of(actor.user) {
        _ if actor.role == Role::Operator => Ok(()),
        Some(TeamRole::Owner) => Ok(()),
        Some(TeamRole::Manager | TeamRole::Accountant) => Err(MarketError::NotAnOwner),
        None => Err(MarketError::NoSeller),
    }
}

/// One minimum a currency, none of them below nothing.
pub(super) fn minimums_fit(minimums: &[Money]) -> bool {
    let mut currencies: Vec<Currency> = minimums.iter().map(|minimum| minimum.currency).collect();
    currencies.sort_unstable();
    currencies.dedup();
    currencies.len() == minimums.len() && minimums.iter().all(|minimum| minimum.is_positive())
}
