//! Takes what a seller sells off the shelves while it may not sell, and puts it back when it may again.

use async_trait::async_trait;
use commerce::{
    ATTEMPTS, CommitError, Effects, Failure, Kind, PageRequest,
    event::{Delivery, Subscriber, Trouble},
    update,
};
use uuid::Uuid;

use super::{Product, ProductId};
use crate::{Buy, BuyError};

/// How many products are looked at together.
const PAGE: u32 = 100;

pub struct FollowSellers(pub Buy);

#[async_trait]
impl Subscriber for FollowSellers {
    fn name(&self) -> &'static str {
        "buy.follow_sellers"
    }

    fn events(&self) -> &'static [&'static str] {
        &["seller_suspended", "seller_reinstated"]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        self.0.follow_seller(delivery.subject).await.map_err(|error| match error.kind() {
            Kind::Unavailable | Kind::Conflict | Kind::Internal => {
                Trouble::Passing(error.to_string())
            }
            _ => Trouble::Lasting(error.to_string()),
        })
    }
}

impl Buy {
    /// Goes by how the seller stands and not by what was told, for that may be told late: whoever finds it changed
    /// at the end begins again.
    pub async fn follow_seller(&self, seller: Uuid) -> Result<(), BuyError> {
        for _ in 0..ATTEMPTS {
            let sells = self.sellers.may_sell(seller).await?;
            self.withhold(seller, !sells).await?;
            if self.sellers.may_sell(seller).await? == sells {
                return Ok(());
            }
        }
        Err(CommitError::Stale.into())
    }

    async fn withhold(&self, seller: Uuid, withheld: bool) -> Result<(), BuyError> {
        let mut cursor = None;
        loop {
            let page = PageRequest { limit: PAGE, cursor };
            let page = self.products.kept_products(Some(seller), None, page).await?;
            for product in page.data {
                self.withhold_product(product.id, withheld).await?;
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn withhold_product(&self, id: ProductId, withheld: bool) -> Result<(), BuyError> {
        let stored = self.products.find(id).await?.ok_or(BuyError::NoProduct)?;
        if stored.state.withheld == withheld {
            return Ok(());
        }
        let change =
            |product| Ok::<_, BuyError>((Product { withheld, ..product }, Effects::none()));
        update(&*self.products, id, change).await.map(|_| ())
    }
}
