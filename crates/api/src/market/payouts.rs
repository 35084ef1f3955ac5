//! What sellers earned, and how they are paid.

use commerce::{Answer, PageRequest, Stored};
use market::{Market, MarketError, Payout, PayoutFilter};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    payout_bodies::{MoneyQuery, NewPayoutBody, PayoutPath, PayoutQuery, ReportBody},
    payout_views::{BalanceListView, PayoutCard, PayoutView, SoldLineView, StatementView},
    seller_bodies::SellerPath,
};
use crate::{
    Fail,
    answer::{Json, Once, Tagged, created},
    extract::{Body, Keyed, Operator, PageView, Path, Query, Signed},
};

fn page(query: MoneyQuery) -> PageRequest {
    PageRequest { limit: query.limit.unwrap_or(20), cursor: query.cursor }
}

/// Look at what a seller has and owes, by currency: its team, and operators.
#[api_v2_operation(tags(Market), operation_id = "getSellerBalances")]
pub async fn balances(
    market: Data<Market>,
    who: Signed,
    path: Path<SellerPath>,
) -> Result<Json<BalanceListView>, Fail> {
    let balances = market.balances(&who.0, path.0.id.0).await?;
    Ok(Json(BalanceListView { data: balances.into_iter().map(Into::into).collect() }))
}

/// List every entry of a seller's accounts, newest first.
#[api_v2_operation(tags(Market), operation_id = "listSellerStatement")]
pub async fn statement(
    market: Data<Market>,
    who: Signed,
    path: Path<SellerPath>,
    query: Query<MoneyQuery>,
) -> Result<Json<PageView<StatementView>>, Fail> {
    let entries = market.statement(&who.0, path.0.id.0, page(query.0)).await?;
    Ok(Json(PageView::of(entries, StatementView::from)))
}

/// List what a seller sold, line by line, newest first.
#[api_v2_operation(tags(Market), operation_id = "listSellerSales")]
pub async fn sales(
    market: Data<Market>,
    who: Signed,
    path: Path<SellerPath>,
    query: Query<MoneyQuery>,
) -> Result<Json<PageView<SoldLineView>>, Fail> {
    let lines = market.sold_lines(&who.0, path.0.id.0, page(query.0)).await?;
    Ok(Json(PageView::of(lines, SoldLineView::from)))
}

/// List payouts, newest first: one's own, or everybody's for operators.
#[api_v2_operation(tags(Market), operation_id = "listPayouts")]
pub async fn list(
    market: Data<Market>,
    who: Signed,
    query: Query<PayoutQuery>,
) -> Result<Json<PageView<PayoutCard>>, Fail<404>> {
    let PayoutQuery { seller, state, limit, cursor } = query.0;
    let filter = PayoutFilter {
        seller: seller.map(|seller| seller.0),
        state: state.map(|state| state.name().to_owned()),
    };
    let page = PageRequest { limit: limit.unwrap_or(20), cursor };
    let payouts = market.list_payouts(&who.0, filter, page).await?;
    Ok(Json(PageView::of(payouts, PayoutCard::from)))
}

/// Look at a payout and every entry it pays.
#[api_v2_operation(tags(Market), operation_id = "getPayout")]
pub async fn show(
    market: Data<Market>,
    who: Signed,
    path: Path<PayoutPath>,
) -> Result<Tagged<PayoutView>, Fail> {
    let payout = market.payout(&who.0, path.0.id.0).await?;
    Ok(Tagged::new(payout.version, payout.state.into()))
}

/// Pay a seller out now, whatever its schedule and its minimum say.
///
/// All that may be paid out in that currency, less what the seller owes. The payout is a `draft` until the provider has
/// answered; the money is set aside at once.
#[api_v2_operation(tags(Market), operation_id = "runPayout")]
pub async fn run(
    market: Data<Market>,
    operator: Operator,
    body: Keyed<NewPayoutBody>,
) -> Result<Once<PayoutView>, Fail<404, 409>> {
    let request = body.body.understood()?;
    let work = async |_: NewPayoutBody, key| {
        let once = commerce::Once { request: key, answer: word };
        let made = market.pay_out(&operator.0, request, Some(once)).await?;
        Ok::<_, MarketError>(Once::first(word(&made)))
    };
    Ok(body.once(market.receipts.as_ref(), work).await?)
}

fn word(payout: &Stored<Payout>) -> Answer {
    let location = format!("/v1/market/payouts/{}", payout.state.id);
    created(location, &PayoutView::from(payout.state.clone()))
}

/// Say what became of a payout that is paid by hand.
///
/// One that came back, even after it was paid, is the seller's again. Others are followed at their provider.
#[api_v2_operation(tags(Market), operation_id = "reportPayout")]
pub async fn report(
    market: Data<Market>,
    operator: Operator,
    path: Path<PayoutPath>,
    body: Body<ReportBody>,
) -> Result<Tagged<PayoutView>, Fail<409>> {
    let payout = market.report_payout(&operator.0, path.0.id.0, body.0.into()).await?;
    Ok(Tagged::new(payout.version, payout.state.into()))
}
