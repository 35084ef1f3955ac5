//! Read a listing's calendar, and what a period costs and whether it is free.

use chrono::{NaiveDate, TimeDelta};
use commerce::{Actor, FieldError, Span, Timestamp, claim::Busy};

use super::{CalendarDay, calendar, claimed, free_units, nearest_free};
use crate::{ExtraChoice, Listing, ListingId, Quote, Rent, RentError, RentShop, quote};

const MAX_DAYS: i64 = 92;
/// How many times as far around a refused period free slots are looked for where none is near.
const LOOK_FURTHER: i32 = 4;

/// What somebody would like to rent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub listing: ListingId,
    pub period: Span,
    pub extras: Vec<ExtraChoice>,
}

/// A quote, and whether it can be booked right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodReading {
    pub quote: Quote,
    pub free_units: usize,
    /// Where none is free: the nearest periods in which one is.
    pub nearest: Vec<Span>,
}

impl Rent {
    /// The days from `from` to `to`, both included, at most 92.
    pub async fn read_calendar(
        &self,
        actor: Option<&Actor>,
        listing: ListingId,
        (from, to): (NaiveDate, NaiveDate),
    ) -> Result<Vec<CalendarDay>, RentError> {
        let page = self.read_listing(actor, listing).await?;
        let days = to.signed_duration_since(from).num_days();
        if !(0..MAX_DAYS).contains(&days) {
            let detail = format!("a calendar has 1 to {MAX_DAYS} days");
            return Err(RentError::Invalid(vec![FieldError::new("to", "out_of_range", detail)]));
        }
        let (listing, shop) = (page.listing.state, page.shop);
        let ends = shop.whole_day(from).zip(shop.whole_day(to));
        let within = ends.and_then(|(a, b)| Span::try_new(a.starts_at(), b.ends_at()).ok());
        let busy = match within {
            Some(within) => self.calendars.busy(&listing.resources(), within).await?,
            None => Vec::new(),
        };
        Ok(calendar(&listing, &shop, &busy, (from, to)))
    }

    /// What a booking of this would come to, if it can be booked.
    pub async fn read_period(
        &self,
        actor: Option<&Actor>,
        asked: &Asked,
    ) -> Result<PeriodReading, RentError> {
        let page = self.read_listing(actor, asked.listing).await?;
        let (listing, shop) = (page.listing.state, page.shop);
        let quote = quote(&listing, &shop, asked.period, &asked.extras, self.env.now())?;
        let busy = self.busy_while(&listing, asked.period).await?;
        let free_units = free_units(&listing, &busy, asked.period).len();
        let nearest = match free_units {
            0 => self.nearest(&listing, &shop, asked.period).await?,
            _ => Vec::new(),
        };
        Ok(PeriodReading { quote, free_units, nearest })
    }

    pub(crate) async fn busy_while(
        &self,
        listing: &Listing,
        period: Span,
    ) -> Result<Vec<Busy>, RentError> {
        Ok(self.calendars.busy(&listing.resources(), claimed(listing, period)).await?)
    }

    /// The free slots nearest to a period that is not: some days around it, or, where there is none, some weeks.
    pub(crate) async fn nearest(
        &self,
        listing: &Listing,
        shop: &RentShop,
        wanted: Span,
    ) -> Result<Vec<Span>, RentError> {
        let near = self.rules.look_around;
        let far = near.checked_mul(LOOK_FURTHER).unwrap_or(near);
        for around in [near, far] {
            let slots = self.nearest_within(listing, shop, (wanted, around)).await?;
            if !slots.is_empty() {
                return Ok(slots);
            }
        }
        Ok(Vec::new())
    }

    async fn nearest_within(
        &self,
        listing: &Listing,
        shop: &RentShop,
        (wanted, around): (Span, TimeDelta),
    ) -> Result<Vec<Span>, RentError> {
        let moved = |at: Timestamp, by| at.checked_add_signed(by).unwrap_or(at);
        let within = (moved(wanted.starts_at(), -around), moved(wanted.starts_at(), around));
        let Ok(within) = Span::try_new(within.0, within.1) else {
            return Ok(Vec::new());
        };
        let reach = claimed(listing, within.and_then(wanted.length()));
        let busy = self.calendars.busy(&listing.resources(), reach).await?;
        let slots = nearest_free(listing, shop, &busy, (wanted, within), self.env.now());
        Ok(slots.take(self.rules.slots_named).collect())
    }
}
