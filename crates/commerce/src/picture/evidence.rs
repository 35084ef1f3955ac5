//! Choose private pictures as evidence: one's own, there, and held by nothing. What became evidence stays what it was.

use std::collections::BTreeSet;

use super::{Holder, Picture, PictureId, PictureMove, PictureState, Pictures, Way, fault};
use crate::{Actor, FieldError, StoreError, Timestamp, UserId};

/// Every reason why one of these pictures cannot be evidence; `pointer` says where in the request it is named.
///
/// They are the actor's own, whoever that is: not even an operator shows others what somebody keeps private.
pub async fn unfit_evidence(
    pictures: &dyn Pictures,
    actor: &Actor,
    ids: &[PictureId],
    pointer: impl Fn(usize) -> String + Send,
) -> Result<Vec<FieldError>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let known = pictures.pictures(ids, None).await?;
    let mut named = BTreeSet::new();
    let mut faults = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        let found = known.iter().find(|picture| picture.id == *id);
        let why = match unfit(actor.user, found) {
            None if named.insert(*id) => continue,
            None => ("repeated", "a picture is evidence once"),
            Some(why) => why,
        };
        faults.push(fault(pointer(at), why));
    }
    Ok(faults)
}

/// A stranger's picture is as good as none.
fn unfit(user: UserId, found: Option<&Picture>) -> Option<(&'static str, &'static str)> {
    let unknown = Some(("unknown_picture", "you have no such picture"));
    let Some(picture) = found.filter(|picture| picture.owner == user) else { return unknown };
    match &picture.state {
        PictureState::Gone => unknown,
        PictureState::Uploading => Some(("picture_not_ready", "it is still being uploaded")),
        PictureState::Open(_) => {
            Some(("picture_public", "everyone may see it; upload it as a private one"))
        }
        PictureState::Private => {
            picture.holder.as_ref().map(|_| ("picture_in_use", "it is used; upload it once more"))
        }
    }
}

/// What changes hands when a holder names more evidence than before; it never lets go of any.
pub fn kept(
    holder: &Holder,
    before: &[PictureId],
    after: &[PictureId],
    at: Timestamp,
) -> Vec<PictureMove> {
    let new = after.iter().filter(|id| !before.contains(id));
    new.map(|id| PictureMove { picture: *id, holder: holder.clone(), way: Way::Keep, at }).collect()
}
