//! Why pictures are refused.

use commerce::{CommitError, Failure, FieldError, IsStale, Kind, StoreError};
use thiserror::Error;

use crate::{StoreTrouble, Unfit};

#[derive(Debug, Error)]
pub enum MediaError {
    #[error("no such image")]
    NoImage,
    #[error(transparent)]
    Unfit(#[from] Unfit),
    #[error("a description has at most {0} characters")]
    AltTooLong(usize),
    #[error("{0} of your images are attached to nothing; remove some first")]
    TooManyUnused(u64),
    #[error("the image is shown somewhere; take it off there first, or replace it")]
    InUse,
    #[error("the image is evidence, and stays what it is")]
    Evidence,
    #[error("the image is not private; its addresses are open")]
    NotPrivate,
    #[error("the upload took too long and was taken back")]
    TakenBack,
    #[error("the place where pictures are kept is out of reach")]
    OutOfReach(#[source] StoreTrouble),
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl From<StoreError> for MediaError {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

impl IsStale for MediaError {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Commit(error) if error.is_stale())
    }
}

impl Failure for MediaError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoImage => Kind::NotFound,
            Self::Unfit(_) | Self::AltTooLong(_) => Kind::Invalid,
            Self::TooManyUnused(_) | Self::InUse | Self::Evidence | Self::NotPrivate => {
                Kind::Conflict
            }
            Self::TakenBack | Self::OutOfReach(_) => Kind::Unavailable,
            Self::Commit(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoImage => "no_image",
            Self::Unfit(unfit) => unfit.code(),
            Self::AltTooLong(_) => "too_long",
            Self::TooManyUnused(_) => "too_many_unused_images",
            Self::InUse | Self::Evidence => "image_in_use",
            Self::NotPrivate => "image_not_private",
            Self::TakenBack => "upload_taken_back",
            Self::OutOfReach(_) => "image_store_out_of_reach",
            Self::Commit(error) => error.code(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let field = |pointer: &str| vec![FieldError::new(pointer, self.code(), self.to_string())];
        match self {
            Self::Unfit(_) => field("#/file"),
            Self::AltTooLong(_) => field("#/alt"),
            Self::Commit(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}
