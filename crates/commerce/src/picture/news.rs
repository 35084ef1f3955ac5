//! What becomes of images when their pictures are replaced or taken down: judged by how things stand, never by the
//! order in which news comes.

use serde_json::Value;
use uuid::Uuid;

use super::{
    Holder, Image, Picture, PictureId, PictureMove, PictureState, Pictures, Shown, moves,
    pictures_of,
};
use crate::{StoreError, Timestamp};

/// Told when a picture took the place of another.
pub const REPLACED: &str = "image_replaced";

/// Told when the house took a picture away from what showed it.
pub const TAKEN_DOWN: &str = "image_taken_down";

/// What whoever shows pictures listens to.
pub const NEWS: &[&str] = &[REPLACED, TAKEN_DOWN];

/// The holder that such news is about, if it is of this kind.
pub fn concerns(news: &Value, kind: &str) -> Option<Uuid> {
    let holder = news.get("holder").filter(|holder| !holder.is_null())?;
    let holder: Holder = serde_json::from_value(holder.clone()).ok()?;
    (holder.kind == kind).then_some(holder.id)
}

/// What a holder shows from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub images: Vec<Image>,
    /// Pictures that it holds and does not show.
    pub moves: Vec<PictureMove>,
}

/// Images as their pictures stand now: one that was replaced gives way to what replaced it, one that is gone goes.
pub async fn stand(
    pictures: &dyn Pictures,
    holder: &Holder,
    images: &[Image],
    at: Timestamp,
) -> Result<Standing, StoreError> {
    let named = pictures_of(images);
    let known = pictures.pictures(&named, Some(holder)).await?;
    let images: Vec<_> =
        images.iter().filter_map(|image| standing(image, holder, &named, &known)).collect();
    let held: Vec<_> = known.iter().filter(|it| holds(holder, it)).map(|it| it.id).collect();
    let shown: Vec<_> = pictures_of(&images).into_iter().filter(|id| held.contains(id)).collect();
    Ok(Standing { images, moves: moves(holder, &held, &shown, at) })
}

fn holds(holder: &Holder, picture: &Picture) -> bool {
    picture.holder.as_ref() == Some(holder)
}

fn standing(
    image: &Image,
    holder: &Holder,
    named: &[PictureId],
    known: &[Picture],
) -> Option<Image> {
    let Some(id) = image.picture_id() else { return Some(image.clone()) };
    let own = known.iter().find(|picture| picture.id == id)?;
    if own.state != PictureState::Gone {
        return Some(image.clone());
    }
    let heir = |it: &&Picture| it.stem == own.stem && holds(holder, it) && !named.contains(&it.id);
    let heir = known.iter().find(heir)?;
    let PictureState::Open(urls) = &heir.state else { return None };
    let words = |text: &&String| !text.is_empty();
    Some(Image {
        url: urls.full.clone(),
        alt: Some(&heir.alt).filter(words).unwrap_or(&image.alt).clone(),
        picture: Some(Shown { id: heir.id, urls: urls.clone() }),
        ..image.clone()
    })
}
