//! Search vehicles, each priced for the period by the same quote that booking uses.

use commerce::{Money, Page, Span};

use super::{Hit, Position, Sort, VehicleFilter, VehicleQuery};
use crate::{ExtraChoice, Quote, Rent, RentError, quote};

/// The most a client may ask for at once.
const MAX_LIMIT: u32 = 100;
const MAX_RADIUS_M: u32 = 500_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    pub filter: VehicleFilter,
    pub sort: Sort,
    pub extras: Vec<ExtraChoice>,
    pub limit: u32,
    pub cursor: Option<String>,
}

/// A vehicle with what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub hit: Hit,
    pub day_from: Money,
    /// From the place that was searched near.
    pub distance_m: Option<u32>,
    /// For the period that was searched for.
    pub quote: Option<Quote>,
}

impl Rent {
    /// What cannot be booked for the period (closed, too long, too soon) is left out, so a page may be shorter
    /// than asked for; the cursor goes on all the same.
    pub async fn find_vehicles(&self, find: Find) -> Result<Page<Found>, RentError> {
        let query = query(&find)?;
        let mut hits = self.search.search_vehicles(&query).await?;
        let limit = usize::try_from(find.limit.clamp(1, MAX_LIMIT)).unwrap_or_default();
        let more = hits.len() > limit;
        hits.truncate(limit);
        let next_cursor = hits.last().filter(|_| more).map(|last| last.position.cursor());
        let found = hits.into_iter().filter_map(|hit| self.priced(hit, &find));
        Ok(Page { data: found.collect(), next_cursor })
    }

    fn priced(&self, hit: Hit, find: &Find) -> Option<Found> {
        let now = self.env.now();
        let priced = |period: Span| quote(&hit.listing, &hit.shop, period, &find.extras, now).ok();
        let quote = match find.filter.free_in {
            Some(period) => Some(priced(period)?),
            None => None,
        };
        let day_from = hit.listing.rates.as_ref()?.day_from();
        let distance_m = find.filter.near.map(|near| hit.distance_m(near.place));
        Some(Found { hit, day_from, distance_m, quote })
    }
}

fn query(find: &Find) -> Result<VehicleQuery, RentError> {
    let near = find.filter.near;
    if find.sort == Sort::Distance && near.is_none() {
        return Err(RentError::NothingToBeNear);
    }
    if near.is_some_and(|near| near.radius_m > MAX_RADIUS_M || !near.place.is_on_earth()) {
        return Err(RentError::BadPlace);
    }
    let after = match &find.cursor {
        None => None,
        Some(cursor) => Some(Position::parse(cursor, find.sort).ok_or(RentError::BadCursor)?),
    };
    let limit = find.limit.clamp(1, MAX_LIMIT).saturating_add(1);
    Ok(VehicleQuery { filter: find.filter.clone(), sort: find.sort, limit, after })
}
