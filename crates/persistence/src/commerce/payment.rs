//! Payments: columns for what is searched and constrained, one JSON document for the rest.

use async_trait::async_trait;
use commerce::{
    CommitError, Effects, Money, OrderId, Page, PageRequest, Payment, PaymentId, StoreError,
    Stored, Timestamp, Version, Write,
    payment::{ClientAction, Dispute, Parts, PaymentFilter, PaymentState, Payments, Refund},
};
use sea_orm::{QueryResult, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::earnings;
use crate::{
    Db, Layout, Step, Steps, cursor, failure,
    sql::{self, get, micros},
    step::{Refusal, json},
};

#[derive(Serialize, Deserialize)]
struct Doc {
    state: PaymentState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<ClientAction>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refunds: Vec<Refund>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    disputes: Vec<Dispute>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts: Option<Parts>,
    checks: u32,
}

pub(super) const COLUMNS: &str =
    "id, version, order_id, buyer, provider, provider_ref, currency, amount, captured, settles,
    created_at, check_at, cast(doc as text) as doc";

#[async_trait]
impl Layout for Payment {
    async fn load(db: &Db, id: PaymentId) -> Result<Option<Stored<Self>>, StoreError> {
        let query = format!("select {COLUMNS} from commerce_payments where id = $1");
        db.row(&query, [id.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        let made = write.expected == Version(0);
        let step = if made { make(&write.state)? } else { proceed(write)? };
        steps.push(step);
        earnings::steps(&write.state, steps)
    }

    fn fold(writes: Vec<Write<Self>>, mut effects: Effects) -> (Vec<Write<Self>>, Effects) {
        effects.payments.extend(writes);
        (Vec::new(), effects)
    }
}

fn make(payment: &Payment) -> Result<Step, CommitError> {
    let mut values: Vec<Value> = vec![
        payment.id.uuid().into(),
        payment.order.uuid().into(),
        payment.buyer.uuid().into(),
        payment.provider.clone().into(),
        payment.amount.currency.code().into(),
        payment.amount.minor.into(),
        micros(payment.created_at).into(),
    ];
    values.extend(moving(payment)?);
    Ok(Step::new(
        "insert into commerce_payments (id, version, order_id, buyer, provider, currency, amount, created_at,
           provider_ref, state, captured, refunded, settles, check_at, doc)
         select $1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, cast($14 as {json}) where {gate}",
        values,
    )
    .or(Refusal::Stale))
}

fn proceed(write: &Write<Payment>) -> Result<Step, CommitError> {
    let Version(expected) = write.expected;
    let mut values: Vec<Value> = vec![write.state.id.uuid().into(), expected.into()];
    values.extend(moving(&write.state)?);
    Ok(Step::new(
        "update commerce_payments set version = version + 1, provider_ref = $3, state = $4, captured = $5,
           refunded = $6, settles = $7, check_at = $8, doc = cast($9 as {json})
         where id = $1 and version = $2 and {gate}",
        values,
    )
    .or(Refusal::Stale))
}

/// The columns that move, in the order both statements name them.
fn moving(payment: &Payment) -> Result<[Value; 7], CommitError> {
    let live = payment.refunds.iter().filter(|refund| refund.is_live());
    let refunded = Money::sum(payment.amount.currency, live.map(|refund| refund.amount));
    let doc = Doc {
        state: payment.state.clone(),
        action: payment.action.clone(),
        refunds: payment.refunds.clone(),
        disputes: payment.disputes.clone(),
        parts: payment.parts.clone(),
        checks: payment.checks,
    };
    Ok([
        payment.provider_ref.clone().into(),
        payment.state.name().into(),
        payment.captured.minor.into(),
        refunded.map_err(failure::corrupt)?.minor.into(),
        payment.settles.into(),
        payment.check_at.map(micros).into(),
        json(&doc)?,
    ])
}

pub(super) fn read(row: &QueryResult) -> Result<Stored<Payment>, StoreError> {
    let doc: Doc = sql::json(row, "doc")?;
    let currency = sql::currency(row, "currency")?;
    let payment = Payment {
        id: get::<Uuid>(row, "id")?.into(),
        order: get::<Uuid>(row, "order_id")?.into(),
        buyer: get::<Uuid>(row, "buyer")?.into(),
        provider: get(row, "provider")?,
        amount: sql::money(row, "amount", currency)?,
        state: doc.state,
        provider_ref: get(row, "provider_ref")?,
        action: doc.action,
        captured: sql::money(row, "captured", currency)?,
        settles: get(row, "settles")?,
        refunds: doc.refunds,
        disputes: doc.disputes,
        parts: doc.parts,
        created_at: sql::time(row, "created_at")?,
        check_at: get::<Option<i64>>(row, "check_at")?.map(sql::timestamp).transpose()?,
        checks: doc.checks,
    };
    Ok(Stored { state: payment, version: Version(get(row, "version")?) })
}

#[async_trait]
impl Payments for Db {
    async fn by_provider_ref(
        &self,
        provider: &str,
        provider_ref: &str,
    ) -> Result<Option<Stored<Payment>>, StoreError> {
        let query = format!(
            "select {COLUMNS} from commerce_payments where provider = $1 and provider_ref = $2"
        );
        let row = self.row(&query, [provider.into(), provider_ref.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    async fn of_order(&self, order: OrderId) -> Result<Vec<Stored<Payment>>, StoreError> {
        let query =
            format!("select {COLUMNS} from commerce_payments where order_id = $1 order by id");
        self.rows(&query, [order.uuid().into()]).await?.iter().map(read).collect()
    }

    async fn list_payments(
        &self,
        filter: PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Payment>>, StoreError> {
        let mut values: Vec<Value> = vec![cursor::rows(&page).into()];
        let mut query = format!("select {COLUMNS} from commerce_payments where true");
        if let Some(buyer) = filter.buyer {
            values.push(buyer.uuid().into());
            query += &format!(" and buyer = ${}", values.len());
        }
        if let Some(order) = filter.order {
            values.push(order.uuid().into());
            query += &format!(" and order_id = ${}", values.len());
        }
        if let Some(after) = cursor::after::<Uuid>(&page)? {
            values.push(after.into());
            query += &format!(" and id < ${}", values.len());
        }
        query += " order by id desc limit $1";
        let rows = self.rows(&query, values).await?;
        let payments = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        cursor::page(&page, payments, |stored| stored.state.id.uuid())
    }

    async fn due_payments(&self, now: Timestamp, limit: u32) -> Result<Vec<PaymentId>, StoreError> {
        let rows = self
            .rows(
                "select id from commerce_payments where check_at <= $1 order by check_at, id limit $2",
                [micros(now).into(), i64::from(limit).into()],
            )
            .await?;
        rows.iter().map(|row| Ok(get::<Uuid>(row, "id")?.into())).collect()
    }
}
