//! What the shop decides about selling for others; set by configuration.

use std::time::Duration;

use chrono::TimeDelta;

#[derive(Debug, Clone)]
pub struct Settings {
    /// How long earnings wait before they may be paid out: the time for complaints and disputes.
    pub dispute_window: TimeDelta,
    /// The fee where no rule fits, in hundredths of a percent.
    pub commission_basis_points: u32,
    /// Whether that fee stays with the shop when a sale is refunded.
    pub kept_on_refund: bool,
    /// The tax on every fee, in hundredths of a percent.
    pub fee_tax_basis_points: u32,
    /// Whom that tax is owed to.
    pub fee_tax_jurisdiction: String,
    /// How long to wait before the payout provider is asked again; the last gap repeats.
    pub poll_gaps: Vec<TimeDelta>,
    /// How long a payout that was paid may still come back.
    pub return_window: TimeDelta,
    /// How often to ask, in that time, whether it did.
    pub return_gap: TimeDelta,
    pub max_members: usize,
    pub max_rules: usize,
    /// How many things a sweep takes up at once.
    pub batch: u32,
    pub release_every: Duration,
    pub run_every: Duration,
    pub follow_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dispute_window: TimeDelta::days(7),
            commission_basis_points: 1_000,
            kept_on_refund: false,
            fee_tax_basis_points: 0,
            fee_tax_jurisdiction: "default".to_owned(),
            poll_gaps: [10, 60, 600, 3_600].map(TimeDelta::seconds).to_vec(),
            return_window: TimeDelta::days(14),
            return_gap: TimeDelta::hours(12),
            max_members: 50,
            max_rules: 1_000,
            batch: 100,
            release_every: Duration::from_mins(1),
            run_every: Duration::from_mins(5),
            follow_every: Duration::from_secs(30),
        }
    }
}
