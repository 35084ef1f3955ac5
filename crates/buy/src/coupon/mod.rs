//! Coupons: codes that take something off, as often as they are good for.

mod code;
mod keep;
mod ports;
mod redeem;
#[cfg(test)]
mod tests;

pub use code::{BadCode, CouponCode};
pub use keep::{KeptCoupon, NewCoupon};
pub use ports::{CouponUses, Coupons, CouponsOf};
pub(crate) use redeem::Redeemed;

use commerce::{Aggregate, Id, Money, ResourceId, Tagged, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::{Discount, NoDiscount};

pub type CouponId = Id<Coupon>;

impl Tagged for Coupon {
    const PREFIX: &'static str = "cpn";
}

/// What it takes off and how often is fixed when it is made; it can only be retired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coupon {
    pub id: CouponId,
    /// No other coupon that is not retired has it.
    pub code: CouponCode,
    pub discount: Discount,
    /// How often it can be used; without end when absent.
    pub limit: Option<u32>,
    /// How often one customer can use it.
    pub limit_per_user: Option<u32>,
    /// It is not good any more from this moment on.
    pub valid_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub retired: Option<Timestamp>,
}

impl Aggregate for Coupon {
    type Id = CouponId;

    fn id(&self) -> CouponId {
        self.id
    }
}

impl Coupon {
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.retired.is_none() && self.valid_until.is_none_or(|until| now < until)
    }

    /// All uses of a limited coupon are counted under its own id.
    pub fn resource(&self) -> ResourceId {
        ResourceId::from_uuid(self.id.uuid())
    }

    /// What one customer's uses are counted under: made of both ids, so that it is always the same.
    pub fn resource_of(&self, user: UserId) -> ResourceId {
        let (coupon, user) = (self.id.uuid(), user.uuid());
        let digest = Sha256::new().chain_update(coupon).chain_update(user).finalize();
        let mut bytes = coupon.into_bytes();
        bytes.iter_mut().skip(6).zip(digest).for_each(|(byte, hashed)| *byte = hashed);
        let uuid = Builder::from_bytes(bytes)
            .with_version(uuid::Version::SortRand)
            .with_variant(uuid::Variant::RFC4122);
        ResourceId::from_uuid(uuid.into_uuid())
    }
}

/// Why a coupon in a cart takes nothing off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CouponIssue {
    /// It was retired, or its time is over.
    Ended,
    /// The goods it is on come to less.
    BelowMinimum { minimum: Money },
    /// It cannot be used in this currency.
    OtherCurrency,
    /// Nothing it is on is in the cart.
    NothingToDiscount,
}

impl CouponIssue {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::BelowMinimum { .. } => "below_minimum",
            Self::OtherCurrency => "other_currency",
            Self::NothingToDiscount => "nothing_to_discount",
        }
    }

    pub fn minimum(&self) -> Option<Money> {
        match self {
            Self::BelowMinimum { minimum } => Some(*minimum),
            Self::Ended | Self::OtherCurrency | Self::NothingToDiscount => None,
        }
    }
}

impl From<NoDiscount> for CouponIssue {
    fn from(why: NoDiscount) -> Self {
        match why {
            NoDiscount::BelowMinimum { minimum } => Self::BelowMinimum { minimum },
            NoDiscount::OtherCurrency => Self::OtherCurrency,
            NoDiscount::NothingToDiscount => Self::NothingToDiscount,
        }
    }
}
