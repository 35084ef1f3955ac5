//! Why a wallet refuses.

use serde_json::{Value, json};
use thiserror::Error;

use crate::{Currency, Failure, FieldError, Kind, Money};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WalletError {
    #[error("no such wallet")]
    NoWallet,
    #[error("{missing} more would have to be in the wallet")]
    InsufficientFunds { missing: Money },
    #[error("a wallet is not topped up from itself")]
    TopsUpItself,
    #[error("the wallet takes no {0}")]
    OtherCurrency(Currency),
    #[error("{least} at least is paid in at a time")]
    TooLittle { least: Money },
    #[error("{most} at most is paid in at a time")]
    TooMuch { most: Money },
    #[error("the wallet has room for {room} more")]
    Full { room: Money },
}

impl Failure for WalletError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoWallet => Kind::NotFound,
            Self::InsufficientFunds { .. } | Self::Full { .. } => Kind::Conflict,
            Self::TopsUpItself
            | Self::OtherCurrency(_)
            | Self::TooLittle { .. }
            | Self::TooMuch { .. } => Kind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoWallet => "no_wallet",
            Self::InsufficientFunds { .. } => "insufficient_funds",
            Self::TopsUpItself => "tops_up_itself",
            Self::OtherCurrency(_) => "currency_not_taken",
            Self::TooLittle { .. } => "top_up_too_small",
            Self::TooMuch { .. } => "top_up_too_large",
            Self::Full { .. } => "wallet_full",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let pointer = match self {
            Self::TopsUpItself => "#/provider",
            Self::OtherCurrency(_) => "#/amount/currency",
            Self::TooLittle { .. } | Self::TooMuch { .. } => "#/amount",
            Self::NoWallet | Self::InsufficientFunds { .. } | Self::Full { .. } => {
                return Vec::new();
            }
        };
        vec![FieldError::new(pointer, self.code(), self.to_string())]
    }

    fn facts(&self) -> Option<Value> {
        match self {
            Self::InsufficientFunds { missing } => Some(json!({ "missing": missing })),
            Self::Full { room } => Some(json!({ "room": room })),
            Self::TooLittle { least } => Some(json!({ "least": least })),
            Self::TooMuch { most } => Some(json!({ "most": most })),
            Self::NoWallet | Self::TopsUpItself | Self::OtherCurrency(_) => None,
        }
    }
}
