//! What a shop may choose about reconciliation.

use std::time::Duration;

use chrono::{NaiveTime, TimeDelta};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconciliationSettings {
    /// The time of day, in UTC, from which a night's run is due; none switches it off.
    pub at: Option<NaiveTime>,
    /// How often the worker looks whether a run is due; one that failed is tried again as often.
    pub look_every: Duration,
    /// How far each run goes back behind the end of the one before.
    pub overlap: TimeDelta,
    /// How far the first run goes back, and no run goes back further.
    pub first: TimeDelta,
    /// What is younger than this is left to the next run: its message is still on its way.
    pub grace: TimeDelta,
    /// What we booked so long after the provider did is told as late.
    pub late_after: TimeDelta,
    /// What is not explained after this long is told as `reconciliation_unexplained`.
    pub alarm_after: TimeDelta,
}

impl Default for ReconciliationSettings {
    fn default() -> Self {
        Self {
            at: NaiveTime::from_hms_opt(3, 30, 0),
            look_every: Duration::from_mins(5),
            overlap: TimeDelta::days(2),
            first: TimeDelta::days(30),
            grace: TimeDelta::minutes(15),
            late_after: TimeDelta::hours(1),
            alarm_after: TimeDelta::days(1),
        }
    }
}
