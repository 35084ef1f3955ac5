//! Giving money back.

use commerce::{
    Answer, Page,
    payment::PaymentError,
    sales::{RefundRequest, Refunded},
};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    Commerce,
    bodies::{NewRefund, RefundQuery},
    views::RefundView,
};
use crate::{
    Fail,
    answer::{Json, Once, created},
    extract::{Keeper, Keyed, PageView, Query, Signed},
};

/// Give back all or part of a payment.
///
/// The refund is `pending` until the provider has sent it. Never more goes back than was captured.
#[api_v2_operation(tags(Payments), operation_id = "createRefund")]
pub async fn create(
    commerce: Data<Commerce>,
    keeper: Keeper,
    body: Keyed<NewRefund>,
) -> Result<Once<RefundView>, Fail<404>> {
    let sales = &commerce.sales;
    let amount = body.body.amount.as_ref().map(|amount| amount.money("#/amount")).transpose()?;
    let work = async |body: NewRefund, request| {
        let NewRefund { payment, amount: _, reason, restock } = body;
        let asked = RefundRequest { payment: payment.0, amount, reason, restock };
        let once = commerce::Once { request, answer: word };
        let refunded = sales.refund(&keeper.0, asked, once).await?;
        Ok::<_, PaymentError>(Once::first(word(&refunded)))
    };
    Ok(body.once(&*sales.receipts, work).await?)
}

fn word(refunded: &Refunded) -> Answer {
    let location = format!("/v1/payments/{}", refunded.payment.id);
    created(location, &RefundView::from(refunded))
}

/// The refunds of a payment, oldest first.
#[api_v2_operation(tags(Payments), operation_id = "listRefunds")]
pub async fn list(
    commerce: Data<Commerce>,
    signed: Signed,
    query: Query<RefundQuery>,
) -> Result<Json<PageView<RefundView>>, Fail<404>> {
    let payment = commerce.sales.payment(&signed.0, query.0.payment.0).await?.state;
    let data = payment.refunds.iter().map(|refund| RefundView::of(&payment, refund)).collect();
    Ok(Json(PageView::of(Page { data, next_cursor: None }, |refund| refund)))
}
