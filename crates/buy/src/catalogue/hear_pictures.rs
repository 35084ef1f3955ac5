//! Hears what became of uploaded pictures: a product shows the one that replaced another, and loses what is gone.

use async_trait::async_trait;
use commerce::{
    Effects,
    event::{Delivery, Subscriber, Trouble},
    picture, retrying,
};

use super::{Product, ProductId, product::HOLDS};
use crate::{Buy, BuyError};

pub struct HearPictures(pub Buy);

#[async_trait]
impl Subscriber for HearPictures {
    fn name(&self) -> &'static str {
        "buy.hear_pictures"
    }

    fn events(&self) -> &'static [&'static str] {
        picture::NEWS
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        let Some(product) = picture::concerns(&delivery.body, HOLDS) else { return Ok(()) };
        let heard = retrying(|| self.0.look_at_pictures(product.into())).await;
        heard.map_err(|error: BuyError| Trouble::Passing(error.to_string()))
    }
}

impl Buy {
    /// Goes by how the pictures stand now, so news may come late, twice or out of order.
    async fn look_at_pictures(&self, id: ProductId) -> Result<(), BuyError> {
        let Some(stored) = self.products.find(id).await? else { return Ok(()) };
        let (holder, now) = (Product::holder(id), self.env.now());
        let images = &stored.state.images;
        let standing = picture::stand(&*self.pictures, &holder, images, now).await?;
        if standing.images == *images && standing.moves.is_empty() {
            return Ok(());
        }
        let product = Product { images: standing.images, updated_at: now, ..stored.state.clone() };
        let effects = Effects::none().pictures(standing.moves);
        Ok(self.products.commit(stored.becomes(product).with(effects)).await?)
    }
}
