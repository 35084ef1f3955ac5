//! An image on something that is shown: an uploaded picture, or one that is elsewhere on the web.

use serde::{Deserialize, Serialize};

use super::{Chosen, PictureId, PictureUrls};
use crate::{Env, FieldError, Id, Tagged};

/// How many images anything has.
pub const MAX_IMAGES: usize = 20;

pub type ImageId = Id<Image>;

impl Tagged for Image {
    const PREFIX: &'static str = "img";
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    pub id: ImageId,
    /// Where it is seen in its largest size.
    pub url: String,
    /// What it shows, for those who cannot see it.
    pub alt: String,
    /// Absent for what is elsewhere on the web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Shown>,
}

/// An uploaded picture where it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub id: PictureId,
    pub urls: PictureUrls,
}

impl Image {
    pub fn picture_id(&self) -> Option<PictureId> {
        self.picture.as_ref().map(|shown| shown.id)
    }

    /// Where it is seen on a card of a search.
    pub fn card_url(&self) -> &str {
        self.picture.as_ref().map_or(&self.url, |shown| &shown.urls.card)
    }
}

/// What a new image shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shows {
    /// Something at this address.
    Web(String),
    Picture(PictureId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImage {
    pub shows: Shows,
    /// The picture's own words when absent.
    pub alt: Option<String>,
    /// Where among the others, from 0; last when absent.
    pub position: Option<usize>,
}

impl NewImage {
    /// What is elsewhere on the web.
    pub fn web(url: impl Into<String>, alt: impl Into<String>) -> Self {
        Self { shows: Shows::Web(url.into()), alt: Some(alt.into()), position: None }
    }

    pub fn picture(id: PictureId) -> Self {
        Self { shows: Shows::Picture(id), alt: None, position: None }
    }

    pub fn at(self, position: usize) -> Self {
        Self { position: Some(position), ..self }
    }
}

/// Puts an image among the others.
pub fn place(images: &mut Vec<Image>, env: &Env, new: NewImage, chosen: &Chosen) {
    let at = new.position.unwrap_or(usize::MAX).min(images.len());
    let id = Id::new(env);
    let image = match new.shows {
        Shows::Web(url) => Image { id, url, alt: new.alt.unwrap_or_default(), picture: None },
        Shows::Picture(picture) => {
            let (shown, alt) = chosen.shown(picture);
            let (url, alt) = (shown.urls.full.clone(), new.alt.unwrap_or(alt));
            Image { id, url, alt, picture: Some(shown) }
        }
    };
    images.insert(at, image);
}

/// The uploaded pictures among them.
pub fn pictures_of(images: &[Image]) -> Vec<PictureId> {
    images.iter().filter_map(Image::picture_id).collect()
}

/// What makes no sense about images, beside their pictures.
pub fn faults(images: &[Image]) -> Vec<FieldError> {
    let mut faults = Vec::new();
    for (at, image) in images.iter().enumerate() {
        if image.picture.is_none() && !is_address(&image.url) {
            let detail = "an address begins with `https://`, `http://` or `/`";
            faults.push(FieldError::new(format!("#/images/{at}/url"), "not_an_address", detail));
        }
    }
    if images.len() > MAX_IMAGES {
        faults.push(FieldError::new("#/images", "too_many", "there are at most 20 images"));
    }
    faults
}

fn is_address(url: &str) -> bool {
    let local = url.starts_with('/') && !url.starts_with("//");
    let rooted = ["https://", "http://"].iter().any(|scheme| {
        url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    });
    (local || rooted) && !url.chars().any(|c| c.is_whitespace() || c.is_control())
}
