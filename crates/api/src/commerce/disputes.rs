//! Money that customers' banks take back.

use commerce::{
    Answer,
    payment::PaymentError,
    sales::{DisputeNotice, DisputeOutcome, Disputed},
};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    Commerce,
    bodies::{DisputeDecision, DisputeEnd, DisputePath, NewDispute, PaymentPath},
    views::DisputeView,
};
use crate::{
    Fail,
    answer::{Json, Once, created},
    extract::{Body, Keyed, Operator, Path},
};

/// Write down that a customer's bank took money of a payment back.
///
/// While the dispute is open its money can not be refunded, and sellers with a part in the sale are not paid out
/// what they earned by it.
#[api_v2_operation(tags(Payments), operation_id = "openDispute")]
pub async fn open(
    commerce: Data<Commerce>,
    operator: Operator,
    path: Path<PaymentPath>,
    body: Keyed<NewDispute>,
) -> Result<Once<DisputeView>, Fail<409>> {
    let sales = &commerce.sales;
    let payment = path.0.id.0;
    let amount = body.body.amount.as_ref().map(|amount| amount.money("#/amount")).transpose()?;
    let work = async |body: NewDispute, request| {
        let notice = DisputeNotice { payment, amount, reason: body.reason, provider_ref: None };
        let once = commerce::Once { request, answer: word };
        let disputed = sales.open_dispute(&operator.0, notice, once).await?;
        Ok::<_, PaymentError>(Once::first(word(&disputed)))
    };
    Ok(body.once(&*sales.receipts, work).await?)
}

fn word(disputed: &Disputed) -> Answer {
    let location = format!("/v1/payments/{}", disputed.payment.id);
    created(location, &DisputeView::from(disputed))
}

/// Say how a dispute ended.
///
/// What is lost is borne by the sellers of what was paid for, and by the shop for what it sold itself. A decision
/// stays; deciding the same twice changes nothing.
#[api_v2_operation(tags(Payments), operation_id = "decideDispute")]
pub async fn decide(
    commerce: Data<Commerce>,
    operator: Operator,
    path: Path<DisputePath>,
    body: Body<DisputeDecision>,
) -> Result<Json<DisputeView>, Fail<409>> {
    let outcome = match body.0.outcome {
        DisputeEnd::Won => DisputeOutcome::Won,
        DisputeEnd::Lost => DisputeOutcome::Lost,
    };
    let which = (path.0.id.0, path.0.dispute.0);
    let disputed = commerce.sales.decide_dispute(&operator.0, which, outcome).await?;
    Ok(Json(DisputeView::from(&disputed)))
}
