//! The books, for operators.

use commerce::{CommitError, Page, PageRequest};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    Commerce,
    bodies::{AccountPath, AccountQuery},
    views::{BalanceView, EntryView, TrialBalanceView},
};
use crate::{
    Fail, Problem,
    answer::Json,
    extract::{Operator, PageView, Paging, Path, Query},
};

/// Where the accounts stand, by code.
#[api_v2_operation(tags(Books), operation_id = "listAccounts")]
pub async fn accounts(
    commerce: Data<Commerce>,
    _operator: Operator,
    query: Query<AccountQuery>,
) -> Result<Json<PageView<BalanceView>>, Fail> {
    let AccountQuery { prefix, limit, cursor } = query.0;
    let page = PageRequest { limit: limit.unwrap_or(20), cursor };
    let page = commerce.journal.list_balances(&prefix.unwrap_or_default(), page).await;
    Ok(Json(PageView::of(page.map_err(CommitError::from)?, BalanceView::from)))
}

/// The entries of an account, newest first.
#[api_v2_operation(tags(Books), operation_id = "listEntries")]
pub async fn entries(
    commerce: Data<Commerce>,
    _operator: Operator,
    path: Path<AccountPath>,
    query: Query<Paging>,
) -> Result<Json<PageView<EntryView>>, Fail> {
    let code = &path.0.code;
    let page = commerce.journal.list_entries(code, query.0.request()).await;
    let page = page.map_err(CommitError::from)?;
    if page.data.is_empty() && !is_known(&commerce, code).await? {
        return Err(Problem::not_found().into());
    }
    Ok(Json(PageView::of(page, EntryView::from)))
}

/// Whether anything was ever booked on the account. It is the first of those whose codes begin with its own.
async fn is_known(commerce: &Commerce, code: &str) -> Result<bool, CommitError> {
    let one = PageRequest { limit: 1, cursor: None };
    let first = commerce.journal.list_balances(code, one).await?;
    Ok(first.data.first().is_some_and(|balance| balance.code == code))
}

/// All debits and credits, for each currency.
#[api_v2_operation(tags(Books), operation_id = "getTrialBalance")]
pub async fn trial_balance(
    commerce: Data<Commerce>,
    _operator: Operator,
) -> Result<Json<PageView<TrialBalanceView>>, Fail> {
    let data = commerce.journal.trial_balance().await.map_err(CommitError::from)?;
    Ok(Json(PageView::of(Page { data, next_cursor: None }, TrialBalanceView::from)))
}
