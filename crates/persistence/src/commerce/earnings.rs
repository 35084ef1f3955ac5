//! What sellers earned by each line: rows beside a payment's document, by which they are found and summed.

use async_trait::async_trait;
use commerce::{
    Account, CommitError, Currency, Money, Payment, PaymentId, StoreError, Timestamp,
    payment::{Part, Parts},
    seller::{SellerBooks, Standing},
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, Steps, failure,
    rows::{self, Column},
    sql::{Binds, get, micros},
};

const COLUMNS: &[Column] = &[
    ("line", "uuid"),
    ("payment", "uuid"),
    ("order_id", "uuid"),
    ("seller", "uuid"),
    ("currency", "text"),
    ("gross", "bigint"),
    ("fee", "bigint"),
    ("fee_tax", "bigint"),
    ("net", "bigint"),
    ("refunded", "bigint"),
    ("refunded_net", "bigint"),
    ("pending", "bigint"),
    ("earned_at", "bigint"),
    ("due_at", "bigint"),
    ("released_at", "bigint"),
    ("disputes", "bigint"),
];

#[derive(Serialize)]
struct Row {
    line: Uuid,
    payment: Uuid,
    order_id: Uuid,
    seller: Uuid,
    currency: &'static str,
    gross: i64,
    fee: i64,
    fee_tax: i64,
    net: i64,
    refunded: i64,
    refunded_net: i64,
    pending: i64,
    earned_at: i64,
    /// When the time that was sold is over.
    due_at: Option<i64>,
    released_at: Option<i64>,
    /// How many of the payment's are open; its earnings wait for them.
    disputes: usize,
}

/// What was sold stays; what went back and what was released moves under the payment's lock.
const MOVED: &str = "on conflict (line) do update set refunded = excluded.refunded, \
    refunded_net = excluded.refunded_net, pending = excluded.pending, released_at = excluded.released_at, \
    disputes = excluded.disputes";

pub fn steps(payment: &Payment, steps: &mut Steps) -> Result<(), CommitError> {
    let Some(parts) = &payment.parts else { return Ok(()) };
    let sold = parts.lines.iter().filter_map(|part| Some((part, part.seller?)));
    let rows = sold.map(|(part, seller)| row(payment, parts, part, seller));
    let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|row| row.line);
    steps.push(rows::insert(steps, "commerce_earnings", COLUMNS, &rows, MOVED)?);
    Ok(())
}

fn row(payment: &Payment, parts: &Parts, part: &Part, seller: Uuid) -> Result<Row, CommitError> {
    let (gross, refunded) = (part.sold.total(), part.returned.total());
    Ok(Row {
        line: part.line,
        payment: payment.id.uuid(),
        order_id: payment.order.uuid(),
        seller,
        currency: payment.amount.currency.code(),
        gross: gross.map_err(failure::corrupt)?.minor,
        fee: part.sold.fee.minor,
        fee_tax: part.sold.tax.minor,
        net: part.sold.net.minor,
        refunded: refunded.map_err(failure::corrupt)?.minor,
        refunded_net: part.returned.net.minor,
        pending: part.pending.minor,
        earned_at: micros(parts.at),
        due_at: parts.over.map(|_| micros(parts.due())),
        released_at: parts.released.map(micros),
        disputes: payment.disputes.iter().filter(|dispute| dispute.is_open()).count(),
    })
}

#[async_trait]
impl SellerBooks for Db {
    async fn standings(
        &self,
        sellers: &[Uuid],
        currency: Currency,
    ) -> Result<Vec<Standing>, StoreError> {
        if sellers.is_empty() {
            return Ok(Vec::new());
        }
        let mut binds = Binds::default();
        let place = binds.add(currency.code());
        let accounts =
            |&seller: &Uuid| [Account::seller_payable(seller), Account::seller_receivable(seller)];
        let codes = sellers.iter().flat_map(accounts);
        let codes: Vec<_> = codes.map(|account| binds.add(account.code())).collect();
        let sql = format!(
            "select code, balance from ledger_accounts where currency = {place} and code in ({})",
            codes.join(", ")
        );
        let mut found: Vec<(String, i64)> = Vec::new();
        for row in self.rows(&sql, binds.0).await? {
            found.push((get(&row, "code")?, get(&row, "balance")?));
        }
        let balance = |account: &Account| {
            let known = found.iter().find(|(code, _)| code == account.code());
            known.map_or(0, |(_, balance)| *balance)
        };
        let money = |minor| Money::new(minor, currency);
        let standing = |&seller: &Uuid| Standing {
            seller,
            payable: money(balance(&Account::seller_payable(seller)).saturating_neg()),
            receivable: money(balance(&Account::seller_receivable(seller))),
        };
        Ok(sellers.iter().map(standing).collect())
    }

    async fn unreleased(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<PaymentId>, StoreError> {
        let rows = self
            .rows(
                "select payment, min(coalesce(due_at, earned_at)) as at from commerce_earnings
                 where released_at is null and disputes = 0 and coalesce(due_at, earned_at) <= $1
                 group by payment order by at, payment limit $2",
                [micros(before).into(), i64::from(limit).into()],
            )
            .await?;
        rows.iter().map(|row| Ok(get::<Uuid>(row, "payment")?.into())).collect()
    }
}
