//! When a seller is paid out by itself.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use commerce::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Zone;

/// Days are those of the seller's zone; it is paid out as they begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "every")]
pub enum Schedule {
    /// Only when an operator says so.
    #[default]
    Never,
    Day,
    Week {
        weekday: Weekday,
    },
    Monthly {
        /// 1 to 28.
        day: u32,
    },
}

const LONGEST_WAIT_DAYS: u64 = 62;

impl Schedule {
    /// The first beginning of such a day after `now`.
    pub fn next(self, zone: Zone, now: Timestamp) -> Option<Timestamp> {
        let today = zone.local(now).date();
        let days =
            (1..=LONGEST_WAIT_DAYS).filter_map(|ahead| today.checked_add_days(Days::new(ahead)));
        let mut starts = days.filter(|day| self.is_on(*day)).map(|day| zone.start_of(day));
        starts.find(|start| *start > now)
    }

    fn is_on(self, day: NaiveDate) -> bool {
        match self {
            Self::Never => false,
            Self::Day => true,
            Self::Week { weekday } => day.weekday() == weekday,
            Self::Monthly { day: wanted } => day.day() == wanted,
        }
    }
}
