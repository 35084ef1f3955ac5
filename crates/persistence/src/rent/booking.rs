//! Bookings, found by their order, by either side, and by what falls due.

use async_trait::async_trait;
use commerce::{
    CommitError, OrderId, Page, PageRequest, StoreError, Stored, Timestamp, UserId, Version, Write,
};
use rent::{Awaiting, Booking, BookingFilter, BookingId, BookingState, Bookings};
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::{
    Db, Layout, Refusal, Step, Steps, cursor,
    sql::{self, Binds, micros},
};

#[async_trait]
impl Layout for Booking {
    async fn load(db: &Db, id: BookingId) -> Result<Option<Stored<Self>>, StoreError> {
        let sql = "select version, document from rent_bookings where id = $1";
        db.row(sql, [id.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        steps.push(row(write)?);
        Ok(())
    }
}

/// Whose it is and what was booked never changes.
fn row(write: &Write<Booking>) -> Result<Step, CommitError> {
    let booking = &write.state;
    let Version(version) = write.expected.next();
    let document = serde_json::to_string(booking).map_err(StoreError::new)?;
    let moving: [Value; 7] = [
        booking.id.uuid().into(),
        version.into(),
        booking.order.map(|order| order.uuid()).into(),
        booking.state.name().into(),
        answer_by(booking).map(micros).into(),
        over_at(booking).map(micros).into(),
        document.into(),
    ];
    if write.expected == Version(0) {
        let insert = "insert into rent_bookings (id, version, \"order\", state, answer_by, over_at, \
            document, listing, unit, shop, traveller) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (id) do nothing";
        let lasting: [Value; 4] = [
            booking.listing.uuid().into(),
            booking.unit.uuid().into(),
            booking.shop.uuid().into(),
            booking.traveller.uuid().into(),
        ];
        return Ok(Step::new(insert, moving.into_iter().chain(lasting)).or(Refusal::Exists));
    }
    let Version(expected) = write.expected;
    let update = "update rent_bookings set version = $2, \"order\" = $3, state = $4, answer_by = $5, \
        over_at = $6, document = $7 where id = $1 and version = $8 and {gate}";
    Ok(Step::new(update, moving.into_iter().chain([expected.into()])).or(Refusal::Stale))
}

/// Until when the owner may answer a request.
fn answer_by(booking: &Booking) -> Option<Timestamp> {
    match booking.state {
        BookingState::Held { until, awaiting: Awaiting::Answer } => Some(until),
        _ => None,
    }
}

/// Since when the vehicle is back, or from when on nobody picks it up any more.
pub(super) fn over_at(booking: &Booking) -> Option<Timestamp> {
    match booking.state {
        BookingState::Returned { at } => Some(at),
        BookingState::Confirmed { .. } => Some(booking.period.ends_at()),
        BookingState::Held { .. }
        | BookingState::Active { .. }
        | BookingState::Completed { .. }
        | BookingState::Cancelled { .. }
        | BookingState::Expired { .. } => None,
    }
}

fn read(row: &QueryResult) -> Result<Stored<Booking>, StoreError> {
    Ok(Stored { state: sql::json(row, "document")?, version: Version(sql::get(row, "version")?) })
}

#[async_trait]
impl Bookings for Db {
    async fn booking_of_order(
        &self,
        order: OrderId,
    ) -> Result<Option<Stored<Booking>>, StoreError> {
        let sql = "select version, document from rent_bookings where \"order\" = $1";
        self.row(sql, [order.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    async fn list_bookings(
        &self,
        filter: BookingFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Booking>>, StoreError> {
        let BookingFilter { traveller, shop, listing, state } = filter;
        let given: [(&str, Option<Value>); 5] = [
            ("traveller =", traveller.map(|traveller| traveller.uuid().into())),
            ("shop =", shop.map(|shop| shop.uuid().into())),
            ("listing =", listing.map(|listing| listing.uuid().into())),
            ("state =", state.map(Into::into)),
            ("id <", cursor::after::<Uuid>(&page)?.map(Into::into)),
        ];
        let mut binds = Binds::default();
        let mut sql = "select version, document from rent_bookings where true".to_owned();
        for (column, value) in given.into_iter().filter_map(|(c, v)| Some((c, v?))) {
            sql += &format!(" and {column} {}", binds.add(value));
        }
        sql += &format!(" order by id desc limit {}", binds.add(cursor::rows(&page)));
        let rows = self.rows(&sql, binds.0).await?;
        let bookings = rows.iter().map(read).collect::<Result<_, _>>()?;
        cursor::page(&page, bookings, |stored: &Stored<Booking>| stored.state.id.uuid())
    }

    async fn held_bookings(&self, traveller: UserId) -> Result<u64, StoreError> {
        let sql = "select count(*) as n from rent_bookings where traveller = $1 and state = 'held'";
        let row = self.row(sql, [traveller.uuid().into()]).await?;
        let count: i64 = row.map_or(Ok(0), |row| sql::get(&row, "n"))?;
        Ok(count.try_into().unwrap_or_default())
    }

    async fn unanswered(&self, now: Timestamp, limit: u32) -> Result<Vec<BookingId>, StoreError> {
        let sql =
            "select id from rent_bookings where answer_by <= $1 order by answer_by, id limit $2";
        due(self, sql, now, limit).await
    }

    async fn to_complete(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookingId>, StoreError> {
        let sql = "select id from rent_bookings where over_at <= $1 order by over_at, id limit $2";
        due(self, sql, before, limit).await
    }
}

async fn due(db: &Db, sql: &str, at: Timestamp, limit: u32) -> Result<Vec<BookingId>, StoreError> {
    let rows = db.rows(sql, [micros(at).into(), i64::from(limit).into()]).await?;
    rows.iter().map(|row| Ok(sql::get::<Uuid>(row, "id")?.into())).collect()
}
