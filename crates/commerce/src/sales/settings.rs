//! What a shop may choose about selling.

use std::time::Duration;

use chrono::TimeDelta;

use crate::{Timestamp, wallet::WalletSettings};

/// What becomes of money that arrives after its order ran out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LatePayment {
    /// The goods are claimed again, and the money goes back if they are gone.
    #[default]
    Honour,
    /// The money always goes back.
    Refund,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesSettings {
    pub late_payment: LatePayment,
    /// How long to wait before a provider is asked again; the last gap repeats.
    pub poll_gaps: Vec<TimeDelta>,
    /// What has not ended after this long is told as `payment_stuck`, and asked for once a day from then on.
    pub alarm_after: TimeDelta,
    /// How long a request may be repeated and still get its first answer.
    pub receipts_kept: TimeDelta,
    pub wallet: WalletSettings,
    /// How many things a sweep takes up at once.
    pub batch: u32,
    pub expire_every: Duration,
    pub poll_every: Duration,
    pub tidy_every: Duration,
}

impl Default for SalesSettings {
    fn default() -> Self {
        let gaps = [5, 15, 30, 60, 120, 300, 600, 1_800, 3_600];
        Self {
            late_payment: LatePayment::default(),
            poll_gaps: gaps.map(TimeDelta::seconds).to_vec(),
            alarm_after: TimeDelta::days(1),
            receipts_kept: TimeDelta::days(7),
            wallet: WalletSettings::default(),
            batch: 100,
            expire_every: Duration::from_secs(15),
            poll_every: Duration::from_secs(5),
            tidy_every: Duration::from_hours(1),
        }
    }
}

impl SalesSettings {
    /// When to ask after having asked `checks` times.
    pub(super) fn next_check(&self, checks: u32, now: Timestamp) -> Timestamp {
        let at = usize::try_from(checks).unwrap_or(usize::MAX);
        let gap = self.poll_gaps.get(at).or(self.poll_gaps.last()).copied();
        after(now, gap.unwrap_or(TimeDelta::hours(1)))
    }
}

pub(super) fn after(now: Timestamp, gap: TimeDelta) -> Timestamp {
    now.checked_add_signed(gap).unwrap_or(now)
}
