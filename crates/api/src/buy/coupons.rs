//! Coupons, for those who keep the shop.

use buy::{Buy, KeptCoupon};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    coupon_bodies::{CouponPath, NewCouponBody},
    coupon_views::CouponView,
};
use crate::{
    Fail,
    answer::{CreatedAt, Json, Tagged},
    extract::{IfMatch, Keeper, PageView, Paging, Path, Query, Whole},
};

fn shown(kept: KeptCoupon) -> Tagged<CouponView> {
    Tagged::new(kept.version, kept.into())
}

/// Make a coupon.
///
/// Whoever makes it pays for it: a seller's coupon is on the seller's own goods, an operator's on the goods of the
/// seller it names, or on the shop's own. What it takes off is fixed from then on.
#[api_v2_operation(tags(Coupons), operation_id = "createCoupon")]
pub async fn create(
    buy: Data<Buy>,
    keeper: Keeper,
    body: Whole<NewCouponBody>,
) -> Result<CreatedAt<CouponView>, Fail<409>> {
    let made = buy.make_coupon(&keeper.0, body.understood()?).await?;
    let location = format!("/v1/coupons/{}", made.state.id);
    let used = made.state.limit.map(|_| 0);
    let kept = KeptCoupon { coupon: made.state, version: made.version, used };
    Ok(CreatedAt(location, kept.version, kept.into()))
}

/// Coupons, newest first.
///
/// Sellers see their own, operators everybody's.
#[api_v2_operation(tags(Coupons), operation_id = "listCoupons")]
pub async fn list(
    buy: Data<Buy>,
    keeper: Keeper,
    query: Query<Paging>,
) -> Result<Json<PageView<CouponView>>, Fail> {
    let page = buy.list_coupons(&keeper.0, query.0.request()).await?;
    Ok(Json(PageView::of(page, CouponView::from)))
}

/// Look at a coupon.
#[api_v2_operation(tags(Coupons), operation_id = "getCoupon")]
pub async fn show(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<CouponPath>,
) -> Result<Tagged<CouponView>, Fail> {
    Ok(shown(buy.coupon(&keeper.0, path.0.id.0).await?))
}

/// Let a coupon take nothing off any more.
///
/// Orders that were placed with it keep what they got; its code is free for another.
#[api_v2_operation(tags(Coupons), operation_id = "retireCoupon")]
pub async fn retire(
    buy: Data<Buy>,
    keeper: Keeper,
    path: Path<CouponPath>,
    seen: IfMatch,
) -> Result<Tagged<CouponView>, Fail> {
    Ok(shown(buy.retire_coupon(&keeper.0, path.0.id.0, seen.0).await?))
}
