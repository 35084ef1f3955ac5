//! Orders are read; the only thing a buyer may do to one is to ask for its cancellation.

use commerce::{
    PageRequest,
    order::OrderFilter,
    sales::{CancellationDecision, DecideCancellation},
};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    Commerce,
    bodies::{
        CancellationAnswer, CancellationWish, OrderPath, OrderQuery, OrderStateName, Verdict,
    },
    views::OrderView,
};
use crate::{
    Fail,
    answer::{Json, Tagged},
    extract::{Body, Operator, PageView, Path, Query, Signed},
};

/// Orders, newest first.
///
/// Buyers see their own; operators see all, or those of one `buyer`.
#[api_v2_operation(tags(Orders), operation_id = "listOrders")]
pub async fn list(
    commerce: Data<Commerce>,
    signed: Signed,
    query: Query<OrderQuery>,
) -> Result<Json<PageView<OrderView>>, Fail> {
    let OrderQuery { state, cancellation_requested, buyer, limit, cursor } = query.0;
    let filter = OrderFilter {
        buyer: buyer.map(|buyer| buyer.0),
        state: state.map(OrderStateName::as_str).map(str::to_owned),
        cancellation_requested: cancellation_requested.unwrap_or(false),
    };
    let page = PageRequest { limit: limit.unwrap_or(20), cursor };
    let page = commerce.sales.orders(&signed.0, filter, page).await?;
    Ok(Json(PageView::of(page, OrderView::from)))
}

/// One order.
#[api_v2_operation(tags(Orders), operation_id = "getOrder")]
pub async fn show(
    commerce: Data<Commerce>,
    signed: Signed,
    path: Path<OrderPath>,
) -> Result<Tagged<OrderView>, Fail> {
    let stored = commerce.sales.order(&signed.0, path.0.id.0).await?;
    Ok(Tagged::new(stored.version, stored.into()))
}

/// Ask for an order to be cancelled.
///
/// While it waits for payment it is cancelled at once; once it is paid, an operator decides. Asking twice is harmless.
#[api_v2_operation(tags(Orders), operation_id = "requestCancellation")]
pub async fn request_cancellation(
    commerce: Data<Commerce>,
    signed: Signed,
    path: Path<OrderPath>,
    body: Body<CancellationWish>,
) -> Result<Json<OrderView>, Fail<409>> {
    let (order, reason) = (path.0.id.0, body.0.reason);
    commerce.sales.request_cancellation(&signed.0, order, reason).await?;
    Ok(Json(commerce.sales.order(&signed.0, order).await?.into()))
}

/// Answer a buyer who asked for cancellation.
#[api_v2_operation(tags(Orders), operation_id = "decideCancellation")]
pub async fn decide_cancellation(
    commerce: Data<Commerce>,
    operator: Operator,
    path: Path<OrderPath>,
    body: Body<CancellationAnswer>,
) -> Result<Json<OrderView>, Fail<409>> {
    let CancellationAnswer { decision, reason, restock } = body.0;
    let order = path.0.id.0;
    let decision = match decision {
        Verdict::Approve => CancellationDecision::Approve { restock },
        Verdict::Decline => CancellationDecision::Decline,
    };
    let decide = DecideCancellation { order, decision, reason };
    commerce.sales.decide_cancellation(&operator.0, decide).await?;
    Ok(Json(commerce.sales.order(&operator.0, order).await?.into()))
}
