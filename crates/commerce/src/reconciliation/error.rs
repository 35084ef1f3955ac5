//! Why a reconciliation stops.

use thiserror::Error;

use crate::{CommitError, Failure, Kind, StoreError, ledger::Unbalanced, payment::GatewayError};

#[derive(Debug, Error)]
pub enum ReconcileError {
    #[error("there is no payment provider `{0}`")]
    NoProvider(String),
    #[error("the provider `{0}` cannot be asked for its record")]
    NoStatement(String),
    /// The same place in the list was given twice; nobody would ever come to its end.
    #[error("the provider `{0}` lists in a circle")]
    Circle(String),
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl From<StoreError> for ReconcileError {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

impl Failure for ReconcileError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoProvider(_) | Self::NoStatement(_) => Kind::Invalid,
            Self::Circle(_) | Self::Gateway(_) => Kind::Unavailable,
            Self::Unbalanced(_) => Kind::Internal,
            Self::Commit(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoProvider(_) => "no_provider",
            Self::NoStatement(_) => "no_statement",
            Self::Circle(_) | Self::Gateway(_) => "provider_unavailable",
            Self::Unbalanced(_) => "unbalanced",
            Self::Commit(error) => error.code(),
        }
    }
}
