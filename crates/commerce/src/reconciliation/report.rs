//! What operators are told of a provider's money.

use uuid::Uuid;

use super::{Class, Reconciliation};
use crate::{Currency, Money, StoreError, Timestamp};

/// A run that has come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concluded {
    pub provider: String,
    /// The beginning of all that was ever listed.
    pub since: Timestamp,
    pub from: Timestamp,
    /// Nothing before this can be missing any more.
    pub until: Timestamp,
    pub ran_at: Timestamp,
}

/// What all lines of one class and currency add up to, whichever way the money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    pub class: Class,
    pub count: u64,
    pub amount: Money,
}

/// How a provider stood after its last run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub run: Concluded,
    /// Of all lines ever listed.
    pub totals: Vec<Total>,
    /// What the provider held for us by our books.
    pub clearing: Vec<Money>,
    /// The oldest line that is not explained.
    pub oldest: Option<(Uuid, Timestamp)>,
    /// Since when something of ours has been missing there.
    pub missing_there_since: Option<Timestamp>,
}

/// How much of the money that moved is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub currency: Currency,
    /// In minor units.
    pub explained: i64,
    pub total: i64,
    /// Of ten thousand, rounded down: all of it is only what is all of it.
    pub basis_points: i64,
}

impl Standing {
    pub fn shares(&self) -> Vec<Share> {
        let mut currencies: Vec<_> =
            self.totals.iter().map(|total| total.amount.currency).collect();
        currencies.sort_unstable();
        currencies.dedup();
        currencies.into_iter().map(|currency| self.share(currency)).collect()
    }

    fn share(&self, currency: Currency) -> Share {
        let of = |counts: fn(Class) -> bool| {
            let ours = self.totals.iter().filter(|total| total.amount.currency == currency);
            let ours = ours.filter(|total| counts(total.class));
            ours.map(|total| total.amount.minor).fold(0, i64::saturating_add)
        };
        let (explained, total) = (of(Class::is_explained), of(|_| true));
        let points = i128::from(explained).saturating_mul(10_000);
        let points = points.checked_div(i128::from(total)).unwrap_or(10_000);
        let basis_points = i64::try_from(points).unwrap_or_default();
        Share { currency, explained, total, basis_points }
    }

    /// How many lines are not explained.
    pub fn unexplained(&self) -> u64 {
        let open = self.totals.iter().filter(|total| !total.class.is_explained());
        open.map(|total| total.count).fold(0, u64::saturating_add)
    }
}

/// A provider that is switched on or was reconciled before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderReport {
    pub provider: String,
    /// Whether it can be asked for its record.
    pub lists: bool,
    /// Absent before the first run.
    pub standing: Option<Standing>,
    /// How long the oldest line has not been explained.
    pub oldest_age_s: Option<i64>,
}

impl Reconciliation {
    /// One row a provider, by name.
    pub async fn report(&self) -> Result<Vec<ProviderReport>, StoreError> {
        let now = self.env.now();
        let mut standings = self.lines.standings().await?;
        let known = self.gateways.names().map(str::to_owned);
        let kept = standings.iter().map(|standing| standing.run.provider.clone());
        let mut names: Vec<_> = known.chain(kept).collect();
        names.sort_unstable();
        names.dedup();
        let report = |provider: String| {
            let at = standings.iter().position(|standing| standing.run.provider == provider);
            let standing = at.map(|at| standings.swap_remove(at));
            let oldest = standing.as_ref().and_then(|standing| standing.oldest);
            ProviderReport {
                lists: self.gateways.get(&provider).is_some_and(|it| it.statement().is_some()),
                oldest_age_s: oldest.map(|(_, at)| now.signed_duration_since(at).num_seconds()),
                provider,
                standing,
            }
        };
        Ok(names.into_iter().map(report).collect())
    }
}
