//! Which units are free in a period, and which periods like it are free for some unit.

use chrono::TimeDelta;
use commerce::{ResourceId, Span, Timestamp, claim::Busy};

use super::{check, claimed};
use crate::{Listing, RentShop, Unit};

/// Slots begin at full and half hours of the shop's opening.
const GRID_MIN: i64 = 30;
const DAYS_LOOKED_AT: usize = 64;

/// The units that nobody has claimed while a period and its turnaround last, in the order they go out.
pub fn free_units<'a>(listing: &'a Listing, busy: &[Busy], period: Span) -> Vec<&'a Unit> {
    let span = claimed(listing, period);
    listing.ready_units().filter(|unit| is_free(unit.resource(), busy, span)).collect()
}

fn is_free(resource: ResourceId, busy: &[Busy], span: Span) -> bool {
    !busy.iter().any(|claim| claim.resource == resource && claim.span.overlaps(span))
}

/// The periods of the same length by the shop's clocks that begin within a time, are allowed and free; by beginning.
pub fn free_slots(
    listing: &Listing,
    shop: &RentShop,
    busy: &[Busy],
    (wanted, within): (Span, Span),
    now: Timestamp,
) -> Vec<Span> {
    let clocks = shop.zone.local(wanted.ends_at()) - shop.zone.local(wanted.starts_at());
    let slot = |start: Timestamp| {
        let end = shop.zone.instant(shop.zone.local(start).checked_add_signed(clocks)?);
        let period = Span::try_new(start, end).ok()?;
        let fits = check(listing, shop, period, now).is_ok();
        (fits && !free_units(listing, busy, period).is_empty()).then_some(period)
    };
    starts(shop, within).into_iter().filter_map(slot).collect()
}

/// The free slots that begin nearest to when a period was wanted, the nearest first.
pub fn nearest_free(
    listing: &Listing,
    shop: &RentShop,
    busy: &[Busy],
    (wanted, within): (Span, Span),
    now: Timestamp,
) -> Vec<Span> {
    let mut slots = free_slots(listing, shop, busy, (wanted, within), now);
    let away = |slot: &Span| (slot.starts_at() - wanted.starts_at()).abs();
    slots.sort_by_key(|slot| (away(slot), slot.starts_at()));
    slots
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
