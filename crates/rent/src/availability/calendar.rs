//! A listing's calendar: for each day, when the shop is open and how many units are free when.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use commerce::{Span, Timestamp, claim::Busy};

use crate::{Listing, RentShop};

/// One of the shop's days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarDay {
    pub date: NaiveDate,
    pub openings: Vec<Span>,
    /// Nothing is out on this day.
    pub blacked_out: bool,
    /// Stretches of the day in which at least one unit is free, in order; open or not.
    pub free: Vec<FreeTime>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreeTime {
    pub span: Span,
    /// How many units are free all the while.
    pub units: usize,
}

/// The days from `from` to `to`, both included.
pub fn calendar(
    listing: &Listing,
    shop: &RentShop,
    busy: &[Busy],
    (from, to): (NaiveDate, NaiveDate),
) -> Vec<CalendarDay> {
    let day = |date: NaiveDate| {
        let blacked_out = shop.blackouts.iter().any(|range| range.contains(date));
        let whole = shop.whole_day(date).filter(|_| !blacked_out);
        let free = whole.map(|day| free_times(listing, busy, day)).unwrap_or_default();
        CalendarDay { date, openings: shop.openings(date), blacked_out, free }
    };
    from.iter_days().take_while(|date| *date <= to).map(day).collect()
}

/// Cuts a day where the number of free units changes.
fn free_times(listing: &Listing, busy: &[Busy], day: Span) -> Vec<FreeTime> {
    let ends = busy.iter().flat_map(|claim| [claim.span.starts_at(), claim.span.ends_at()]);
    let inside = ends.filter(|at| day.contains(*at));
    let cuts: BTreeSet<Timestamp> = inside.chain([day.starts_at(), day.ends_at()]).collect();
    let cuts: Vec<_> = cuts.into_iter().collect();
    let mut times: Vec<FreeTime> = Vec::new();
    for span in cuts.windows(2).filter_map(between) {
        let taken = |resource| busy.iter().any(|b| b.resource == resource && b.span.overlaps(span));
        let units = listing.ready_units().filter(|unit| !taken(unit.resource())).count();
        match times.last_mut() {
            Some(last) if last.units == units && last.span.ends_at() == span.starts_at() => {
                last.span = last.span.and_then(span.length());
            }
            _ => times.push(FreeTime { span, units }),
        }
    }
    times.retain(|time| time.units > 0);
    times
}

fn between(cuts: &[Timestamp]) -> Option<Span> {
    match cuts {
        [from, to] => Span::try_new(*from, *to).ok(),
        _ => None,
    }
}
