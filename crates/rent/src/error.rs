//! Why renting refuses.

use commerce::{
    CommitError, Failure, FieldError, IsStale, Kind, Money, MoneyError, Span, StoreError,
    Timestamp, ledger::Unbalanced, order::OrderError, picture,
};
use serde_json::{Value, json};
use thiserror::Error;

use crate::Closed;

#[derive(Debug, Error)]
pub enum RentError {
    #[error("no such shop")]
    NoShop,
    #[error("no such vehicle")]
    NoListing,
    #[error("no such unit")]
    NoUnit,
    #[error("no such image")]
    NoImage,
    #[error("no such booking")]
    NoBooking,
    #[error("only those who keep shops may do this")]
    NotAKeeper,
    #[error("only the shop may do this")]
    NotTheShop,
    #[error("the seller it is lent for may not sell now")]
    SellerStopped,
    #[error("nobody keeps more than {0} shops")]
    TooManyShops(usize),
    #[error("some of it makes no sense")]
    Invalid(Vec<FieldError>),
    #[error("it was changed since you read it")]
    Outdated,
    #[error("a vehicle stays of its kind")]
    OtherKind,
    #[error("the vehicle is retired")]
    Retired,
    #[error("the vehicle is not published")]
    NotPublished,
    #[error(transparent)]
    Closed(#[from] Closed),
    #[error("a shop does not book its own vehicles")]
    OwnVehicle,
    #[error("the vehicle is taken in that period")]
    NotFree { nearest: Vec<Span> },
    #[error("the price is not the one you accepted")]
    PriceChanged { total: Money },
    #[error("you hold {0} bookings you have not paid for; pay or cancel one first")]
    TooManyHeld(u64),
    #[error("a booking that is {0} does not allow this")]
    WrongState(&'static str),
    #[error("the time to answer is over")]
    AnsweredTooLate,
    #[error("the period has not begun")]
    NotYet { from: Timestamp },
    #[error("the time to claim anything is over")]
    ClaimedTooLate,
    #[error("only {left} of the deposit can be claimed")]
    DepositTooSmall { left: Money },
    #[error("the rental is not over")]
    NotOver,
    #[error("you have reviewed it already")]
    ReviewedAlready,
    #[error("the time to review is over")]
    ReviewedTooLate,
    #[error("a picture was taken or removed meanwhile; look at your pictures and try again")]
    PictureGone,
    #[error("sorting by distance needs a place to be near")]
    NothingToBeNear,
    #[error("a place is on earth, and a radius at most 500 kilometres")]
    BadPlace,
    #[error("the cursor does not belong to this list")]
    BadCursor,
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
    #[error(transparent)]
    Order(#[from] OrderError),
    #[error(transparent)]
    Commit(CommitError),
}

impl RentError {
    /// What came of a decision, with what else is wrong with its pictures.
    pub(crate) fn with<T>(
        mut pictures: Vec<FieldError>,
        decided: Result<T, Self>,
    ) -> Result<T, Self> {
        match decided {
            Err(Self::Invalid(mut faults)) => {
                faults.append(&mut pictures);
                Err(Self::Invalid(faults))
            }
            Ok(_) if !pictures.is_empty() => Err(Self::Invalid(pictures)),
            other => other,
        }
    }

    pub(crate) fn unknown_shop() -> Self {
        Self::Invalid(vec![FieldError::new("#/shop", "unknown_shop", "you keep no such shop")])
    }
}

impl From<CommitError> for RentError {
    fn from(error: CommitError) -> Self {
        match &error {
            CommitError::Taken(what) if what == "rent_reviews_booking_side_key" => {
                Self::ReviewedAlready
            }
            CommitError::Taken(what) if what == picture::HELD => Self::PictureGone,
            _ => Self::Commit(error),
        }
    }
}

impl From<StoreError> for RentError {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

impl IsStale for RentError {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Commit(error) if error.is_stale())
    }
}

impl Failure for RentError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoShop | Self::NoListing | Self::NoUnit | Self::NoImage | Self::NoBooking => {
                Kind::NotFound
            }
            Self::NotAKeeper | Self::NotTheShop => Kind::Forbidden,
            Self::Invalid(_)
            | Self::OtherKind
            | Self::Closed(_)
            | Self::NothingToBeNear
            | Self::BadPlace
            | Self::BadCursor
            | Self::Money(_) => Kind::Invalid,
            Self::Outdated => Kind::Stale,
            Self::SellerStopped
            | Self::TooManyShops(_)
            | Self::Retired
            | Self::NotPublished
            | Self::OwnVehicle
            | Self::NotFree { .. }
            | Self::PriceChanged { .. }
            | Self::TooManyHeld(_)
            | Self::WrongState(_)
            | Self::AnsweredTooLate
            | Self::NotYet { .. }
            | Self::ClaimedTooLate
            | Self::DepositTooSmall { .. }
            | Self::NotOver
            | Self::ReviewedAlready
            | Self::ReviewedTooLate
            | Self::PictureGone => Kind::Conflict,
            Self::Unbalanced(_) => Kind::Internal,
            Self::Order(error) => error.kind(),
            Self::Commit(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoShop => "no_shop",
            Self::NoListing => "no_vehicle",
            Self::NoUnit => "no_unit",
            Self::NoImage => "no_image",
            Self::NoBooking => "no_booking",
            Self::NotAKeeper => "not_a_keeper",
            Self::NotTheShop => "not_the_shop",
            Self::SellerStopped => "seller_stopped",
            Self::TooManyShops(_) => "too_many_shops",
            Self::Invalid(_) => "invalid",
            Self::Outdated => "outdated",
            Self::OtherKind => "other_kind",
            Self::Retired => "vehicle_retired",
            Self::NotPublished => "not_published",
            Self::Closed(closed) => closed.code(),
            Self::OwnVehicle => "own_vehicle",
            Self::NotFree { .. } => "not_free",
            Self::PriceChanged { .. } => "price_changed",
            Self::TooManyHeld(_) => "too_many_held",
            Self::WrongState(_) => "wrong_state",
            Self::AnsweredTooLate => "answered_too_late",
            Self::NotYet { .. } => "not_yet",
            Self::ClaimedTooLate => "claimed_too_late",
            Self::DepositTooSmall { .. } => "deposit_too_small",
            Self::NotOver => "rental_not_over",
            Self::ReviewedAlready => "reviewed_already",
            Self::ReviewedTooLate => "reviewed_too_late",
            Self::PictureGone => "picture_gone",
            Self::NothingToBeNear => "nothing_to_be_near",
            Self::BadPlace => "bad_place",
            Self::BadCursor => "bad_cursor",
            Self::Money(_) => "bad_amount",
            Self::Unbalanced(_) => "unbalanced",
            Self::Order(error) => error.code(),
            Self::Commit(error) => error.code(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let field = |pointer: &str| vec![FieldError::new(pointer, self.code(), self.to_string())];
        match self {
            Self::Invalid(fields) => fields.clone(),
            Self::OtherKind => field("#/kind"),
            Self::Closed(Closed::ClosedAtEnd) => field("#/period/ends_at"),
            Self::Closed(Closed::TooShort { .. } | Closed::TooLong { .. }) => field("#/period"),
            Self::Closed(_) => field("#/period/starts_at"),
            Self::NothingToBeNear => field("sort"),
            Self::BadPlace => field("near"),
            Self::BadCursor => field("cursor"),
            Self::Commit(error) => error.fields(),
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> Option<Value> {
        match self {
            Self::NotFree { nearest } => Some(json!({"nearest": nearest})),
            Self::PriceChanged { total } => Some(json!({"total": total})),
            Self::TooManyHeld(held) => Some(json!({"held": held})),
            Self::WrongState(state) => Some(json!({"state": state})),
            Self::NotYet { from } => Some(json!({"from": from})),
            Self::DepositTooSmall { left } => Some(json!({"left": left})),
            Self::Closed(closed) => told(*closed),
            _ => None,
        }
    }
}

fn told(closed: Closed) -> Option<Value> {
    match closed {
        Closed::TooSoon { earliest } => Some(json!({"earliest": earliest})),
        Closed::TooFarAhead { latest } => Some(json!({"latest": latest})),
        Closed::TooShort { least_minutes } => Some(json!({"least_minutes": least_minutes})),
        Closed::TooLong { most_minutes } => Some(json!({"most_minutes": most_minutes})),
        Closed::BlackedOut(date) => Some(json!({"date": date})),
        Closed::ClosedAtStart | Closed::ClosedAtEnd => None,
    }
}
