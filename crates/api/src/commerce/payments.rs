//! Paying for an order.

use commerce::{
    Answer, PageRequest, Payment,
    payment::{PaymentError, PaymentFilter},
    sales::StartPayment,
};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    Commerce,
    bodies::{CustomerReturn, NewPayment, PaymentPath, PaymentQuery},
    views::PaymentView,
};
use crate::{
    Fail,
    answer::{Json, Once, created},
    extract::{Body, Keyed, PageView, Path, Query, Signed},
};

/// Start paying for one of your orders.
///
/// The answer holds what the customer needs to finish paying at the provider. What becomes of it is told by
/// `GET /v1/payments/{id}` and by events. A payment that is still `created` has not been answered by the provider
/// yet: repeat the request with the same `Idempotency-Key`, or look again. By `wallet` it is `captured` at once.
#[api_v2_operation(tags(Payments), operation_id = "startPayment")]
pub async fn start(
    commerce: Data<Commerce>,
    signed: Signed,
    body: Keyed<NewPayment>,
) -> Result<Once<PaymentView>, Fail<404, 503>> {
    let sales = &commerce.sales;
    let work = async |body: NewPayment, request| {
        let start = StartPayment { order: body.order.0, provider: body.provider };
        let once = commerce::Once { request, answer: word };
        let payment = sales.start_payment(&signed.0, start, once).await?;
        Ok::<_, PaymentError>(Once::first(word(&payment)))
    };
    Ok(body.once(&*sales.receipts, work).await?)
}

/// Come back from the provider.
///
/// Asks the provider how the payment stands now, so that nobody waits for its message. Asking twice is harmless.
#[api_v2_operation(tags(Payments), operation_id = "returnFromProvider")]
pub async fn returned(
    commerce: Data<Commerce>,
    signed: Signed,
    path: Path<PaymentPath>,
    body: Body<CustomerReturn>,
) -> Result<Json<PaymentView>, Fail<409, 503>> {
    let sales = &commerce.sales;
    let payment = sales.customer_returned(&signed.0, path.0.id.0, &body.0.proof).await?;
    Ok(Json(PaymentView::seen_by(&signed.0, &payment)))
}

fn word(payment: &Payment) -> Answer {
    created(format!("/v1/payments/{}", payment.id), &PaymentView::from(payment))
}

/// Payments, newest first.
///
/// Buyers see their own; operators see all.
#[api_v2_operation(tags(Payments), operation_id = "listPayments")]
pub async fn list(
    commerce: Data<Commerce>,
    signed: Signed,
    query: Query<PaymentQuery>,
) -> Result<Json<PageView<PaymentView>>, Fail> {
    let PaymentQuery { order, limit, cursor } = query.0;
    let filter = PaymentFilter { buyer: None, order: order.map(|order| order.0) };
    let page = PageRequest { limit: limit.unwrap_or(20), cursor };
    let page = commerce.sales.payments(&signed.0, filter, page).await?;
    Ok(Json(PageView::of(page, |stored| PaymentView::seen_by(&signed.0, &stored.state))))
}

/// One payment.
#[api_v2_operation(tags(Payments), operation_id = "getPayment")]
pub async fn show(
    commerce: Data<Commerce>,
    signed: Signed,
    path: Path<PaymentPath>,
) -> Result<Json<PaymentView>, Fail> {
    let stored = commerce.sales.payment(&signed.0, path.0.id.0).await?;
    Ok(Json(PaymentView::seen_by(&signed.0, &stored.state)))
}
