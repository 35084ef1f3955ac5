//! What the time itself costs: weeks, then days, then hours, never dearer than the next longer rate.

use commerce::{Money, MoneyError};

use super::{Item, Lapse, QuoteLine, line};
use crate::{Rates, RentError, fleet::WHOLE};

const WEEK: u32 = 7;
const HOURS_A_DAY: i64 = 24;

pub(super) fn lines(rates: &Rates, lapse: &Lapse) -> Result<Vec<QuoteLine>, RentError> {
    let weeks = if rates.week_minor.is_some() { lapse.days.div_euclid(WEEK) } else { 0 };
    let mut parts = Parts::default();
    for week in 0..weeks {
        parts.add("week", 1, week_price(rates, lapse, week.saturating_mul(WEEK))?);
    }
    let from = weeks.saturating_mul(WEEK);
    let tail = tail(rates, lapse, from)?;
    let cost = tail.total(rates)?;
    match rates.week_minor {
        Some(_) if cost.is_none_or(|cost| cost.minor > 0) => {
            let week = week_price(rates, lapse, from)?;
            match cost.filter(|cost| cost.minor <= week.minor) {
                Some(_) => parts.extend(tail),
                None => parts.add("week", 1, week),
            }
        }
        _ => parts.extend(tail),
    }
    Ok(parts.lines()?)
}

/// The days and hours that make no whole week, from the day `from` on.
fn tail(rates: &Rates, lapse: &Lapse, from: u32) -> Result<Parts, MoneyError> {
    let mut parts = Parts::default();
    for day in from..lapse.days {
        match day_price(rates, lapse, day)? {
            Some(price) => parts.add("day", 1, price),
            None => return Ok(Parts { unpriced: true, ..parts }),
        }
    }
    if lapse.hours == 0 {
        return Ok(parts);
    }
    let day = day_price(rates, lapse, lapse.days)?;
    let hour =
        rates.hour_minor.map(|minor| weighted(rates, minor, lapse, lapse.days)).transpose()?;
    match (hour, day) {
        (Some(hour), Some(day)) if hour.times(i64::from(lapse.hours))?.minor <= day.minor => {
            parts.add("hour", lapse.hours, hour);
        }
        (_, Some(day)) => parts.add("day", 1, day),
        (Some(hour), None) => parts.add("hour", lapse.hours, hour),
        (None, None) => parts.unpriced = true,
    }
    Ok(parts)
}

/// A day at its own weight; where there is no rate for days, as many hours as a day has.
fn day_price(rates: &Rates, lapse: &Lapse, day: u32) -> Result<Option<Money>, MoneyError> {
    let by_hours = || rates.hour_minor.map(|hour| hour.saturating_mul(HOURS_A_DAY));
    let minor = rates.day_minor.or_else(by_hours);
    minor.map(|minor| weighted(rates, minor, lapse, day)).transpose()
}

/// A week whose days weigh what each of them weighs.
fn week_price(rates: &Rates, lapse: &Lapse, from: u32) -> Result<Money, MoneyError> {
    let days = from..from.saturating_add(WEEK);
    let weight: i64 = days.map(|day| i64::from(rates.weight(lapse.date(day)))).sum();
    let week = rates.money(rates.week_minor.unwrap_or_default());
    week.share(weight, i64::from(WHOLE.saturating_mul(WEEK)))
}

fn weighted(rates: &Rates, minor: i64, lapse: &Lapse, day: u32) -> Result<Money, MoneyError> {
    rates.money(minor).basis_points(rates.weight(lapse.date(day)))
}

/// Parts of one price stand on one line.
#[derive(Default)]
struct Parts {
    parts: Vec<(&'static str, u32, Money)>,
    /// There is no rate for some of it.
    unpriced: bool,
}

impl Parts {
    fn add(&mut self, code: &'static str, count: u32, price: Money) {
        let same = self.parts.iter_mut().find(|(of, _, at)| *of == code && *at == price);
        match same {
            Some((_, there, _)) => *there = there.saturating_add(count),
            None => self.parts.push((code, count, price)),
        }
    }

    fn extend(&mut self, other: Self) {
        other.parts.into_iter().for_each(|(code, count, price)| self.add(code, count, price));
    }

    /// What it all costs, if there is a rate for all of it.
    fn total(&self, rates: &Rates) -> Result<Option<Money>, MoneyError> {
        if self.unpriced {
            return Ok(None);
        }
        let costs = self.parts.iter().map(|(_, count, price)| price.times(i64::from(*count)));
        let costs = costs.collect::<Result<Vec<_>, _>>()?;
        Money::sum(rates.currency, costs).map(Some)
    }

    fn lines(self) -> Result<Vec<QuoteLine>, MoneyError> {
        let of = |(code, count, price): (&'static str, u32, Money)| {
            line(Item::Rent, code, name(code), count, price)
        };
        self.parts.into_iter().map(of).collect()
    }
}

fn name(code: &str) -> &'static str {
    match code {
        "week" => "Weeks",
        "day" => "Days",
        _ => "Hours",
    }
}
