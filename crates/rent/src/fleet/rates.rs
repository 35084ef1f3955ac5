//! What a vehicle costs: rates by the hour, day and week, rules for some days, extras, deposit and tax.

use chrono::{Datelike, NaiveDate, Weekday};
use commerce::{Currency, Money, MoneyError};
use serde::{Deserialize, Serialize};

use crate::DateRange;

/// Hundredths of a percent in a whole.
pub(crate) const WHOLE: u32 = 10_000;

/// All amounts are in minor units of the one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    pub currency: Currency,
    pub hour_minor: Option<i64>,
    pub day_minor: Option<i64>,
    pub week_minor: Option<i64>,
    pub min_minutes: u32,
    pub max_minutes: u32,
    /// The first that fits a day holds on it.
    pub rules: Vec<RateRule>,
    pub extras: Vec<Extra>,
    /// Taken with the payment and given back after the return; nothing when zero.
    pub deposit_minor: i64,
    /// For each hour begun after the end of the period, once the grace is over.
    pub late_hour_minor: i64,
    pub late_grace_minutes: u32,
    pub tax: TaxRule,
    pub cancellation: CancellationPolicy,
}

/// What days cost more or less than others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateRule {
    pub name: String,
    pub when: When,
    /// Hundredths of a percent of the rate: 12500 makes a day a quarter dearer.
    pub basis_points: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum When {
    /// Saturdays and Sundays.
    Weekend,
    Season(DateRange),
    /// The weekends of a season.
    SeasonWeekend(DateRange),
}

impl When {
    fn fits(&self, date: NaiveDate) -> bool {
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        match self {
            Self::Weekend => weekend,
            Self::Season(dates) => dates.contains(date),
            Self::SeasonWeekend(dates) => weekend && dates.contains(date),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    /// A stable name in `snake_case`: `helmet`, `delivery`.
    pub code: String,
    pub name: String,
    pub price_minor: i64,
    pub charged: Charged,
    /// How many one booking may have.
    pub most: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charged {
    PerRental,
    /// For every day begun.
    PerDay,
}

/// How rent is taxed; deposits are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxRule {
    pub basis_points: u32,
    /// Whether rates contain the tax already; if not, it is added on top.
    pub inclusive: bool,
    /// Whom the tax is owed to.
    pub jurisdiction: String,
}

impl TaxRule {
    pub fn none() -> Self {
        Self { basis_points: 0, inclusive: false, jurisdiction: "default".to_owned() }
    }

    /// The tax on (or in) an amount.
    pub(crate) fn on(&self, amount: Money) -> Result<Money, MoneyError> {
        let added = if self.inclusive { self.basis_points } else { 0 };
        let whole = i64::from(WHOLE).saturating_add(i64::from(added));
        amount.share(i64::from(self.basis_points), whole)
    }
}

/// How much of the rent goes back to a traveller who cancels, the earlier the more. Nothing after the last tier.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CancellationPolicy {
    pub tiers: Vec<Tier>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// Up to so long before the period begins …
    pub hours_before: u32,
    /// … so much goes back, in hundredths of a percent.
    pub basis_points: u32,
}

impl CancellationPolicy {
    /// All until a day before.
    pub fn flexible() -> Self {
        Self { tiers: vec![Tier { hours_before: 24, basis_points: WHOLE }] }
    }

    /// All until five days before, then half until a day before.
    pub fn moderate() -> Self {
        let half = Tier { hours_before: 24, basis_points: 5_000 };
        Self { tiers: vec![Tier { hours_before: 120, basis_points: WHOLE }, half] }
    }

    /// Half until a week before.
    pub fn strict() -> Self {
        Self { tiers: vec![Tier { hours_before: 168, basis_points: 5_000 }] }
    }
}

impl Rates {
    pub fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }

    /// What a day's rate is multiplied by, in hundredths of a percent.
    pub(crate) fn weight(&self, date: NaiveDate) -> u32 {
        let rule = self.rules.iter().find(|rule| rule.when.fits(date));
        rule.map_or(WHOLE, |rule| rule.basis_points)
    }

    /// What a list is sorted by and shows: a day at the plain rate, or the nearest to it there is.
    pub fn day_from(&self) -> Money {
        let by_hour = || self.hour_minor.map(|hour| hour.saturating_mul(24));
        let by_week = || self.week_minor.map(|week| week / 7);
        self.money(self.day_minor.or_else(by_hour).or_else(by_week).unwrap_or_default())
    }
}
