//! Sellers: apply, keep a profile and a team, let in and stop.

use commerce::{PageRequest, Stored};
use market::{Decision, Market, Seller, SellerFilter};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    seller_bodies::{
        ApplicationBody, MemberBody, MemberPath, ReasonBody, SellerPatch, SellerPath, SellerQuery,
    },
    seller_views::{ProfileView, SellerView},
};
use crate::{
    Fail,
    answer::{CreatedAt, Json, Tagged},
    extract::{Body, IfMatch, Operator, PageView, Path, Query, Signed, Whole},
};

fn shown(seller: Stored<Seller>) -> Tagged<SellerView> {
    Tagged::new(seller.version, seller.state.into())
}

/// Apply to sell here.
///
/// Whoever applies owns the seller. It sells once an operator has approved it and its people have the role `seller`;
/// one that was rejected may apply again. Nobody belongs to two sellers.
#[api_v2_operation(tags(Market), operation_id = "applyAsSeller")]
pub async fn apply(
    market: Data<Market>,
    who: Signed,
    body: Whole<ApplicationBody>,
) -> Result<CreatedAt<SellerView>, Fail<409>> {
    let made = market.apply(&who.0, body.understood()?, None).await?;
    let location = format!("/v1/market/sellers/{}", made.state.id);
    Ok(CreatedAt(location, made.version, made.state.into()))
}

/// Look at the seller one belongs to.
#[api_v2_operation(tags(Market), operation_id = "getMySeller")]
pub async fn mine(market: Data<Market>, who: Signed) -> Result<Tagged<SellerView>, Fail<404>> {
    Ok(shown(market.my_seller(&who.0).await?))
}

/// List sellers, newest first.
#[api_v2_operation(tags(Market), operation_id = "listSellers")]
pub async fn list(
    market: Data<Market>,
    operator: Operator,
    query: Query<SellerQuery>,
) -> Result<Json<PageView<SellerView>>, Fail> {
    let SellerQuery { state, limit, cursor } = query.0;
    let filter = SellerFilter { state: state.map(|state| state.name().to_owned()) };
    let page = PageRequest { limit: limit.unwrap_or(20), cursor };
    let page = market.list_sellers(&operator.0, filter, page).await?;
    Ok(Json(PageView::of(page, |seller| seller.state.into())))
}

/// Look at a seller: its team, and operators.
#[api_v2_operation(tags(Market), operation_id = "getSeller")]
pub async fn show(
    market: Data<Market>,
    who: Signed,
    path: Path<SellerPath>,
) -> Result<Tagged<SellerView>, Fail> {
    Ok(shown(market.seller(&who.0, path.0.id.0).await?))
}

/// Look at a seller as customers do, while it sells.
#[api_v2_operation(tags(Market), operation_id = "getSellerProfile")]
pub async fn profile(
    market: Data<Market>,
    path: Path<SellerPath>,
) -> Result<Tagged<ProfileView>, Fail> {
    let seller = market.public_seller(path.0.id.0).await?;
    Ok(Tagged::new(seller.version, seller.state.into()).public())
}

/// Change a seller's profile, where it is paid and when: its owners, and operators.
#[api_v2_operation(tags(Market), operation_id = "editSeller")]
pub async fn edit(
    market: Data<Market>,
    who: Signed,
    path: Path<SellerPath>,
    seen: IfMatch,
    body: Whole<SellerPatch>,
) -> Result<Tagged<SellerView>, Fail<403>> {
    let edit = body.understood()?;
    Ok(shown(market.edit_seller(&who.0, path.0.id.0, seen.0, edit).await?))
}

/// Let a seller sell.
#[api_v2_operation(tags(Market), operation_id = "approveSeller")]
pub async fn approve(
    market: Data<Market>,
    operator: Operator,
    path: Path<SellerPath>,
) -> Result<Tagged<SellerView>, Fail<409>> {
    Ok(shown(market.decide(&operator.0, path.0.id.0, &Decision::Approve).await?))
}

/// Turn a seller down.
#[api_v2_operation(tags(Market), operation_id = "rejectSeller")]
pub async fn reject(
    market: Data<Market>,
    operator: Operator,
    path: Path<SellerPath>,
    body: Body<ReasonBody>,
) -> Result<Tagged<SellerView>, Fail<409>> {
    let decision = Decision::Reject { reason: body.0.reason };
    Ok(shown(market.decide(&operator.0, path.0.id.0, &decision).await?))
}

/// Stop a seller: it sells nothing and is paid nothing until it is reinstated.
///
/// What it sold before stands; refunds and disputes go on.
#[api_v2_operation(tags(Market), operation_id = "suspendSeller")]
pub async fn suspend(
    market: Data<Market>,
    operator: Operator,
    path: Path<SellerPath>,
    body: Body<ReasonBody>,
) -> Result<Tagged<SellerView>, Fail<409>> {
    let decision = Decision::Suspend { reason: body.0.reason };
    Ok(shown(market.decide(&operator.0, path.0.id.0, &decision).await?))
}

/// Let a suspended seller go on.
#[api_v2_operation(tags(Market), operation_id = "reinstateSeller")]
pub async fn reinstate(
    market: Data<Market>,
    operator: Operator,
    path: Path<SellerPath>,
) -> Result<Tagged<SellerView>, Fail<409>> {
    Ok(shown(market.decide(&operator.0, path.0.id.0, &Decision::Reinstate).await?))
}

/// Invite somebody into a seller's team, or give a member another role: its owners, and operators.
///
/// An invitation means nothing until the person joins. Whom an operator names belongs to the team at once.
#[api_v2_operation(tags(Market), operation_id = "setTeamMember")]
pub async fn set_member(
    market: Data<Market>,
    who: Signed,
    path: Path<MemberPath>,
    body: Body<MemberBody>,
) -> Result<Tagged<SellerView>, Fail<403, 409>> {
    let MemberPath { id, user } = path.0;
    Ok(shown(market.set_member(&who.0, id.0, user.0, body.0.role.into()).await?))
}

/// Join the team of a seller that invited one. Nobody belongs to two sellers.
#[api_v2_operation(tags(Market), operation_id = "joinTeam")]
pub async fn join(
    market: Data<Market>,
    who: Signed,
    path: Path<SellerPath>,
) -> Result<Tagged<SellerView>, Fail<409>> {
    Ok(shown(market.join_team(&who.0, path.0.id.0).await?))
}

/// Take somebody out of a seller's team, or an invitation back; everybody may leave.
#[api_v2_operation(tags(Market), operation_id = "removeTeamMember")]
pub async fn remove_member(
    market: Data<Market>,
    who: Signed,
    path: Path<MemberPath>,
) -> Result<Tagged<SellerView>, Fail<403, 409>> {
    let MemberPath { id, user } = path.0;
    Ok(shown(market.remove_member(&who.0, id.0, user.0).await?))
}
