//! Customers' wallets: what is in them, what came and went, and topping one's own up.

use commerce::{
    Actor, Answer, PageRequest, Payment, UserId,
    payment::PaymentError,
    sales::{Sales, TopUp},
};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    Commerce,
    bodies::{CustomerPath, NewTopUp},
    views::{PaymentView, WalletEntryView, WalletView},
};
use crate::{
    Fail,
    answer::{Json, Once, created},
    extract::{Keyed, PageView, Paging, Path, Query, Signed},
};

/// What is in your wallet.
#[api_v2_operation(tags(Wallet), operation_id = "getOwnWallet")]
pub async fn own(commerce: Data<Commerce>, signed: Signed) -> Result<Json<WalletView>, Fail> {
    wallet(&commerce.sales, &signed.0, signed.0.user).await
}

/// What came into your wallet and what was paid from it, newest first.
#[api_v2_operation(tags(Wallet), operation_id = "listOwnWalletEntries")]
pub async fn own_entries(
    commerce: Data<Commerce>,
    signed: Signed,
    paging: Query<Paging>,
) -> Result<Json<PageView<WalletEntryView>>, Fail> {
    statement(&commerce.sales, &signed.0, signed.0.user, paging.0.request()).await
}

/// Top up your wallet.
///
/// The answer is a payment like that of an order: finish it at the provider, and look at it with
/// `GET /v1/payments/{id}`. The money is in the wallet as soon as it is `captured`. The order it belongs to has the
/// mode `wallet`; another payment of it may be started with `POST /v1/payments` when this one fails.
#[api_v2_operation(tags(Wallet), operation_id = "topUpWallet")]
pub async fn top_up(
    commerce: Data<Commerce>,
    signed: Signed,
    body: Keyed<NewTopUp>,
) -> Result<Once<PaymentView>, Fail<503>> {
    let sales = &commerce.sales;
    let amount = body.body.amount.money("#/amount")?;
    let work = async |body: NewTopUp, request| {
        let top_up = TopUp { amount, provider: body.provider };
        let once = commerce::Once { request, answer: word };
        let payment = sales.top_up_wallet(&signed.0, top_up, once).await?;
        Ok::<_, PaymentError>(Once::first(word(&payment)))
    };
    Ok(body.once(&*sales.receipts, work).await?)
}

fn word(payment: &Payment) -> Answer {
    created(format!("/v1/payments/{}", payment.id), &PaymentView::from(payment))
}

/// What is in a customer's wallet.
///
/// For its owner and for operators.
#[api_v2_operation(tags(Wallet), operation_id = "getWallet")]
pub async fn show(
    commerce: Data<Commerce>,
    signed: Signed,
    path: Path<CustomerPath>,
) -> Result<Json<WalletView>, Fail> {
    wallet(&commerce.sales, &signed.0, path.0.id.0).await
}

/// What came into a customer's wallet and what was paid from it, newest first.
///
/// For its owner and for operators.
#[api_v2_operation(tags(Wallet), operation_id = "listWalletEntries")]
pub async fn entries(
    commerce: Data<Commerce>,
    signed: Signed,
    path: Path<CustomerPath>,
    paging: Query<Paging>,
) -> Result<Json<PageView<WalletEntryView>>, Fail> {
    statement(&commerce.sales, &signed.0, path.0.id.0, paging.0.request()).await
}

async fn wallet(sales: &Sales, actor: &Actor, of: UserId) -> Result<Json<WalletView>, Fail> {
    let balances = sales.wallet(actor, of).await?;
    Ok(Json(WalletView::of(of, balances)))
}

async fn statement(
    sales: &Sales,
    actor: &Actor,
    of: UserId,
    page: PageRequest,
) -> Result<Json<PageView<WalletEntryView>>, Fail> {
    let entries = sales.wallet_entries(actor, of, page).await?;
    Ok(Json(PageView::of(entries, WalletEntryView::from)))
}
