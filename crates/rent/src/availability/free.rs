//! Which units are free in a period, and which periods like it are free for some unit.

use std::collections::HashMap;

use chrono::TimeDelta;
use commerce::{ResourceId, Span, Timestamp, claim::Busy};

use super::{check, claimed};
use crate::{Listing, RentShop, Unit};

/// Slots begin at full and half hours of the shop's opening.
const GRID_MIN: i64 = 30;
const DAYS_LOOKED_AT: usize = 128;

/// The units that nobody has claimed while a period and its turnaround last, in the order they go out.
pub fn free_units<'a>(listing: &'a Listing, busy: &[Busy], period: Span) -> Vec<&'a Unit> {
    let (taken, span) = (Taken::of(busy), claimed(listing, period));
    listing.ready_units().filter(|unit| taken.leaves(unit, span)).collect()
}

/// When each unit is taken.
struct Taken(HashMap<ResourceId, Vec<Span>>);

impl Taken {
    fn of(busy: &[Busy]) -> Self {
        let mut spans: HashMap<_, Vec<Span>> = HashMap::new();
        for claim in busy {
            spans.entry(claim.resource).or_default().push(claim.span);
        }
        Self(spans)
    }

    fn leaves(&self, unit: &Unit, span: Span) -> bool {
        let taken = self.0.get(&unit.resource());
        taken.is_none_or(|spans| !spans.iter().any(|taken| taken.overlaps(span)))
    }
}

/// The periods of the same length by the shop's clocks that begin within a time, are allowed and free: those that
/// begin nearest to when it was wanted come first.
pub fn nearest_free(
    listing: &Listing,
    shop: &RentShop,
    busy: &[Busy],
    (wanted, within): (Span, Span),
    now: Timestamp,
) -> impl Iterator<Item = Span> {
    let taken = Taken::of(busy);
    let clocks = shop.zone.local(wanted.ends_at()) - shop.zone.local(wanted.starts_at());
    let mut starts = starts(shop, within);
    starts.sort_by_key(|start| ((*start - wanted.starts_at()).abs(), *start));
    starts.into_iter().filter_map(move |start| {
        let end = shop.zone.instant(shop.zone.local(start).checked_add_signed(clocks)?);
        let period = Span::try_new(start, end).ok()?;
        check(listing, shop, period, now).ok()?;
        let span = claimed(listing, period);
        listing.ready_units().any(|unit| taken.leaves(unit, span)).then_some(period)
    })
}

/// The moments on the grid at which the shop hands vehicles out.
fn starts(shop: &RentShop, within: Span) -> Vec<Timestamp> {
    let (first, last) = shop.days_of(within);
    let days = first.iter_days().take(DAYS_LOOKED_AT).take_while(|date| *date <= last);
    let openings = days.flat_map(|date| shop.openings(date));
    openings.flat_map(steps).filter(|at| within.contains(*at)).collect()
}

fn steps(opening: Span) -> impl Iterator<Item = Timestamp> {
    let step = TimeDelta::minutes(GRID_MIN);
    let next = move |at: &Timestamp| at.checked_add_signed(step);
    std::iter::successors(Some(opening.starts_at()), next)
        .take_while(move |at| opening.contains(*at))
}
