//! Pictures that were uploaded, as those who show them know them: an id, addresses, and what holds them.
//!
//! What shows a picture holds it: it is taken in the commit that puts it up, and let go in the one that takes it down.
//! A picture hangs in one place at a time, and what hangs is not swept away. Where the files are is not told here.
//! Private pictures hang nowhere: they are evidence, held for good by what they prove something of.

mod choose;
mod evidence;
mod image;
mod links;
mod news;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use choose::{Chosen, choose};
pub use evidence::{kept, unfit_evidence};
pub use image::{Image, ImageId, MAX_IMAGES, NewImage, Shown, Shows, faults, pictures_of, place};
pub use links::{NoLinks, PictureLink, PictureLinks};
pub use news::{NEWS, REPLACED, Standing, TAKEN_DOWN, concerns, stand};

use crate::{FieldError, Id, StoreError, Tagged, Timestamp, UserId};

pub type PictureId = Id<Picture>;

impl Tagged for Picture {
    const PREFIX: &'static str = "pic";
}

/// An uploaded picture, as far as whoever shows it has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub id: PictureId,
    pub owner: UserId,
    /// What it shows, for those who cannot see it.
    pub alt: String,
    /// The first of those that replaced each other; itself when it replaced none.
    pub stem: PictureId,
    pub holder: Option<Holder>,
    pub state: PictureState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureState {
    /// Not there yet.
    Uploading,
    /// Seen by links that expire alone.
    Private,
    /// Seen by everyone.
    Open(PictureUrls),
    /// Removed, or on its way to be.
    Gone,
}

/// Where a picture is seen, in each size.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureUrls {
    /// In a row of a list.
    pub thumb: String,
    /// On a card of a search.
    pub card: String,
    /// On a page of its own.
    pub full: String,
}

/// What holds a picture, in its own words: `rent_listing` and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub kind: String,
    pub id: Uuid,
}

impl Holder {
    pub fn new(kind: &str, id: impl Into<Uuid>) -> Self {
        Self { kind: kind.to_owned(), id: id.into() }
    }
}

/// A picture that is put up or taken down, with the change that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureMove {
    pub picture: PictureId,
    pub holder: Holder,
    pub way: Way,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Refused as [`crate::CommitError::Taken`] with [`HELD`] unless it is open and hangs nowhere.
    Take,
    /// Refused as `Take` is unless it is private and nothing holds it; it stays for good, and stays what it is.
    Keep,
    /// Fine as well when it hangs there no more.
    Leave,
}

/// Why a picture that a request names will not do.
fn fault(pointer: String, (code, detail): (&str, &str)) -> FieldError {
    FieldError::new(pointer, code, detail)
}

/// The name by which a store refuses a picture that cannot be taken.
pub const HELD: &str = "pictures_held";

/// Where uploaded pictures are looked up.
#[async_trait]
pub trait Pictures: Send + Sync {
    /// Those of these pictures that there ever were, and those that the holder holds; in one question.
    async fn pictures(
        &self,
        ids: &[PictureId],
        holder: Option<&Holder>,
    ) -> Result<Vec<Picture>, StoreError>;
}

/// What changes hands when a holder shows other pictures than before.
pub fn moves(
    holder: &Holder,
    before: &[PictureId],
    after: &[PictureId],
    at: Timestamp,
) -> Vec<PictureMove> {
    let moved = |picture: &PictureId, way| PictureMove {
        picture: *picture,
        holder: holder.clone(),
        way,
        at,
    };
    let left = before.iter().filter(|id| !after.contains(id)).map(|id| moved(id, Way::Leave));
    let taken = after.iter().filter(|id| !before.contains(id)).map(|id| moved(id, Way::Take));
    left.chain(taken).collect()
}
