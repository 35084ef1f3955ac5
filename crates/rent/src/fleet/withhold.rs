//! Takes what is lent for a seller off the market while it may not sell, and puts it back when it may again.

use async_trait::async_trait;
use commerce::{
    ATTEMPTS, CommitError, Effects, PageRequest,
    event::{Delivery, Subscriber, Trouble},
    update,
};
use uuid::Uuid;

use super::{Listing, ListingId};
use crate::{Rent, RentError, ShopId};

/// How many listings are looked at together.
const PAGE: u32 = 100;

pub struct FollowSellers(pub Rent);

#[async_trait]
impl Subscriber for FollowSellers {
    fn name(&self) -> &'static str {
        "rent.follow_sellers"
    }

    fn events(&self) -> &'static [&'static str] {
        &["seller_suspended", "seller_reinstated"]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        Ok(self.0.follow_seller(delivery.subject).await?)
    }
}

impl Rent {
    /// Goes by how the seller stands and not by what was told, for that may be told late: whoever finds it changed
    /// at the end begins again.
    pub async fn follow_seller(&self, seller: Uuid) -> Result<(), RentError> {
        for _ in 0..ATTEMPTS {
            let sells = self.sellers.may_sell(seller).await?;
            for shop in self.shops.shops_of_seller(seller).await? {
                self.withhold(shop.state.id, !sells).await?;
            }
            if self.sellers.may_sell(seller).await? == sells {
                return Ok(());
            }
        }
        Err(CommitError::Stale.into())
    }

    async fn withhold(&self, shop: ShopId, withheld: bool) -> Result<(), RentError> {
        let mut cursor = None;
        loop {
            let page = PageRequest { limit: PAGE, cursor };
            let page = self.listings.kept_listings(shop, None, page).await?;
            for listing in page.data {
                self.withhold_listing(listing.id, withheld).await?;
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn withhold_listing(&self, id: ListingId, withheld: bool) -> Result<(), RentError> {
        let stored = self.listings.find(id).await?.ok_or(RentError::NoListing)?;
        if stored.state.withheld == withheld {
            return Ok(());
        }
        let change =
            |listing| Ok::<_, RentError>((Listing { withheld, ..listing }, Effects::none()));
        update(&*self.listings, id, change).await.map(|_| ())
    }
}
