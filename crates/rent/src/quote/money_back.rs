//! What goes back to a traveller who cancels: tiers resolved to moments, and one pure function over them.

use chrono::TimeDelta;
use commerce::{Money, MoneyError, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::Quote;
use crate::CancellationPolicy;

/// Up to this moment, so much of the rent goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    pub until: Timestamp,
    /// Hundredths of a percent.
    pub basis_points: u32,
}

/// How the money of a cancelled booking is parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneyOff {
    /// What goes back, with the deposit.
    pub back: Money,
    /// How much of that is tax.
    pub tax: Money,
    /// What the shop keeps.
    pub kept: Money,
}

pub(super) fn deadlines(policy: &CancellationPolicy, period: Span) -> Vec<Deadline> {
    let deadline = |tier: &crate::Tier| {
        let before = TimeDelta::hours(i64::from(tier.hours_before));
        let until = period.starts_at().checked_sub_signed(before)?;
        Some(Deadline { until, basis_points: tier.basis_points })
    };
    policy.tiers.iter().filter_map(deadline).collect()
}

impl Quote {
    /// What a traveller who cancels now gets back. The deposit always goes back whole.
    pub fn cancelled_at(&self, now: Timestamp) -> Result<MoneyOff, MoneyError> {
        let tier = self.cancellation.iter().find(|deadline| now <= deadline.until);
        self.parted(tier.map_or(0, |deadline| deadline.basis_points))
    }

    /// All of it goes back: it is not the traveller who backs out.
    pub fn called_off(&self) -> Result<MoneyOff, MoneyError> {
        self.parted(crate::fleet::WHOLE)
    }

    /// What is paid for the rental itself, tax included.
    pub fn rent(&self) -> Result<Money, MoneyError> {
        self.totals.total.minus(self.deposit)
    }

    fn parted(&self, basis_points: u32) -> Result<MoneyOff, MoneyError> {
        let rent = self.rent()?;
        let part = rent.basis_points(basis_points)?;
        let tax = self.totals.owed_tax()?.basis_points(basis_points)?;
        Ok(MoneyOff { back: part.plus(self.deposit)?, tax, kept: rent.minus(part)? })
    }
}
