//! Reviews, found by their booking and by what or whom they are about.

use async_trait::async_trait;
use commerce::{
    CommitError, Page, PageRequest, StoreError, Stored, Timestamp, UserId, Version, Write,
};
use rent::{BookingId, ListingId, Rating, Review, ReviewId, Reviews};
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::{
    Db, Layout, Refusal, Step, Steps, cursor,
    sql::{self, Binds, micros},
};

#[async_trait]
impl Layout for Review {
    async fn load(db: &Db, id: ReviewId) -> Result<Option<Stored<Self>>, StoreError> {
        let sql = "select version, document from rent_reviews where id = $1";
        db.row(sql, [id.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        steps.push(row(write)?);
        Ok(())
    }
}

/// Who wrote of what never changes.
fn row(write: &Write<Review>) -> Result<Step, CommitError> {
    let review = &write.state;
    let Version(version) = write.expected.next();
    let document = serde_json::to_string(review).map_err(StoreError::new)?;
    let moving: [Value; 5] = [
        review.id.uuid().into(),
        version.into(),
        i64::from(review.stars).into(),
        micros(review.visible_from).into(),
        document.into(),
    ];
    if write.expected == Version(0) {
        let insert = "insert into rent_reviews \
            (id, version, stars, visible_from, document, booking, side, listing, about) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing";
        let lasting: [Value; 4] = [
            review.booking.uuid().into(),
            review.by.as_str().into(),
            review.listing.uuid().into(),
            review.about.map(|traveller| traveller.uuid()).into(),
        ];
        return Ok(Step::new(insert, moving.into_iter().chain(lasting)).or(Refusal::Exists));
    }
    let Version(expected) = write.expected;
    let update = "update rent_reviews set version = $2, stars = $3, visible_from = $4, document = $5 \
        where id = $1 and version = $6 and {gate}";
    Ok(Step::new(update, moving.into_iter().chain([expected.into()])).or(Refusal::Stale))
}

fn read(row: &QueryResult) -> Result<Stored<Review>, StoreError> {
    Ok(Stored { state: sql::json(row, "document")?, version: Version(sql::get(row, "version")?) })
}

#[async_trait]
impl Reviews for Db {
    async fn reviews_of_booking(
        &self,
        booking: BookingId,
    ) -> Result<Vec<Stored<Review>>, StoreError> {
        let sql = "select version, document from rent_reviews where booking = $1 order by id";
        self.rows(sql, [booking.uuid().into()]).await?.iter().map(read).collect()
    }

    async fn reviews_of_listing(
        &self,
        listing: ListingId,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Review>, StoreError> {
        visible(self, "side = 'traveller' and listing", listing.uuid(), now, &page).await
    }

    async fn rating(&self, listing: ListingId, now: Timestamp) -> Result<Rating, StoreError> {
        let sql = "select count(*) as n, cast(coalesce(sum(stars), 0) as bigint) as stars \
            from rent_reviews where side = 'traveller' and listing = $1 and visible_from <= $2";
        let row = self.row(sql, [listing.uuid().into(), micros(now).into()]).await?;
        let Some(row) = row else { return Ok(Rating::default()) };
        let (count, stars): (i64, i64) = (sql::get(&row, "n")?, sql::get(&row, "stars")?);
        let unsigned = |number: i64| u64::try_from(number).unwrap_or_default();
        Ok(Rating { count: unsigned(count), stars: unsigned(stars) })
    }

    async fn reviews_of_traveller(
        &self,
        traveller: UserId,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Review>, StoreError> {
        visible(self, "about", traveller.uuid(), now, &page).await
    }
}

/// Newest first, what everybody may see.
async fn visible(
    db: &Db,
    of: &str,
    id: Uuid,
    now: Timestamp,
    page: &PageRequest,
) -> Result<Page<Review>, StoreError> {
    let mut binds = Binds::default();
    let (id, now) = (binds.add(id), binds.add(micros(now)));
    let mut sql = format!(
        "select version, document from rent_reviews where {of} = {id} and visible_from <= {now}"
    );
    if let Some(after) = cursor::after::<Uuid>(page)? {
        sql += &format!(" and id < {}", binds.add(after));
    }
    sql += &format!(" order by id desc limit {}", binds.add(cursor::rows(page)));
    let rows = db.rows(&sql, binds.0).await?;
    let reviews = rows.iter().map(|row| Ok(read(row)?.state)).collect::<Result<_, StoreError>>()?;
    cursor::page(page, reviews, |review: &Review| review.id.uuid())
}
