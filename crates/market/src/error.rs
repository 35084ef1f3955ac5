//! Why selling for others refuses.

use commerce::{
    CommitError, Failure, FieldError, IsStale, Kind, Money, MoneyError, StoreError,
    ledger::Unbalanced,
};
use serde_json::{Value, json};
use thiserror::Error;

#[derive(Debug, Error)]
pub enum MarketError {
    #[error("no such seller")]
    NoSeller,
    #[error("no such member of the team")]
    NoMember,
    #[error("no such rule")]
    NoRule,
    #[error("no such payout")]
    NoPayout,
    #[error("only operators may do this")]
    NotAnOperator,
    #[error("only the owners of a seller may do this")]
    NotAnOwner,
    #[error("you belong to a seller already")]
    HasSeller,
    #[error("that person belongs to a seller already")]
    MemberElsewhere,
    #[error("a seller needs an owner")]
    LastOwner,
    #[error("a team has at most {0} members")]
    TeamFull(usize),
    #[error("there are at most {0} rules")]
    TooManyRules(usize),
    #[error("a seller that is {0} does not allow this")]
    WrongState(&'static str),
    #[error("some of it makes no sense")]
    Invalid(Vec<FieldError>),
    #[error("it was changed since you read it")]
    Outdated,
    #[error("there is nothing to pay out")]
    NothingToPay,
    #[error("{amount} is less than the seller's minimum of {minimum}")]
    BelowMinimum { amount: Money, minimum: Money },
    #[error("the seller has not said where to pay it")]
    NoPayoutAccount,
    #[error(
        "only payouts that are paid by hand are reported; others are followed at their provider"
    )]
    NotByHand,
    #[error("the payout provider speaks of another amount")]
    Mismatch,
    #[error("the payout provider gave no usable answer")]
    Unanswered,
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
    #[error(transparent)]
    Commit(CommitError),
}

impl From<CommitError> for MarketError {
    fn from(error: CommitError) -> Self {
        match &error {
            CommitError::Taken(what) if what == "market_members_member_key" => {
                Self::MemberElsewhere
            }
            _ => Self::Commit(error),
        }
    }
}

impl From<StoreError> for MarketError {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

impl IsStale for MarketError {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Commit(error) if error.is_stale())
    }
}

impl Failure for MarketError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoSeller | Self::NoMember | Self::NoRule | Self::NoPayout => Kind::NotFound,
            Self::NotAnOperator | Self::NotAnOwner => Kind::Forbidden,
            Self::Invalid(_) | Self::Money(_) => Kind::Invalid,
            Self::Outdated => Kind::Stale,
            Self::HasSeller
            | Self::MemberElsewhere
            | Self::LastOwner
            | Self::TeamFull(_)
            | Self::TooManyRules(_)
            | Self::WrongState(_)
            | Self::NothingToPay
            | Self::BelowMinimum { .. }
            | Self::NoPayoutAccount
            | Self::NotByHand => Kind::Conflict,
            Self::Unanswered => Kind::Unavailable,
            Self::Mismatch | Self::Unbalanced(_) => Kind::Internal,
            Self::Commit(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoSeller => "no_seller",
            Self::NoMember => "no_member",
            Self::NoRule => "no_rule",
            Self::NoPayout => "no_payout",
            Self::NotAnOperator => "not_an_operator",
            Self::NotAnOwner => "not_an_owner",
            Self::HasSeller => "has_seller",
            Self::MemberElsewhere => "member_elsewhere",
            Self::LastOwner => "last_owner",
            Self::TeamFull(_) => "team_full",
            Self::TooManyRules(_) => "too_many_rules",
            Self::WrongState(_) => "wrong_state",
            Self::Invalid(_) => "invalid",
            Self::Outdated => "outdated",
            Self::NothingToPay => "nothing_to_pay",
            Self::BelowMinimum { .. } => "below_minimum",
            Self::NoPayoutAccount => "no_payout_account",
            Self::NotByHand => "not_by_hand",
            Self::Mismatch => "payout_mismatch",
            Self::Unanswered => "payout_provider_unavailable",
            Self::Money(_) => "bad_amount",
            Self::Unbalanced(_) => "unbalanced",
            Self::Commit(error) => error.code(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            Self::Commit(error) => error.fields(),
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> Option<Value> {
        match self {
            Self::BelowMinimum { amount, minimum } => {
                Some(json!({"payable": amount, "minimum": minimum}))
            }
            Self::Commit(error) => error.facts(),
            _ => None,
        }
    }
}
