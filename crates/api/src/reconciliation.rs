//! What providers say of our money beside what our books say, for operators.

use std::sync::Arc;

use commerce::{
    CommitError, Page, PageRequest, Payment, Timestamp,
    reconciliation::{Class, LineFilter, ProviderReport, Reconciled, Reconciliation, Share, Total},
};
use garde::Validate;
use paperclip::actix::{
    api_v2_operation,
    web::{self, Data},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Fail, Mount,
    answer::Json,
    extract::{Operator, PageView, Query, Ref},
    views::MoneyView,
};

/// Every route of reconciliation.
pub fn routes(reconciliation: Reconciliation) -> Mount {
    let reconciliation = Data::new(reconciliation);
    Arc::new(move |config| {
        let lines = "/v1/ledger/reconciliation/lines";
        config
            .app_data(reconciliation.clone())
            .service(web::resource("/v1/ledger/reconciliation").route(web::get().to(report)))
            .service(web::resource(lines).route(web::get().to(list)));
    })
}

/// How a provider's record and our books agreed when it was last reconciled.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProviderReconciliation")]
pub struct ReportView {
    pub provider: String,
    /// Whether the provider can be asked for its record.
    pub can_list: bool,
    /// When it was last reconciled; absent before that, with everything that follows from it.
    pub ran_at: Option<Timestamp>,
    /// The beginning of the window that was listed then.
    pub listed_from: Option<Timestamp>,
    /// Up to when nothing can be missing in the record any more.
    pub listed_until: Option<Timestamp>,
    /// All movements ever listed, by what came of the comparison and by currency.
    pub classes: Vec<TotalView>,
    /// How much of the money that moved is explained, by currency.
    pub explained: Vec<ShareView>,
    /// What the provider held for us then by our books.
    pub clearing: Vec<MoneyView>,
    /// How many movements are not explained; `/v1/ledger/reconciliation/lines` lists them.
    pub unexplained: u64,
    pub oldest_unexplained: Option<String>,
    pub oldest_unexplained_age_s: Option<i64>,
}

/// Movements of one class and currency.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReconciliationClass")]
pub struct TotalView {
    /// `explained`, `late`, `missing_here`, `missing_there` or `differs`.
    pub class: String,
    pub count: u64,
    /// Whichever way the money went.
    pub amount: MoneyView,
}

/// How much of the money that moved is explained.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ExplainedShare")]
pub struct ShareView {
    pub currency: String,
    /// In minor units.
    pub explained: i64,
    /// In minor units.
    pub total: i64,
    /// `explained` of ten thousand parts of `total`, rounded down.
    pub basis_points: i64,
}

/// A movement of money at a provider, or one of ours that the provider's record lacks.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StatementLine")]
pub struct LineView {
    pub id: String,
    pub provider: String,
    /// `capture`, `refund`, `dispute`, `dispute_won`, `fee`, `payout` or `other`.
    pub kind: String,
    /// The provider's name of the movement; of one that is missing there, our posting.
    pub name: String,
    /// `explained`, `late`, `missing_here`, `missing_there` or `differs`.
    pub class: String,
    /// What it added to what the provider holds for us; negative for what it took.
    pub amount: MoneyView,
    /// What the provider kept besides; absent where it does not say.
    pub fee: Option<MoneyView>,
    pub at: Timestamp,
    pub payment: Option<Ref<Payment>>,
    /// The posting that tells of the same movement.
    pub posting: Option<String>,
    pub seen_at: Timestamp,
    pub explained_at: Option<Timestamp>,
    /// When it was told as `reconciliation_unexplained`.
    pub alarmed_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassName {
    Explained,
    Late,
    MissingHere,
    MissingThere,
    Differs,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LineQuery {
    /// Only of this provider.
    #[garde(length(chars, max = 40))]
    pub provider: Option<String>,
    /// Only of this class; all that are not explained unless told.
    #[garde(skip)]
    pub class: Option<ClassName>,
    /// How many rows at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

/// How the record of each provider and our books agree.
#[api_v2_operation(tags(Books), operation_id = "getReconciliation")]
pub async fn report(
    reconciliation: Data<Reconciliation>,
    _operator: Operator,
) -> Result<Json<PageView<ReportView>>, Fail> {
    let data = reconciliation.report().await.map_err(CommitError::from)?;
    Ok(Json(PageView::of(Page { data, next_cursor: None }, ReportView::from)))
}

/// Movements that one side tells of and the other does not, or not so; the oldest first.
#[api_v2_operation(tags(Books), operation_id = "listReconciliationLines")]
pub async fn list(
    reconciliation: Data<Reconciliation>,
    _operator: Operator,
    query: Query<LineQuery>,
) -> Result<Json<PageView<LineView>>, Fail> {
    let LineQuery { provider, class, limit, cursor } = query.0;
    let filter = LineFilter { provider, class: class.map(Class::from) };
    let page = PageRequest { limit: limit.unwrap_or(20), cursor };
    let page = reconciliation.lines.list_lines(filter, page).await;
    Ok(Json(PageView::of(page.map_err(CommitError::from)?, LineView::from)))
}

impl From<ClassName> for Class {
    fn from(name: ClassName) -> Self {
        match name {
            ClassName::Explained => Self::Explained,
            ClassName::Late => Self::Late,
            ClassName::MissingHere => Self::MissingHere,
            ClassName::MissingThere => Self::MissingThere,
            ClassName::Differs => Self::Differs,
        }
    }
}

impl From<ProviderReport> for ReportView {
    fn from(report: ProviderReport) -> Self {
        let standing = report.standing;
        let run = standing.as_ref().map(|standing| &standing.run);
        let shares = standing.as_ref().map(|standing| standing.shares());
        let oldest = standing.as_ref().and_then(|standing| standing.oldest);
        Self {
            provider: report.provider,
            can_list: report.lists,
            ran_at: run.map(|run| run.ran_at),
            listed_from: run.map(|run| run.from),
            listed_until: run.map(|run| run.until),
            explained: shares.into_iter().flatten().map(ShareView::from).collect(),
            unexplained: standing.as_ref().map_or(0, |standing| standing.unexplained()),
            oldest_unexplained: oldest.map(|(id, _)| id.to_string()),
            oldest_unexplained_age_s: report.oldest_age_s,
            clearing: standing
                .iter()
                .flat_map(|standing| standing.clearing.iter().copied().map(MoneyView::from))
                .collect(),
            classes: standing
                .into_iter()
                .flat_map(|standing| standing.totals.into_iter().map(TotalView::from))
                .collect(),
        }
    }
}

impl From<Total> for TotalView {
    fn from(total: Total) -> Self {
        let Total { class, count, amount } = total;
        Self { class: class.as_str().to_owned(), count, amount: amount.into() }
    }
}

impl From<Share> for ShareView {
    fn from(share: Share) -> Self {
        let Share { currency, explained, total, basis_points } = share;
        Self { currency: currency.code().to_owned(), explained, total, basis_points }
    }
}

impl From<Reconciled> for LineView {
    fn from(kept: Reconciled) -> Self {
        Self {
            id: kept.id.to_string(),
            provider: kept.provider,
            kind: kept.line.kind.as_str().to_owned(),
            class: kept.class.as_str().to_owned(),
            amount: kept.line.amount.into(),
            fee: kept.line.fee.map(MoneyView::from),
            at: kept.line.at,
            name: kept.line.name,
            payment: kept.payment.map(Ref),
            posting: kept.posting.map(|posting| posting.to_string()),
            seen_at: kept.seen_at,
            explained_at: kept.explained_at,
            alarmed_at: kept.alarmed_at,
        }
    }
}
