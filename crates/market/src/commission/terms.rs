//! Tells the core who sells here, and on what terms.

use async_trait::async_trait;
use commerce::{
    StoreError, UserId,
    seller::{Keeping, OnSale, Sellers, Terms},
};

use uuid::Uuid;

use super::{Rule, commission};
use crate::{Market, TeamRole};

#[async_trait]
impl Sellers for Market {
    /// Who is in nobody's team works for the shop itself.
    async fn keeps_for(&self, user: UserId) -> Result<Keeping, StoreError> {
        let Some(stored) = self.sellers.seller_of(user).await? else {
            // Whoever a seller let go has the account's role still, and must not get the whole shop for it.
            let left = self.sellers.was_member(user).await?;
            return Ok(if left { Keeping::Barred } else { Keeping::Shop });
        };
        let seller = stored.state;
        let keeps = seller.may_sell() && seller.role_of(user).is_some_and(TeamRole::keeps_listings);
        Ok(if keeps { Keeping::Seller(seller.id.uuid()) } else { Keeping::Barred })
    }

    async fn may_sell(&self, seller: Uuid) -> Result<bool, StoreError> {
        Ok(self.sellers.selling(&[seller]).await?.contains(&seller))
    }

    /// Two queries, however many things there are.
    async fn terms(&self, things: &[OnSale]) -> Result<Vec<Terms>, StoreError> {
        if things.is_empty() {
            return Ok(Vec::new());
        }
        let mut sellers: Vec<_> = things.iter().map(|thing| thing.seller).collect();
        sellers.sort_unstable();
        sellers.dedup();
        let selling = self.sellers.selling(&sellers).await?;
        let rules = self.rules.rules().await?;
        let rules: Vec<Rule> = rules.into_iter().map(|stored| stored.state).collect();
        let terms = |thing: &OnSale| match selling.contains(&thing.seller) {
            true => commission(&rules, thing, &self.settings).map(Terms::Commission),
            false => Ok(Terms::Barred),
        };
        things.iter().map(terms).collect::<Result<_, _>>().map_err(StoreError::new)
    }
}
