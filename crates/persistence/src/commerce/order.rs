//! Orders: what is searched is a column; what was sold and how it went are two JSON documents.

use async_trait::async_trait;
use commerce::{
    CommitError, Effects, Order, OrderId, Page, PageRequest, StoreError, Stored, Timestamp, UserId,
    Version, Write,
    order::{
        Address, CancellationRequest, OrderFilter, OrderLine, OrderState, Orders, Origin,
        Redemption, Totals,
    },
};
use sea_orm::{QueryResult, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Db, Layout, Step, Steps, cursor,
    sql::{self, get, micros},
    step::{Refusal, json},
};

/// What never changes once the order is raised.
#[derive(Serialize, Deserialize)]
struct Sale<L, T, A, C> {
    lines: L,
    totals: T,
    address: A,
    #[serde(skip_serializing_if = "Option::is_none")]
    coupon: Option<C>,
}

/// What moves.
#[derive(Serialize, Deserialize)]
struct Life {
    state: OrderState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cancellation_request: Option<CancellationRequest>,
}

const COLUMNS: &str = "id, version, buyer, mode, reference, placed_at, cast(sale as text) as sale, cast(life as text) as life";

#[async_trait]
impl Layout for Order {
    async fn load(db: &Db, id: OrderId) -> Result<Option<Stored<Self>>, StoreError> {
        let query = format!("select {COLUMNS} from commerce_orders where id = $1");
        db.row(&query, [id.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        let order = &write.state;
        let step = if write.expected == Version(0) { make(order)? } else { proceed(write)? };
        steps.push(step);
        Ok(())
    }

    fn fold(writes: Vec<Write<Self>>, mut effects: Effects) -> (Vec<Write<Self>>, Effects) {
        effects.orders.extend(writes);
        (Vec::new(), effects)
    }
}

fn make(order: &Order) -> Result<Step, CommitError> {
    let sale = Sale {
        lines: &order.lines,
        totals: &order.totals,
        address: &order.address,
        coupon: order.coupon.as_ref(),
    };
    let total = order.totals.total;
    Ok(Step::new(
        "insert into commerce_orders (id, version, buyer, mode, reference, placed_at, currency, total,
           state, until, cancellation_requested, sale, life)
         select $1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, cast($11 as {json}), cast($12 as {json})
         where {gate}",
        [
            order.id.uuid().into(),
            order.buyer.uuid().into(),
            order.origin.mode.clone().into(),
            order.origin.reference.into(),
            micros(order.placed_at).into(),
            total.currency.code().into(),
            total.minor.into(),
            order.state.name().into(),
            until(order),
            order.cancellation_request.is_some().into(),
            json(&sale)?,
            life(order)?,
        ],
    )
    .or(Refusal::Stale))
}

fn proceed(write: &Write<Order>) -> Result<Step, CommitError> {
    let (order, Version(expected)) = (&write.state, write.expected);
    Ok(Step::new(
        "update commerce_orders set version = version + 1, state = $3, until = $4,
           cancellation_requested = $5, life = cast($6 as {json})
         where id = $1 and version = $2 and {gate}",
        [
            order.id.uuid().into(),
            expected.into(),
            order.state.name().into(),
            until(order),
            order.cancellation_request.is_some().into(),
            life(order)?,
        ],
    )
    .or(Refusal::Stale))
}

fn until(order: &Order) -> Value {
    match order.state {
        OrderState::Pending { until } => Some(micros(until)).into(),
        OrderState::Paid { .. } | OrderState::Cancelled { .. } => None::<i64>.into(),
    }
}

fn life(order: &Order) -> Result<Value, CommitError> {
    json(&Life {
        state: order.state.clone(),
        cancellation_request: order.cancellation_request.clone(),
    })
}

fn read(row: &QueryResult) -> Result<Stored<Order>, StoreError> {
    let sale: Sale<Vec<OrderLine>, Totals, Option<Address>, Redemption> = sql::json(row, "sale")?;
    let life: Life = sql::json(row, "life")?;
    let order = Order {
        id: get::<Uuid>(row, "id")?.into(),
        buyer: get::<Uuid>(row, "buyer")?.into(),
        origin: Origin { mode: get(row, "mode")?, reference: get(row, "reference")? },
        lines: sale.lines,
        totals: sale.totals,
        address: sale.address,
        coupon: sale.coupon,
        placed_at: sql::time(row, "placed_at")?,
        state: life.state,
        cancellation_request: life.cancellation_request,
    };
    Ok(Stored { state: order, version: Version(get(row, "version")?) })
}

#[async_trait]
impl Orders for Db {
    async fn list_orders(
        &self,
        filter: OrderFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Order>>, StoreError> {
        let mut values: Vec<Value> = vec![cursor::rows(&page).into()];
        let mut query = format!("select {COLUMNS} from commerce_orders where true");
        if let Some(buyer) = filter.buyer {
            values.push(buyer.uuid().into());
            query += &format!(" and buyer = ${}", values.len());
        }
        if let Some(state) = filter.state {
            values.push(state.into());
            query += &format!(" and state = ${}", values.len());
        }
        if filter.cancellation_requested {
            query += " and cancellation_requested and state <> 'cancelled'";
        }
        if let Some(after) = cursor::after::<Uuid>(&page)? {
            values.push(after.into());
            query += &format!(" and id < ${}", values.len());
        }
        query += " order by id desc limit $1";
        let rows = self.rows(&query, values).await?;
        let orders = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        cursor::page(&page, orders, |stored| stored.state.id.uuid())
    }

    async fn expired_orders(&self, now: Timestamp, limit: u32) -> Result<Vec<OrderId>, StoreError> {
        let rows = self
            .rows(
                "select id from commerce_orders where state = 'pending' and until <= $1 order by until, id limit $2",
                [micros(now).into(), i64::from(limit).into()],
            )
            .await?;
        rows.iter().map(|row| Ok(get::<Uuid>(row, "id")?.into())).collect()
    }

    async fn open_orders(&self, buyer: UserId) -> Result<u64, StoreError> {
        let row = self
            .row(
                "select count(*) as n from commerce_orders where buyer = $1 and state = 'pending'",
                [buyer.uuid().into()],
            )
            .await?;
        let count: i64 = row.map_or(Ok(0), |row| get(&row, "n"))?;
        Ok(count.try_into().unwrap_or_default())
    }
}
