//! An image: who brought it, what it belongs to, and how far it is on its way into the store or out of it.

use commerce::{
    Aggregate, Env, Id, Tagged, Timestamp, UserId,
    picture::{Holder, Picture, PictureState, PictureUrls},
};
use serde::{Deserialize, Serialize};

use crate::{MediaError, Place, Placed, Variant, View};

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
    /// The first of those that replaced each other; itself when it replaced none.
    pub stem: ImageId,
    pub holder: Option<Holder>,
    /// Since when it hangs where it hangs, or nowhere.
    pub hung_at: Timestamp,
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

    /// A private picture that is held proves something, and stays what it was.
    pub fn is_evidence(&self) -> bool {
        self.visibility == Visibility::Private && self.holder.is_some()
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

    /// Where it is seen by everyone, in each size.
    pub fn urls(&self) -> Option<PictureUrls> {
        let url = |variant| {
            let view = self.views().iter().find(|view| view.variant == variant);
            view.map(|view| view.url.clone())
        };
        Some(PictureUrls {
            thumb: url(Variant::Thumb)?,
            card: url(Variant::Card)?,
            full: url(Variant::Full)?,
        })
    }

    /// As those who show pictures know it.
    pub fn picture(&self) -> Picture {
        let state = match (&self.state, self.urls()) {
            (ImageState::Uploading { .. }, _) => PictureState::Uploading,
            (ImageState::Stored { .. }, Some(urls)) => PictureState::Open(urls),
            (ImageState::Stored { .. }, None) => PictureState::Private,
            (ImageState::Removing { .. } | ImageState::Removed { .. }, _) => PictureState::Gone,
        };
        Picture {
            id: self.id.uuid().into(),
            owner: self.owner,
            alt: self.alt.clone(),
            stem: self.stem.uuid().into(),
            holder: self.holder.clone(),
            state,
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
                let at = env.now();
                let state = ImageState::Stored { at, placed, views };
                Ok(Self { hung_at: at, state, ..self })
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
                let state = ImageState::Removing { since: now };
                Self { holder: None, hung_at: now, state, ..self }
            }
            ImageState::Removing { .. } | ImageState::Removed { .. } => self,
        }
    }

    pub(crate) fn gone(self, now: Timestamp) -> Self {
        Self { state: ImageState::Removed { at: now }, ..self }
    }
}
