//! Coupons as their keepers see them.

use buy::{Coupon, KeptCoupon, Off, Prices};
use commerce::Timestamp;
use market::Seller;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{extract::Ref, views::MoneyView};

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Coupon")]
pub struct CouponView {
    pub id: Ref<Coupon>,
    pub code: String,
    /// Whose goods it is on; absent for the shop's own.
    pub seller: Option<Ref<Seller>>,
    /// Hundredths of a percent off the goods; absent when it takes off a fixed amount.
    pub basis_points: Option<u32>,
    /// So much off the goods, by currency.
    pub fixed: Vec<MoneyView>,
    /// What the goods must come to at least, by currency.
    pub minimum: Vec<MoneyView>,
    pub limit: Option<u32>,
    pub limit_per_user: Option<u32>,
    /// By orders that are paid or wait for payment; counted where `limit` is set.
    pub used: Option<u64>,
    pub valid_until: Option<Timestamp>,
    pub created_at: Timestamp,
    /// Since when it takes nothing off any more.
    pub retired_at: Option<Timestamp>,
}

fn amounts(of: &Prices) -> Vec<MoneyView> {
    of.iter().map(Into::into).collect()
}

impl From<KeptCoupon> for CouponView {
    fn from(kept: KeptCoupon) -> Self {
        let coupon = kept.coupon;
        let (basis_points, fixed) = match &coupon.discount.off {
            Off::Percentage { basis_points } => (Some(*basis_points), Vec::new()),
            Off::Fixed { amounts: fixed } => (None, amounts(fixed)),
        };
        Self {
            id: coupon.id.into(),
            code: coupon.code.to_string(),
            seller: coupon.discount.seller.map(|seller| Ref(seller.into())),
            basis_points,
            fixed,
            minimum: amounts(&coupon.discount.minimum),
            limit: coupon.limit,
            limit_per_user: coupon.limit_per_user,
            used: kept.used,
            valid_until: coupon.valid_until,
            created_at: coupon.created_at,
            retired_at: coupon.retired,
        }
    }
}
