//! The rules of pricing.

use chrono::TimeDelta;
use commerce::Failure;
use proptest::prelude::*;

use super::*;
use crate::{
    CancellationPolicy, DateRange, RateRule, TaxRule, When,
    testing::{a_listing, a_shop, rates},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn span(from: &str, to: &str) -> Span {
    Span::try_new(at(from), at(to)).unwrap()
}

fn berlin() -> Zone {
    Zone::parse("Europe/Berlin").unwrap()
}

/// Ten an hour, fifty a day, two hundred and eighty a week.
fn plain() -> Rates {
    let (hour_minor, day_minor, week_minor) = (Some(10_00), Some(50_00), Some(280_00));
    Rates { hour_minor, day_minor, week_minor, deposit_minor: 0, tax: TaxRule::none(), ..rates() }
}

fn rent_of(rates: &Rates, from: &str, to: &str) -> i64 {
    price(rates, berlin(), span(from, to), &[]).unwrap().rent().unwrap().minor
}

#[test]
fn hours_days_and_weeks_are_never_dearer_than_the_next_rate() {
    let cost = |to| rent_of(&plain(), "2026-06-01T08:00:00Z", to);

    assert_eq!(cost("2026-06-01T10:00:00Z"), 20_00, "two hours");
    assert_eq!(cost("2026-06-01T10:00:01Z"), 30_00, "an hour begun is an hour");
    assert_eq!(cost("2026-06-01T15:00:00Z"), 50_00, "seven hours are a day");
    assert_eq!(cost("2026-06-02T09:00:00Z"), 60_00, "a day and an hour");
    assert_eq!(cost("2026-06-06T12:00:00Z"), 280_00, "five days and four hours are near a week");
    assert_eq!(cost("2026-06-09T08:00:00Z"), 330_00, "a week and a day");
}

#[test]
fn a_day_is_a_day_when_the_clocks_change() {
    let spring = rent_of(&plain(), "2026-03-28T09:00:00Z", "2026-03-29T08:00:00Z");
    let autumn = rent_of(&plain(), "2026-10-24T08:00:00Z", "2026-10-25T09:00:00Z");
    let across = rent_of(&plain(), "2026-03-28T09:00:00Z", "2026-03-29T09:00:00Z");

    assert_eq!([spring, autumn], [50_00, 50_00], "from ten to ten, though 23 and 25 hours passed");
    assert_eq!(across, 60_00, "from ten to eleven");
}

#[test]
fn each_day_weighs_what_its_rule_says() {
    let season: DateRange =
        DateRange { from: "2026-07-01".parse().unwrap(), to: "2026-08-31".parse().unwrap() };
    let rule = |name: &str, when, basis_points| RateRule { name: name.into(), when, basis_points };
    let rules =
        vec![rule("summer", When::Season(season), 20_000), rule("weekend", When::Weekend, 12_000)];
    let rates = Rates { rules, ..plain() };

    let weekend =
        price(&rates, berlin(), span("2026-06-05T08:00:00Z", "2026-06-08T08:00:00Z"), &[]);
    let lines: Vec<_> =
        weekend.unwrap().lines.iter().map(|l| (l.quantity, l.unit_price.minor)).collect();
    assert_eq!(lines, [(1, 50_00), (2, 60_00)], "Friday, then Saturday and Sunday");
    assert_eq!(rent_of(&rates, "2026-07-03T08:00:00Z", "2026-07-05T08:00:00Z"), 200_00);
    assert_eq!(rent_of(&rates, "2026-06-01T08:00:00Z", "2026-06-08T08:00:00Z"), 296_00);
}

#[test]
fn extras_and_tax_and_deposit_add_up() {
    let tax = TaxRule { basis_points: 1_900, ..TaxRule::none() };
    let rates = Rates { tax, deposit_minor: 200_00, ..plain() };
    let extras = [("helmet", 2), ("delivery", 1)];
    let extras = extras.map(|(code, count)| ExtraChoice { code: code.into(), count });

    let quote =
        price(&rates, berlin(), span("2026-06-01T08:00:00Z", "2026-06-03T09:00:00Z"), &extras);

    let quote = quote.unwrap();
    // Two days and an hour, two helmets at 2.00 for three days begun, one delivery at 15.00.
    assert_eq!(quote.totals.subtotal.minor, 110_00 + 12_00 + 15_00 + 200_00);
    assert_eq!(quote.totals.tax.minor, 26_03);
    assert_eq!(quote.deposit.minor, 200_00);
    assert_eq!(quote.lines.iter().map(|line| line.tax.minor).sum::<i64>(), 26_03);
    assert_eq!(quote.lines.last().unwrap().tax.minor, 0, "a deposit is not taxed");
}

#[test]
fn what_there_is_not_or_not_so_often_cannot_be_added() {
    let choice = |code: &str, count| ExtraChoice { code: code.into(), count };
    let extras = [choice("boat", 1), choice("helmet", 2), choice("helmet", 2), choice("helmet", 9)];
    let day = span("2026-06-01T08:00:00Z", "2026-06-02T08:00:00Z");

    let error = price(&crate::testing::rates(), berlin(), day, &extras).unwrap_err();

    let told = error.fields().into_iter().map(|fault| (fault.pointer, fault.code));
    let expected =
        [("#/extras/0", "no_such_extra"), ("#/extras/2", "repeated"), ("#/extras/3", "bad_count")];
    assert!(told.eq(expected.map(|(pointer, code)| (pointer.into(), code.into()))));
}

#[test]
fn the_earlier_one_cancels_the_more_goes_back() {
    let tax = TaxRule { basis_points: 1_000, ..TaxRule::none() };
    let cancellation = CancellationPolicy::moderate();
    let rates = Rates { tax, deposit_minor: 100_00, cancellation, ..plain() };
    let quote =
        price(&rates, berlin(), span("2026-06-10T08:00:00Z", "2026-06-12T08:00:00Z"), &[]).unwrap();
    let back = |now| {
        let off = quote.cancelled_at(at(now)).unwrap();
        (off.back.minor, off.tax.minor, off.kept.minor)
    };

    assert_eq!(back("2026-06-05T08:00:00Z"), (210_00, 10_00, 0));
    assert_eq!(back("2026-06-05T08:00:01Z"), (155_00, 5_00, 55_00));
    assert_eq!(back("2026-06-09T08:00:01Z"), (100_00, 0, 110_00));
}

#[test]
fn search_quote_and_booking_refuse_alike() {
    let (listing, shop) = (a_listing(), a_shop_of_berlin());
    let now = at("2026-06-01T00:00:00Z");
    let code = |from, to| quote(&listing, &shop, span(from, to), &[], now).unwrap_err().code();

    assert_eq!(code("2026-06-01T00:10:00Z", "2026-06-01T12:00:00Z"), "too_soon");
    assert_eq!(code("2026-06-02T08:00:00Z", "2026-06-02T08:10:00Z"), "too_short");
    assert_eq!(code("2026-06-02T01:00:00Z", "2026-06-02T10:00:00Z"), "closed_at_start");
    assert_eq!(code("2026-06-02T10:00:00Z", "2026-06-02T23:00:00Z"), "closed_at_end");
    assert_eq!(code("2028-06-02T10:00:00Z", "2028-06-02T12:00:00Z"), "too_far_ahead");
}

fn a_shop_of_berlin() -> RentShop {
    let week = crate::WeekPlan::every_day(crate::Hours::new(480, 1_200));
    let new = crate::NewShop { zone: berlin(), week, ..a_shop() };
    let env = commerce::testing::TestEnv::new().env();
    RentShop::open(&env, crate::testing::owner().user, new).unwrap()
}

proptest! {
    #[test]
    fn longer_never_costs_less(
        zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
        start in 0_i64..525_600,
        minutes in 1_i64..60_000,
        more in 0_i64..3_000,
        (hour, day, week) in (proptest::option::of(1_i64..50_00), proptest::option::of(1_i64..300_00), proptest::option::of(1_i64..1500_00)),
    ) {
        prop_assume!(hour.is_some() || day.is_some() || week.is_some());
        let day_minor = day.map(|day| hour.map_or(day, |hour| day.min(hour * 24)));
        let week_minor = week.map(|week| match (day_minor, hour) {
            (Some(day), _) => week.min(day * 7),
            (None, Some(hour)) => week.min(hour * 168),
            (None, None) => week,
        });
        let rates = Rates { hour_minor: hour, day_minor, week_minor, ..plain() };
        let zone = Zone::parse(zone).unwrap();
        let from = at("2026-01-01T00:00:00Z") + TimeDelta::minutes(start);
        let of = |minutes| {
            let period = Span::try_new(from, from + TimeDelta::minutes(minutes)).unwrap();
            price(&rates, zone, period, &[]).unwrap().rent().unwrap().minor
        };

        prop_assert!(of(minutes) > 0);
        prop_assert!(of(minutes) <= of(minutes + more));
    }

    #[test]
    fn the_same_clocks_give_the_same_price_in_every_week(
        week in 0_i64..52,
        hour in 5_u32..23,
        days in 1_u32..20,
        hours in 0_u32..1,
    ) {
        let zone = berlin();
        let monday: chrono::NaiveDate = "2026-01-05".parse().unwrap();
        let start = (monday + TimeDelta::weeks(week)).and_hms_opt(hour, 0, 0).unwrap();
        let end = start + TimeDelta::days(days.into()) + TimeDelta::hours(hours.into());
        let period = Span::try_new(zone.instant(start), zone.instant(end)).unwrap();

        let rent = price(&plain(), zone, period, &[]).unwrap().rent().unwrap().minor;
        let expected = i64::from(days / 7) * 280_00 + (i64::from(days % 7) * 50_00).min(280_00);
        prop_assert_eq!(rent, expected);
    }

    #[test]
    fn quotes_add_up_and_cancelling_parts_all_of_it(
        minutes in 1_i64..40_000,
        basis_points in 0_u32..3_000,
        inclusive in any::<bool>(),
        deposit_minor in 0_i64..500_00,
        helmets in 1_u32..3,
        cancelled in 0_i64..2_000,
    ) {
        let tax = TaxRule { basis_points, inclusive, ..TaxRule::none() };
        let cancellation = CancellationPolicy::moderate();
        let rates = Rates { deposit_minor, tax, cancellation, ..plain() };
        let from = at("2026-03-20T08:00:00Z");
        let period = Span::try_new(from, from + TimeDelta::minutes(minutes)).unwrap();
        let extras = [ExtraChoice { code: "helmet".into(), count: helmets }];
        let quote = price(&rates, berlin(), period, &extras).unwrap();

        let sum = |part: fn(&QuoteLine) -> Money| quote.lines.iter().map(|l| part(l).minor).sum::<i64>();
        prop_assert_eq!(sum(|line| line.total), quote.totals.subtotal.minor);
        prop_assert_eq!(sum(|line| line.tax), quote.totals.tax.minor + quote.included_tax.minor);
        prop_assert!(quote.lines.iter().all(|l| l.unit_price.minor * i64::from(l.quantity) == l.total.minor));

        let off = quote.cancelled_at(from - TimeDelta::hours(cancelled) / 10).unwrap();
        prop_assert_eq!(off.back.minor + off.kept.minor, quote.totals.total.minor);
        prop_assert!(off.tax.minor <= off.back.minor && off.back.minor >= deposit_minor);
    }
}
