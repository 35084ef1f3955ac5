//! Why an order refuses.

use thiserror::Error;

use crate::{Failure, Kind, MoneyError, claim::ClaimError};

#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum OrderError {
    #[error("the order is paid already")]
    AlreadyPaid,
    #[error("the order is cancelled")]
    Cancelled,
    #[error("the order still waits for payment")]
    NotExpired,
    #[error("nobody asked to cancel the order")]
    NoCancellationRequest,
    #[error("the lines of the order do not add up to its total")]
    DoesNotAddUp,
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Claim(#[from] ClaimError),
}

impl Failure for OrderError {
    fn kind(&self) -> Kind {
        match self {
            Self::AlreadyPaid
            | Self::Cancelled
            | Self::NotExpired
            | Self::NoCancellationRequest => Kind::Conflict,
            Self::Money(_) => Kind::Invalid,
            Self::DoesNotAddUp | Self::Claim(_) => Kind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyPaid => "order_paid",
            Self::Cancelled => "order_cancelled",
            Self::NotExpired => "order_pending",
            Self::NoCancellationRequest => "no_cancellation_request",
            Self::DoesNotAddUp => "order_does_not_add_up",
            Self::Money(_) => "bad_amount",
            Self::Claim(_) => "bad_claim",
        }
    }
}
