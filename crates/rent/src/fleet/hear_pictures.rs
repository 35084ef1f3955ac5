//! Hears what became of uploaded pictures: a listing shows the one that replaced another, and loses what is gone.

use async_trait::async_trait;
use commerce::{
    Effects,
    event::{Delivery, Subscriber, Trouble},
    picture, retrying,
};

use super::{Listing, ListingId, listing::HOLDS};
use crate::{Rent, RentError};

pub struct HearPictures(pub Rent);

#[async_trait]
impl Subscriber for HearPictures {
    fn name(&self) -> &'static str {
        "rent.hear_pictures"
    }

    fn events(&self) -> &'static [&'static str] {
        picture::NEWS
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        let Some(listing) = picture::concerns(&delivery.body, HOLDS) else { return Ok(()) };
        Ok(retrying(|| self.0.look_at_pictures(listing.into())).await?)
    }
}

impl Rent {
    /// Goes by how the pictures stand now, so news may come late, twice or out of order.
    async fn look_at_pictures(&self, id: ListingId) -> Result<(), RentError> {
        let Some(stored) = self.listings.find(id).await? else { return Ok(()) };
        let (holder, now) = (Listing::holder(id), self.env.now());
        let images = &stored.state.images;
        let standing = picture::stand(&*self.pictures, &holder, images, now).await?;
        if standing.images == *images && standing.moves.is_empty() {
            return Ok(());
        }
        let listing = stored.state.clone().showing(standing.images, now);
        let listing = Listing { updated_at: now, ..listing };
        let effects = Effects::none().pictures(standing.moves);
        Ok(self.listings.commit(stored.becomes(listing).with(effects)).await?)
    }
}
