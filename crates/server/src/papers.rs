//! Who issues invoices: sellers by their profiles, the shop by its configuration.

use std::sync::Arc;

use async_trait::async_trait;
use commerce::{
    StoreError,
    invoice::{Issuer, Issuers},
};
use market::SellerList;
use uuid::Uuid;

pub struct Profiles {
    pub sellers: Arc<dyn SellerList>,
    pub shop: Issuer,
}

#[async_trait]
impl Issuers for Profiles {
    async fn issuer(&self, seller: Option<Uuid>) -> Result<Issuer, StoreError> {
        let Some(id) = seller else { return Ok(self.shop.clone()) };
        let stored = self.sellers.find(id.into()).await?;
        let seller = stored.ok_or_else(|| StoreError::new("a seller is missing"))?.state;
        Ok(Issuer { seller: Some(id), name: seller.name, address: seller.address })
    }
}
