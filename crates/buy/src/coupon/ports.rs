//! What coupons need from the store.

use async_trait::async_trait;
use commerce::{Page, PageRequest, Repository, ResourceId, StoreError, Stored};
use uuid::Uuid;

use super::{Coupon, CouponCode};

/// Whose coupons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CouponsOf {
    Everybody,
    /// The shop's own when absent.
    Only(Option<Uuid>),
}

/// How often something limited can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CouponUses {
    pub resource: ResourceId,
    /// Uses by orders that are paid are gone from it.
    pub on_hand: i64,
    /// By orders that wait for payment.
    pub held: i64,
}

/// Committing a code that another coupon has, which is not retired, is refused as taken: `buy_coupons_code_key`.
#[async_trait]
pub trait Coupons: Repository<Coupon> {
    /// The one with this code that is not retired.
    async fn coupon_of_code(&self, code: &CouponCode)
    -> Result<Option<Stored<Coupon>>, StoreError>;

    /// Newest first.
    async fn list_coupons(
        &self,
        of: CouponsOf,
        page: PageRequest,
    ) -> Result<Page<Stored<Coupon>>, StoreError>;

    /// What was never counted is left out.
    async fn coupon_uses(&self, of: &[ResourceId]) -> Result<Vec<CouponUses>, StoreError>;
}
