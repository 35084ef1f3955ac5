//! What sellers and operators see of sellers' money.

use commerce::{Actor, Page, PageRequest, Role, Stored};

use super::{Payout, PayoutFilter, PayoutId, SellerBalance, SoldLine, StatementEntry};
use crate::{Market, MarketError, SellerId};

impl Market {
    pub async fn balances(
        &self,
        actor: &Actor,
        seller: SellerId,
    ) -> Result<Vec<SellerBalance>, MarketError> {
        self.seller(actor, seller).await?;
        Ok(self.reads.balances(seller).await?)
    }

    pub async fn statement(
        &self,
        actor: &Actor,
        seller: SellerId,
        page: PageRequest,
    ) -> Result<Page<StatementEntry>, MarketError> {
        self.seller(actor, seller).await?;
        Ok(self.reads.statement(seller, page).await?)
    }

    pub async fn sold_lines(
        &self,
        actor: &Actor,
        seller: SellerId,
        page: PageRequest,
    ) -> Result<Page<SoldLine>, MarketError> {
        self.seller(actor, seller).await?;
        Ok(self.reads.sold_lines(seller, page).await?)
    }

    /// Everybody's for operators, their own for the team of a seller.
    pub async fn list_payouts(
        &self,
        actor: &Actor,
        filter: PayoutFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Payout>>, MarketError> {
        let seller = match (filter.seller, actor.role) {
            (seller, Role::Operator) => seller,
            (Some(seller), _) => Some(self.seller(actor, seller).await?.state.id),
            (None, _) => Some(self.my_seller(actor).await?.state.id),
        };
        Ok(self.payouts.list_payouts(PayoutFilter { seller, ..filter }, page).await?)
    }

    pub async fn payout(&self, actor: &Actor, id: PayoutId) -> Result<Stored<Payout>, MarketError> {
        let stored = self.payouts.find(id).await?.ok_or(MarketError::NoPayout)?;
        match self.seller(actor, stored.state.seller).await {
            Ok(_) => Ok(stored),
            Err(MarketError::NoSeller) => Err(MarketError::NoPayout),
            Err(error) => Err(error),
        }
    }
}
