//! When a shop is open: hours of the week, exceptions to them, and days on which nothing is out.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use commerce::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::RentShop;

/// From one minute of a day to a later one; 1440 is the day's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hours {
    pub from_min: u16,
    pub to_min: u16,
}

impl Hours {
    pub const ALL_DAY: Self = Self { from_min: 0, to_min: 1_440 };

    pub const fn new(from_min: u16, to_min: u16) -> Self {
        Self { from_min, to_min }
    }
}

/// The hours of each day of a week, Monday first; none when closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WeekPlan(pub [Vec<Hours>; 7]);

impl WeekPlan {
    pub fn every_day(hours: Hours) -> Self {
        Self(std::array::from_fn(|_| vec![hours]))
    }

    pub fn of(&self, day: Weekday) -> &[Hours] {
        let at = usize::try_from(day.num_days_from_monday()).unwrap_or_default();
        self.0.get(at).map_or(&[], Vec::as_slice)
    }
}

/// A day with hours of its own; closed when it has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayException {
    pub date: NaiveDate,
    pub hours: Vec<Hours>,
}

/// From a day to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DateRange {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl DateRange {
    pub fn contains(self, date: NaiveDate) -> bool {
        self.from <= date && date <= self.to
    }
}

impl RentShop {
    /// When the shop is open on one of its days, in order.
    pub fn openings(&self, date: NaiveDate) -> Vec<Span> {
        let exception = self.exceptions.iter().find(|exception| exception.date == date);
        let hours = exception.map_or_else(|| self.week.of(date.weekday()), |day| &day.hours);
        let instant = |minute: u16| self.zone.instant(midnight(date) + minutes(minute));
        // Hours that the clocks skip are none.
        let span =
            |hours: &Hours| Span::try_new(instant(hours.from_min), instant(hours.to_min)).ok();
        hours.iter().filter_map(span).collect()
    }

    /// Whether somebody is there to hand a vehicle over at that moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.openings(self.zone.date(at)).into_iter().any(|opening| opening.contains(at))
    }

    /// Whether a vehicle can be brought back at that moment; closing time itself is in time.
    pub fn takes_back(&self, at: Timestamp) -> bool {
        let today = self.zone.date(at);
        let days = today.pred_opt().into_iter().chain([today]);
        let mut openings = days.flat_map(|date| self.openings(date));
        openings.any(|opening| opening.contains(at) || opening.ends_at() == at)
    }

    /// The first day of a period on which nothing may be out.
    pub fn blacked_out(&self, period: Span) -> Option<NaiveDate> {
        let (first, last) = self.days_of(period);
        let touched = |range: &&DateRange| range.from <= last && first <= range.to;
        self.blackouts.iter().filter(touched).map(|range| range.from.max(first)).min()
    }

    /// The first and the last day a period touches; what ends at midnight does not touch the new day.
    pub fn days_of(&self, period: Span) -> (NaiveDate, NaiveDate) {
        let last = period.ends_at().checked_sub_signed(TimeDelta::microseconds(1));
        (self.zone.date(period.starts_at()), self.zone.date(last.unwrap_or(period.ends_at())))
    }

    /// A day from its midnight to the next, as long as it is.
    pub fn whole_day(&self, date: NaiveDate) -> Option<Span> {
        let next = date.checked_add_days(Days::new(1))?;
        Span::try_new(self.zone.instant(midnight(date)), self.zone.instant(midnight(next))).ok()
    }
}

fn midnight(date: NaiveDate) -> NaiveDateTime {
    date.and_time(NaiveTime::MIN)
}

fn minutes(minutes: u16) -> TimeDelta {
    TimeDelta::minutes(i64::from(minutes))
}
