//! Photos of a booking's records and charges: private pictures that it holds for good, in the commit that names them.

use commerce::{
    Actor, Effects, Timestamp,
    picture::{self, Holder, PictureId, PictureLink},
};
use serde::{Deserialize, Serialize};

use super::{Booking, BookingId};
use crate::{Rent, RentError};

/// How bookings are called as what holds pictures.
const HOLDS: &str = "rent_booking";

/// Written down as one text, whichever it is, so that releases before and after this one read each other's bookings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Photo {
    Picture(PictureId),
    /// Where it was kept, as shops said before pictures could be private. Nothing new is said so.
    Address(String),
}

impl From<String> for Photo {
    fn from(text: String) -> Self {
        text.parse().map_or(Self::Address(text), Self::Picture)
    }
}

impl From<Photo> for String {
    fn from(photo: Photo) -> Self {
        match photo {
            Photo::Picture(id) => id.to_string(),
            Photo::Address(url) => url,
        }
    }
}

/// Pictures that a request names, and where in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub pointer: &'static str,
    pub pictures: &'a [PictureId],
}

impl Named<'_> {
    pub fn photos(&self) -> Vec<Photo> {
        self.pictures.iter().copied().map(Photo::Picture).collect()
    }
}

impl Booking {
    /// As what holds its photos.
    fn holder(id: BookingId) -> Holder {
        Holder::new(HOLDS, id)
    }

    /// Every picture that its records and charges name.
    fn pictures(&self) -> Vec<PictureId> {
        let records = self.handed_over.iter().chain(&self.returned);
        let photos = records.flat_map(|record| &record.photos);
        let evidence = self.charges.iter().flat_map(|charge| &charge.evidence);
        let picture = |photo: &Photo| match photo {
            Photo::Picture(id) => Some(*id),
            Photo::Address(_) => None,
        };
        photos.chain(evidence).filter_map(picture).collect()
    }
}

/// What it names for the first time it holds from then on.
pub(super) fn taken(before: &Booking, after: &Booking, now: Timestamp) -> Effects {
    let holder = Booking::holder(after.id);
    let moves = picture::kept(&holder, &before.pictures(), &after.pictures(), now);
    Effects::none().pictures(moves)
}

impl Rent {
    /// A link to a photo, for whoever may read the booking.
    pub async fn photo_link(
        &self,
        actor: &Actor,
        id: BookingId,
        picture: PictureId,
    ) -> Result<PictureLink, RentError> {
        let booking = self.booking(actor, id).await?.state;
        if !booking.pictures().contains(&picture) {
            return Err(RentError::NoImage);
        }
        // What was named before anything was held is not the booking's to show.
        let link = self.links.link(picture, &Booking::holder(id)).await?;
        link.ok_or(RentError::NoImage)
    }
}
