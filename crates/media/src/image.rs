//! An image: who brought it, what it belongs to, and how far it is on its way into the store or out of it.

use commerce::{Aggregate, Env, Id, Tagged, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{MediaError, Place, Placed, View};

pub type ImageId = Id<Image>;

impl Tagged for Image {
    const PREFIX: &'static str = "pic";
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub id: ImageId,
    pub owner: UserId,
    /// What it shows, for those who cannot see it.
    pub alt: String,
    pub visibility: Visibility,
    /// The name of the store it was given to.
    pub store: String,
    /// Of the largest size that is kept.
    pub width: u32,
    pub height: u32,
    pub holder: Option<Holder>,
    pub state: ImageState,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    Public,
    /// Seen by links that expire: damages, papers.
    Private,
}

impl Visibility {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Public, Self::Private].into_iter().find(|visibility| visibility.as_str() == text)
    }
}

/// What an image belongs to, in a mode's own words: `rent_listing` and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub kind: String,
    pub id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ImageState {
    /// On its way to the store. What is not there `until` then is taken back.
    Uploading {
        until: Timestamp,
    },
    /// In the store; `views` is empty for private images.
    Stored {
        at: Timestamp,
        placed: Placed,
        views: Vec<View>,
    },
    /// On its way out of the store.
    Removing {
        since: Timestamp,
    },
    Removed {
        at: Timestamp,
    },
}

impl ImageState {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Uploading { .. } => "uploading",
            Self::Stored { .. } => "stored",
            Self::Removing { .. } => "removing",
            Self::Removed { .. } => "removed",
        }
    }
}

impl Aggregate for Image {
    type Id = ImageId;

    fn id(&self) -> ImageId {
        self.id
    }
}

impl Image {
    /// Known before the store is asked, so that what breaks off half-way can be found and removed.
    pub fn place(&self) -> Place {
        Place::of(self.id, self.visibility)
    }

    pub fn is_stored(&self) -> bool {
        matches!(self.state, ImageState::Stored { .. })
    }

    /// Neither wanted nor gone yet, or gone.
    pub fn is_leaving(&self) -> bool {
        matches!(self.state, ImageState::Removing { .. } | ImageState::Removed { .. })
    }

    pub fn views(&self) -> &[View] {
        match &self.state {
            ImageState::Stored { views, .. } => views,
            ImageState::Uploading { .. }
            | ImageState::Removing { .. }
            | ImageState::Removed { .. } => &[],
        }
    }

    /// It has reached the store. An upload that was taken back meanwhile stays so.
    pub(crate) fn stored(
        self,
        env: &Env,
        placed: Placed,
        views: Vec<View>,
    ) -> Result<Self, MediaError> {
        match self.state {
            ImageState::Uploading { .. } => {
                Ok(Self { state: ImageState::Stored { at: env.now(), placed, views }, ..self })
            }
            ImageState::Stored { .. }
            | ImageState::Removing { .. }
            | ImageState::Removed { .. } => Err(MediaError::TakenBack),
        }
    }

    /// From now on nobody sees it; the store hears of it through the outbox.
    pub(crate) fn leaving(self, now: Timestamp) -> Self {
        match self.state {
            ImageState::Uploading { .. } | ImageState::Stored { .. } => {
                Self { state: ImageState::Removing { since: now }, holder: None, ..self }
            }
            ImageState::Removing { .. } | ImageState::Removed { .. } => self,
        }
    }

    pub(crate) fn gone(self, now: Timestamp) -> Self {
        Self { state: ImageState::Removed { at: now }, ..self }
    }

    pub(crate) fn held_by(self, holder: Holder) -> Result<Self, MediaError> {
        match &self.holder {
            _ if !self.is_stored() => Err(MediaError::NoImage),
            Some(other) if *other != holder => Err(MediaError::AttachedElsewhere),
            Some(_) | None => Ok(Self { holder: Some(holder), ..self }),
        }
    }
}
