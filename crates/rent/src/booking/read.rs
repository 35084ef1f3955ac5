//! Read bookings: each side its own, operators all.

use commerce::{Actor, Page, PageRequest, Role, Stored};

use super::{Booking, BookingFilter, BookingId};
use crate::{Rent, RentError};

impl Rent {
    pub async fn booking(
        &self,
        actor: &Actor,
        id: BookingId,
    ) -> Result<Stored<Booking>, RentError> {
        self.booking_for(actor, id).await.map(|(stored, _)| stored)
    }

    /// A traveller's own bookings; those of a shop, for whoever keeps it.
    pub async fn bookings(
        &self,
        actor: &Actor,
        filter: BookingFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Booking>>, RentError> {
        let filter = match filter.shop {
            Some(shop) => {
                self.own_shop(actor, shop).await?;
                filter
            }
            None if actor.role == Role::Operator => filter,
            None => BookingFilter { traveller: Some(actor.user), ..filter },
        };
        Ok(self.bookings.list_bookings(filter, page).await?)
    }
}
