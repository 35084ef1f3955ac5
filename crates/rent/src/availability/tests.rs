//! The rules of what is free.

use chrono::TimeDelta;
use commerce::ResourceId;
use commerce::claim::Busy;
use proptest::prelude::*;

use super::*;
use crate::{
    Hours, NewShop, RentShop, Terms, WeekPlan, Zone,
    testing::{a_listing, a_shop, owner},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn span(from: &str, to: &str) -> Span {
    Span::try_new(at(from), at(to)).unwrap()
}

fn berlin() -> RentShop {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let new = NewShop { zone, week: WeekPlan::every_day(Hours::new(480, 1_200)), ..a_shop() };
    RentShop::open(&commerce::testing::TestEnv::new().env(), owner().user, new).unwrap()
}

fn listing() -> Listing {
    let terms = Terms { turnaround_minutes: 60, ..Terms::default() };
    Listing { terms, ..a_listing() }
}

fn busy(listing: &Listing, unit: usize, span: Span) -> Busy {
    Busy { resource: listing.units[unit].resource(), span }
}

#[test]
fn a_unit_rests_between_two_periods() {
    let listing = listing();
    let taken = [busy(&listing, 0, span("2026-06-02T12:00:00Z", "2026-06-02T15:00:00Z"))];
    let free = |from, to| free_units(&listing, &taken, span(from, to)).len();

    assert_eq!(free("2026-06-02T08:00:00Z", "2026-06-02T11:00:00Z"), 2);
    assert_eq!(
        free("2026-06-02T08:00:00Z", "2026-06-02T11:30:00Z"),
        1,
        "no hour is left to clean it"
    );
    assert_eq!(free("2026-06-02T15:00:00Z", "2026-06-02T16:00:00Z"), 2);
}

#[test]
fn the_nearest_free_slots_come_first_and_keep_the_length_by_the_clocks() {
    let (listing, shop) = (listing(), berlin());
    let now = at("2026-03-20T00:00:00Z");
    let wanted = span("2026-03-28T09:00:00Z", "2026-03-29T08:00:00Z");
    let all_day = span("2026-03-28T06:00:00Z", "2026-03-29T20:00:00Z");
    let taken = [busy(&listing, 0, all_day), busy(&listing, 1, all_day)];
    let within = span("2026-03-21T09:00:00Z", "2026-04-04T09:00:00Z");

    let slots: Vec<_> = nearest_free(&listing, &shop, &taken, (wanted, within), now).collect();

    let (before, after) = (slots[0], slots.iter().find(|slot| **slot > wanted).unwrap());
    assert_eq!(before, span("2026-03-26T18:30:00Z", "2026-03-27T18:30:00Z"));
    assert_eq!(*after, span("2026-03-30T06:00:00Z", "2026-03-31T06:00:00Z"));
}

#[test]
fn a_calendar_counts_free_units_through_the_day() {
    let (listing, shop) = (listing(), berlin());
    let taken = [
        busy(&listing, 0, span("2026-06-02T08:00:00Z", "2026-06-02T12:00:00Z")),
        busy(&listing, 1, span("2026-06-02T10:00:00Z", "2026-06-02T11:00:00Z")),
    ];
    let date = "2026-06-02".parse().unwrap();

    let days = calendar(&listing, &shop, &taken, (date, date));

    let free: Vec<_> =
        days[0].free.iter().map(|f| (f.span.starts_at().to_rfc3339(), f.units)).collect();
    let expected = [
        ("2026-06-01T22:00:00+00:00", 2),
        ("2026-06-02T08:00:00+00:00", 1),
        ("2026-06-02T11:00:00+00:00", 1),
        ("2026-06-02T12:00:00+00:00", 2),
    ];
    assert_eq!(free, expected.map(|(at, units)| (at.to_owned(), units)));
}

proptest! {
    #[test]
    fn a_slot_that_is_offered_is_allowed_and_free(
        starts in prop::collection::vec((0_usize..2, 0_i64..240, 1_i64..48), 0..12),
        wanted in 0_i64..200,
        length in 1_i64..60,
    ) {
        let (listing, shop) = (listing(), berlin());
        let now = at("2026-03-25T00:00:00Z");
        let hour = |hours: i64| now + TimeDelta::hours(hours);
        let taken: Vec<_> = starts.into_iter().map(|(unit, from, hours)| {
            busy(&listing, unit, Span::try_new(hour(from), hour(from + hours)).unwrap())
        }).collect();
        let wanted = Span::try_new(hour(wanted), hour(wanted + length)).unwrap();
        let within = Span::try_new(hour(0), hour(240)).unwrap();

        for slot in nearest_free(&listing, &shop, &taken, (wanted, within), now) {
            prop_assert_eq!(check(&listing, &shop, slot, now), Ok(()));
            let claimed = claimed(&listing, slot);
            let free = |resource: ResourceId| !taken.iter().any(|b| b.resource == resource && b.span.overlaps(claimed));
            prop_assert!(listing.units.iter().any(|unit| free(unit.resource())));
        }
    }
}
