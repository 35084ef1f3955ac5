//! Use a coupon: put its code into the cart, and claim its uses at the checkout.

use commerce::{
    Claim, Effects, Id, Money, ResourceId, StockMove, UserId, Version,
    claim::StockReason,
    order::{Policy, Redemption, Reservation},
};

use super::{Coupon, CouponCode};
use crate::{Buy, BuyError, Cart, CartReading, CouponIssue, Shopper};

/// What a checkout claims of a coupon.
#[derive(Debug, Clone)]
pub(crate) struct Redeemed {
    pub redemption: Redemption,
    coupon: Coupon,
    /// A customer's uses begin to be counted with the first.
    pub opening: Option<StockMove>,
}

impl Buy {
    /// One coupon a cart; another one takes its place. It takes something off as soon as the cart is worth it.
    pub async fn apply_coupon(
        &self,
        shopper: &Shopper,
        seen: Option<Version>,
        code: &CouponCode,
    ) -> Result<CartReading, BuyError> {
        let found = self.coupons.coupon_of_code(code).await?;
        let coupon = found.ok_or(BuyError::UnknownCoupon)?.state;
        if !coupon.is_good(self.env.now()) {
            return Err(BuyError::CouponUnusable(coupon.code, CouponIssue::Ended));
        }
        let id = coupon.id;
        let apply = |cart: Cart| Ok(Cart { coupon: Some(id), ..cart });
        self.change_cart(shopper, seen, apply).await
    }

    pub async fn remove_coupon(
        &self,
        shopper: &Shopper,
        seen: Option<Version>,
    ) -> Result<CartReading, BuyError> {
        self.change_cart(shopper, seen, |cart| Ok(Cart { coupon: None, ..cart })).await
    }

    /// Nothing is asked of the store unless the uses of one customer are limited.
    pub(crate) async fn redeem(
        &self,
        reading: &CartReading,
        user: UserId,
    ) -> Result<Option<Redeemed>, BuyError> {
        let Some(applied) = &reading.coupon else { return Ok(None) };
        let coupon = applied.coupon.clone();
        let mut opening = None;
        if let Some(limit) = coupon.limit_per_user {
            let own = coupon.resource_of(user);
            let known = self.coupons.coupon_uses(&[own]).await?;
            opening = known.is_empty().then(|| self.opening(own, limit));
        }
        let of_all = coupon.limit.map(|_| coupon.resource());
        let of_own = coupon.limit_per_user.map(|_| coupon.resource_of(user));
        let uses = of_all.into_iter().chain(of_own).map(|resource| self.one_use(resource));
        let redemption = Redemption {
            coupon: coupon.id.uuid(),
            code: coupon.code.to_string(),
            discounts: reading.quote.lines.iter().map(|line| line.discount).collect::<Vec<Money>>(),
            uses: uses.collect(),
        };
        Ok(Some(Redeemed { redemption, coupon, opening }))
    }

    /// Its id is the resource's own, so that it is written once.
    fn opening(&self, own: ResourceId, limit: u32) -> StockMove {
        let (id, at) = (own.uuid(), self.env.now());
        let units = i64::from(limit);
        StockMove { id, resource: own, units, reason: StockReason::Received, at }
    }

    fn one_use(&self, resource: ResourceId) -> Reservation {
        let claim = Id::<Claim>::new(&self.env);
        Reservation { claim, resource, units: 1, policy: Policy::Hold, span: None }
    }
}

impl Redeemed {
    pub fn effects(&self) -> Effects {
        Effects::none().stock(self.opening.clone())
    }

    /// Which of its limits is among what the commit found short.
    pub fn refusal(&self, short: &[ResourceId], user: UserId) -> Option<BuyError> {
        let code = || self.coupon.code.clone();
        if short.contains(&self.coupon.resource_of(user)) {
            return Some(BuyError::CouponUsedBefore(code()));
        }
        short.contains(&self.coupon.resource()).then(|| BuyError::CouponUsedUp(code()))
    }
}
