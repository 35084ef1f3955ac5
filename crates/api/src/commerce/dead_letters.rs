//! Deliveries that were given up, for operators to look at and to replay.

use commerce::CommitError;
use paperclip::actix::{api_v2_operation, web::Data};

use super::{Commerce, bodies::DeliveryPath, views::DeadLetterView};
use crate::{
    Fail, Problem,
    answer::{Json, NoContent},
    extract::{Operator, PageView, Paging, Path, Query},
};

/// Deliveries that were given up, newest first.
#[api_v2_operation(tags(Books), operation_id = "listDeadLetters")]
pub async fn list(
    commerce: Data<Commerce>,
    _operator: Operator,
    query: Query<Paging>,
) -> Result<Json<PageView<DeadLetterView>>, Fail> {
    let page = commerce.outbox.dead_letters(query.0.request()).await;
    Ok(Json(PageView::of(page.map_err(CommitError::from)?, DeadLetterView::from)))
}

/// Try a delivery once more; told twice is harmless.
#[api_v2_operation(tags(Books), operation_id = "replayDeadLetter")]
pub async fn replay(
    commerce: Data<Commerce>,
    _operator: Operator,
    path: Path<DeliveryPath>,
) -> Result<NoContent, Fail> {
    let found = commerce.outbox.replay(path.0.id).await.map_err(CommitError::from)?;
    if found { Ok(NoContent) } else { Err(Problem::not_found().into()) }
}
