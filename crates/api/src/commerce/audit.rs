//! Who did what, for operators.

use commerce::{CommitError, PageRequest, audit::AuditFilter};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{Commerce, bodies::AuditQuery, views::AuditEntryView};
use crate::{
    Fail,
    answer::Json,
    extract::{Operator, PageView, Query},
};

/// The audit log, newest first.
#[api_v2_operation(tags(Books), operation_id = "listAudit")]
pub async fn list(
    commerce: Data<Commerce>,
    _operator: Operator,
    query: Query<AuditQuery>,
) -> Result<Json<PageView<AuditEntryView>>, Fail> {
    let AuditQuery { actor, action, limit, cursor } = query.0;
    let filter = AuditFilter { actor: actor.map(|actor| actor.0), action, subject: None };
    let page = PageRequest { limit: limit.unwrap_or(20), cursor };
    let page = commerce.audits.list_audits(filter, page).await.map_err(CommitError::from)?;
    Ok(Json(PageView::of(page, AuditEntryView::from)))
}
