//! Why identity refuses.

use std::time::Duration;

use commerce::{CommitError, Failure, FieldError, IsStale, Kind, StoreError};
use thiserror::Error;

use crate::{EmailError, HashError, NameError, PasswordError, TokenError};

#[derive(Debug, Error)]
pub enum IdentityError {
    #[error("the e-mail address or the password is not right")]
    BadCredentials,
    #[error("there were too many wrong passwords; wait a while")]
    Locked { retry_after: Duration },
    #[error("the account is disabled")]
    Disabled,
    #[error("the e-mail address must be verified first")]
    Unverified,
    #[error("the refresh token is not valid")]
    BadRefresh,
    #[error("the refresh token was used before, so its session has been ended")]
    RefreshReused,
    #[error("the session has ended")]
    SessionEnded,
    #[error("the link was used, replaced or has expired; ask for a new one")]
    LinkSpent,
    #[error("the current password is not right")]
    WrongPassword,
    #[error("there is no such user")]
    NoUser,
    #[error("there is no such session")]
    NoSession,
    #[error("only operators may do this")]
    NotAllowed,
    #[error("ask another operator to change your own account")]
    OwnAccount,
    #[error("some values are not acceptable")]
    Fields(Vec<FieldError>),
    #[error(transparent)]
    Email(#[from] EmailError),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl From<StoreError> for IdentityError {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

impl IsStale for IdentityError {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Commit(error) if error.is_stale())
    }
}

impl Failure for IdentityError {
    fn kind(&self) -> Kind {
        match self {
            Self::BadCredentials | Self::BadRefresh | Self::RefreshReused | Self::SessionEnded => {
                Kind::Unauthenticated
            }
            Self::Locked { .. } => Kind::Limited,
            Self::Disabled | Self::Unverified | Self::NotAllowed => Kind::Forbidden,
            Self::LinkSpent => Kind::Gone,
            Self::WrongPassword
            | Self::Fields(_)
            | Self::Email(_)
            | Self::Name(_)
            | Self::Password(_) => Kind::Invalid,
            Self::NoUser | Self::NoSession => Kind::NotFound,
            Self::OwnAccount => Kind::Conflict,
            Self::Hash(HashError::Busy { .. }) => Kind::Unavailable,
            Self::Hash(HashError::Broken(_)) | Self::Token(_) => Kind::Internal,
            Self::Commit(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadCredentials => "bad_credentials",
            Self::Locked { .. } => "too_many_attempts",
            Self::Disabled => "account_disabled",
            Self::Unverified => "email_not_verified",
            Self::BadRefresh => "bad_refresh_token",
            Self::RefreshReused => "refresh_token_reused",
            Self::SessionEnded => "session_ended",
            Self::LinkSpent => "link_spent",
            Self::WrongPassword => "wrong_password",
            Self::NoUser => "no_user",
            Self::NoSession => "no_session",
            Self::NotAllowed => "not_allowed",
            Self::OwnAccount => "own_account",
            Self::Fields(_) => "invalid",
            Self::Email(_) => "bad_email",
            Self::Name(_) => "bad_name",
            Self::Password(_) => "bad_password",
            Self::Hash(HashError::Busy { .. }) => "busy",
            Self::Hash(HashError::Broken(_)) | Self::Token(_) => "internal",
            Self::Commit(error) => error.code(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let pointer = match self {
            Self::Fields(fields) => return fields.clone(),
            Self::WrongPassword => "#/current_password",
            Self::Email(_) => "#/email",
            Self::Name(_) => "#/name",
            Self::Password(_) => "#/password",
            Self::Commit(error) => return error.fields(),
            _ => return Vec::new(),
        };
        vec![FieldError::new(pointer, self.code(), self.to_string())]
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Locked { retry_after } | Self::Hash(HashError::Busy { retry_after }) => {
                Some(*retry_after)
            }
            _ => None,
        }
    }
}
