//! How long a period is by the clocks of its zone: whole days from the same time to the same time, and the rest.

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};
use commerce::{Span, Timestamp};

use crate::Zone;

/// A day from ten to ten is one day, though the clocks were changed in the night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lapse {
    /// When it begins, by the zone's clocks.
    start: NaiveDateTime,
    pub days: u32,
    /// Hours begun after the last whole day.
    pub hours: u32,
}

impl Lapse {
    pub fn of(zone: Zone, period: Span) -> Self {
        let (start, end) = (zone.local(period.starts_at()), zone.local(period.ends_at()));
        let near = end.signed_duration_since(start).num_days();
        let near = u32::try_from(near).unwrap_or_default().saturating_add(1);
        let fits = |days: &u32| moment(zone, period, start, *days) <= period.ends_at();
        // The clocks move the last day's end by an hour or so, never by two days.
        let days = (0..=near).rev().find(fits).unwrap_or_default();
        let rest = period.ends_at().signed_duration_since(moment(zone, period, start, days));
        Self { start, days, hours: hours_begun(rest) }
    }

    /// The day the count stands at after so many whole days.
    pub fn date(&self, after_days: u32) -> NaiveDate {
        later(self.start, after_days).date()
    }

    pub fn days_begun(&self) -> u32 {
        self.days.saturating_add(u32::from(self.hours > 0)).max(1)
    }
}

fn moment(zone: Zone, period: Span, start: NaiveDateTime, days: u32) -> Timestamp {
    if days == 0 { period.starts_at() } else { zone.instant(later(start, days)) }
}

fn later(start: NaiveDateTime, days: u32) -> NaiveDateTime {
    start.checked_add_days(Days::new(u64::from(days))).unwrap_or(start)
}

pub(crate) fn hours_begun(time: TimeDelta) -> u32 {
    let whole = time.num_hours();
    let begun = if TimeDelta::hours(whole) < time { whole.saturating_add(1) } else { whole };
    u32::try_from(begun).unwrap_or_default()
}
