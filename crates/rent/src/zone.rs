//! A shop's time zone: what its clocks show, and when that is.

use std::fmt;

use chrono::{LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;
use commerce::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A zone of the IANA database, such as `Asia/Kolkata`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Tz);

#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
#[error("that is not a time zone of the IANA database")]
pub struct UnknownZone;

/// No clock ever skipped more than a day.
const LONGEST_GAP_MIN: i64 = 25 * 60;

impl Zone {
    pub const UTC: Self = Self(Tz::UTC);

    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        name.parse().map(Self).map_err(|_| UnknownZone)
    }

    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What the clocks of the zone show.
    pub fn local(self, at: Timestamp) -> NaiveDateTime {
        at.with_timezone(&self.0).naive_local()
    }

    pub fn date(self, at: Timestamp) -> NaiveDate {
        self.local(at).date()
    }

    /// The moment at which the clocks show `local`: the first, when they do so twice; the end of the gap,
    /// when they skip it. A later `local` never gives an earlier moment.
    pub fn instant(self, local: NaiveDateTime) -> Timestamp {
        match self.0.from_local_datetime(&local) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
            LocalResult::None => self.after_the_gap(local),
        }
    }

    fn after_the_gap(self, local: NaiveDateTime) -> Timestamp {
        let minute = local.with_second(0).and_then(|at| at.with_nanosecond(0)).unwrap_or(local);
        let shown = |minutes| {
            let later = minute.checked_add_signed(TimeDelta::minutes(minutes))?;
            self.0.from_local_datetime(&later).earliest()
        };
        let end = (1..=LONGEST_GAP_MIN).find_map(shown);
        end.map_or_else(|| local.and_utc(), |at| at.to_utc())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;

    fn try_from(name: String) -> Result<Self, UnknownZone> {
        Self::parse(&name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_skipped_hour_is_its_end_and_a_repeated_one_its_first() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();

        assert_eq!(berlin.instant(local("2026-03-29T02:17:30")), at("2026-03-29T01:00:00Z"));
        assert_eq!(berlin.instant(local("2026-10-25T02:30:00")), at("2026-10-25T00:30:00Z"));
        assert_eq!(berlin.local(at("2026-07-01T10:00:00Z")), local("2026-07-01T12:00:00"));
    }

    #[test]
    fn only_zones_of_the_database_are_zones() {
        assert_eq!(Zone::parse("Asia/Kolkata").unwrap().name(), "Asia/Kolkata");
        assert_eq!(Zone::parse("Mars/Olympus"), Err(UnknownZone));
    }

    proptest! {
        #[test]
        fn what_clocks_show_later_is_later(
            zone in prop::sample::select(vec![
                "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia",
            ]),
            first in 0_i64..800_000,
            more in 0_i64..3_000,
        ) {
            let zone = Zone::parse(zone).unwrap();
            let start = local("2026-01-01T00:00:00");
            let (a, b) = (start + TimeDelta::minutes(first), start + TimeDelta::minutes(first + more));

            prop_assert!(zone.instant(a) <= zone.instant(b));
        }

        #[test]
        fn a_moment_that_is_shown_once_is_found_again(minutes in 0_i64..800_000) {
            let zone = Zone::parse("America/New_York").unwrap();
            let moment = at("2026-01-01T00:00:00Z") + TimeDelta::minutes(minutes);

            let again = zone.instant(zone.local(moment));
            prop_assert!(again == moment || again == moment - TimeDelta::hours(1));
        }
    }
}
