//! What a store promises, and the way to decide again when another writer was quicker.

use std::error::Error;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{Aggregate, Change, Effects, Failure, FieldError, Kind, ResourceId, Stored};

/// Where aggregates of one kind are kept.
#[async_trait]
pub trait Repository<T: Aggregate>: Send + Sync {
    async fn find(&self, id: T::Id) -> Result<Option<Stored<T>>, StoreError>;

    /// Writes the aggregates and every effect, or nothing at all.
    async fn commit(&self, change: Change<T>) -> Result<(), CommitError>;
}

#[derive(Debug, thiserror::Error)]
#[error("the store is unavailable")]
pub struct StoreError(#[source] pub Box<dyn Error + Send + Sync>);

impl StoreError {
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

/// A list was asked to go on from where it never was: the cursor is not one it gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor does not belong to this list")]
pub struct BadCursor;

#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    #[error("it was changed by someone else in the meantime")]
    Stale,
    #[error("it was already made, perhaps by an earlier try of the same request")]
    Exists,
    #[error("`{0}` is already taken")]
    Taken(String),
    #[error("there is not enough left")]
    OutOfStock(Vec<ResourceId>),
    #[error("account {0} holds too little")]
    InsufficientFunds(String),
    /// It was reversed whole, or the hold has ended, or less is left of it than was asked for.
    #[error("posting {0} cannot be taken back or ended so, or not again")]
    PostingEnded(Uuid),
    /// The key is known, and what was posted under it says something else.
    #[error("posting {0} was made before and says something else")]
    OtherInput(Uuid),
    #[error("the request was already carried out")]
    AlreadyDone,
    #[error(transparent)]
    BadCursor(#[from] BadCursor),
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for CommitError {
    /// What is the client's mistake does not count as the store's.
    fn from(error: StoreError) -> Self {
        match error.0.downcast_ref::<BadCursor>() {
            Some(bad) => Self::BadCursor(*bad),
            None => Self::Store(error),
        }
    }
}

impl Failure for CommitError {
    fn kind(&self) -> Kind {
        match self {
            Self::Stale
            | Self::Exists
            | Self::Taken(_)
            | Self::OutOfStock(_)
            | Self::InsufficientFunds(_)
            | Self::PostingEnded(_)
            | Self::AlreadyDone => Kind::Conflict,
            Self::BadCursor(_) | Self::OtherInput(_) => Kind::Invalid,
            Self::Store(_) => Kind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Stale => "changed_meanwhile",
            Self::Exists => "already_exists",
            Self::Taken(_) => "taken",
            Self::OutOfStock(_) => "out_of_stock",
            Self::InsufficientFunds(_) => "insufficient_funds",
            Self::PostingEnded(_) => "posting_ended",
            Self::OtherInput(_) => "posting_differs",
            Self::AlreadyDone => "already_done",
            Self::BadCursor(_) => "bad_cursor",
            Self::Store(_) => "unavailable",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::BadCursor(error) => {
                vec![FieldError::new("cursor", self.code(), error.to_string())]
            }
            _ => Vec::new(),
        }
    }
}

/// How often a decision is made again before the caller is told to try later. Each time another writer got
/// through, so of this many who write to one thing at the same moment none is turned away.
pub const ATTEMPTS: usize = 64;

/// Loads, decides and commits, deciding again when another writer got there first.
pub async fn update<T, E>(
    repository: &(impl Repository<T> + ?Sized),
    id: T::Id,
    decide: impl Fn(T) -> Result<(T, Effects), E> + Send,
) -> Result<Option<T>, E>
where
    T: Aggregate,
    E: From<CommitError>,
{
    for _ in 0..ATTEMPTS {
        let Some(stored) = repository.find(id).await.map_err(CommitError::from)? else {
            return Ok(None);
        };
        let version = stored.version;
        let (state, effects) = decide(stored.state)?;
        let write = crate::Write::over(version, state.clone());
        match repository.commit(write.with(effects)).await {
            Ok(()) => return Ok(Some(state)),
            Err(CommitError::Stale) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommitError::Stale.into())
}

/// Runs a whole read-decide-commit again while it ends in [`CommitError::Stale`].
pub async fn retrying<T, E, A>(attempt: impl Fn() -> A) -> Result<T, E>
where
    A: Future<Output = Result<T, E>>,
    E: From<CommitError> + IsStale,
{
    for _ in 0..ATTEMPTS {
        match attempt().await {
            Err(error) if error.is_stale() => {}
            done => return done,
        }
    }
    Err(CommitError::Stale.into())
}

/// Whether an error only means that another writer was quicker.
pub trait IsStale {
    fn is_stale(&self) -> bool;
}

impl IsStale for CommitError {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Stale)
    }
}
