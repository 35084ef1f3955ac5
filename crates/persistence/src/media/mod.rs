//! Images.

mod hung;
mod image;
mod images;
mod pictures;

pub use hung::steps as picture_steps;

use crate::check::Invariant;

/// What pictures are promised; `souk check` looks for exceptions.
pub const INVARIANTS: &[Invariant] = &[Invariant::new(
    "every image on its way out was told to its store",
    "select i.id as culprit from media_images i where i.state in ('removing', 'removed') and not exists (
         select 1 from commerce_events e where e.subject = i.id and e.name = 'image_removal_due')",
)];
