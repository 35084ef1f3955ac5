//! Reconciles every provider that can be asked, once a night.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{NaiveTime, TimeDelta};
use tracing::warn;

use super::Reconciliation;
use crate::{
    Failure, Timestamp,
    event::{Sweep, Trouble},
};

pub struct Nightly(pub Reconciliation);

#[async_trait]
impl Sweep for Nightly {
    fn name(&self) -> &'static str {
        "reconcile"
    }

    fn every(&self) -> Duration {
        self.0.settings.look_every
    }

    /// A large shop's record has many pages.
    fn at_most(&self) -> Duration {
        Duration::from_hours(6)
    }

    /// A provider that fails keeps nobody else from being reconciled, and is due again at the next look. A night's
    /// work is done in one go, so there is never more to be done at once.
    async fn run(&self) -> Result<usize, Trouble> {
        let reconciliation = &self.0;
        let Some(at) = reconciliation.settings.at else { return Ok(0) };
        let due_since = last_time(at, reconciliation.env.now());
        for provider in reconciliation.gateways.names() {
            let gateway = reconciliation.gateways.get(provider);
            if gateway.is_none_or(|gateway| gateway.statement().is_none()) {
                continue;
            }
            let before = reconciliation.standing(provider).await;
            let before = before.map_err(|error| Trouble::Passing(error.to_string()))?;
            if before.is_some_and(|standing| standing.run.ran_at >= due_since) {
                continue;
            }
            if let Err(error) = reconciliation.reconcile(provider).await {
                warn!(provider, code = error.code(), %error, "a provider could not be reconciled");
            }
        }
        Ok(0)
    }
}

/// The last moment not after `now` at which it was that time of day.
fn last_time(at: NaiveTime, now: Timestamp) -> Timestamp {
    let today = now.date_naive().and_time(at).and_utc();
    if today <= now {
        return today;
    }
    today.checked_sub_signed(TimeDelta::days(1)).unwrap_or(today)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::moment;

    #[test]
    fn a_night_is_due_from_its_time_on() {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let noon = moment(0);

        assert_eq!(last_time(time(12), noon), noon);
        assert_eq!(last_time(time(11), noon), moment(-3_600));
        assert_eq!(last_time(time(13), noon), moment(-23 * 3_600));
    }
}
