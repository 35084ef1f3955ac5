//! Choose uploaded pictures to show: those that are one's own, there, open to everyone and hang nowhere.

use std::collections::BTreeMap;

use super::{NewImage, Picture, PictureId, PictureState, Pictures, Shown, Shows, fault};
use crate::{Actor, FieldError, StoreError};

/// Pictures that may be shown.
#[derive(Debug, Clone, Default)]
pub struct Chosen(BTreeMap<PictureId, (Shown, String)>);

impl Chosen {
    /// None at all: for images of the web.
    pub fn none() -> Self {
        Self::default()
    }

    /// How it is shown, and in which words. One that was not chosen is seen nowhere; whoever asked was told its fault.
    pub(super) fn shown(&self, id: PictureId) -> (Shown, String) {
        let nowhere = || (Shown { id, urls: super::PictureUrls::default() }, String::new());
        self.0.get(&id).cloned().unwrap_or_else(nowhere)
    }
}

/// The pictures that new images name, and every reason why one of them cannot be shown; `pointer` says where in the
/// request an image is named.
pub async fn choose(
    pictures: &dyn Pictures,
    actor: &Actor,
    images: &[NewImage],
    pointer: impl Fn(usize) -> String + Send,
) -> Result<(Chosen, Vec<FieldError>), StoreError> {
    let asked: Vec<(usize, PictureId)> = images.iter().enumerate().filter_map(named).collect();
    if asked.is_empty() {
        return Ok((Chosen::none(), Vec::new()));
    }
    let ids: Vec<_> = asked.iter().map(|(_, id)| *id).collect();
    let known = pictures.pictures(&ids, None).await?;
    let (mut chosen, mut faults) = (Chosen::none(), Vec::new());
    for (at, id) in asked {
        let found = known.iter().find(|picture| picture.id == id);
        let place = || format!("{}/picture", pointer(at));
        match judged(actor, found) {
            _ if chosen.0.contains_key(&id) => {
                faults.push(fault(place(), ("repeated", "a picture is shown once")));
            }
            Ok((shown, alt)) => drop(chosen.0.insert(id, (shown, alt))),
            Err(why) => faults.push(fault(place(), why)),
        }
    }
    Ok((chosen, faults))
}

fn named((at, new): (usize, &NewImage)) -> Option<(usize, PictureId)> {
    match new.shows {
        Shows::Picture(id) => Some((at, id)),
        Shows::Web(_) => None,
    }
}

type Why = (&'static str, &'static str);

/// A stranger's picture is as good as none.
fn judged(actor: &Actor, found: Option<&Picture>) -> Result<(Shown, String), Why> {
    let own = found.filter(|picture| actor.may_see(picture.owner));
    let picture = own.ok_or(("unknown_picture", "you have no such picture"))?;
    match &picture.state {
        PictureState::Gone => Err(("unknown_picture", "you have no such picture")),
        PictureState::Uploading => Err(("picture_not_ready", "it is still being uploaded")),
        PictureState::Private => Err(("picture_private", "a private picture is shown to nobody")),
        PictureState::Open(_) if picture.holder.is_some() => {
            Err(("picture_in_use", "it hangs elsewhere; upload it once more"))
        }
        PictureState::Open(urls) => {
            Ok((Shown { id: picture.id, urls: urls.clone() }, picture.alt.clone()))
        }
    }
}
