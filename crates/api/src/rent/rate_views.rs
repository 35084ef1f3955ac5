//! Prices and terms as clients see them.

use chrono::NaiveDate;
use rent::{Extra, RateRule, Rates, Terms, Tier, When};
use schemars::JsonSchema;
use serde::Serialize;

use super::words::{ChargedWord, RuleDaysWord};

/// What a vehicle costs, in minor units of one currency.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Rates")]
pub struct RatesView {
    pub currency: String,
    pub hour_minor: Option<i64>,
    pub day_minor: Option<i64>,
    pub week_minor: Option<i64>,
    pub min_minutes: u32,
    pub max_minutes: u32,
    pub rules: Vec<RateRuleView>,
    pub extras: Vec<ExtraView>,
    pub deposit_minor: i64,
    pub late_hour_minor: i64,
    pub late_grace_minutes: u32,
    pub tax: TaxView,
    pub cancellation: CancellationView,
}

impl From<Rates> for RatesView {
    fn from(rates: Rates) -> Self {
        let tax = rates.tax;
        Self {
            currency: rates.currency.code().to_owned(),
            hour_minor: rates.hour_minor,
            day_minor: rates.day_minor,
            week_minor: rates.week_minor,
            min_minutes: rates.min_minutes,
            max_minutes: rates.max_minutes,
            rules: rates.rules.into_iter().map(Into::into).collect(),
            extras: rates.extras.into_iter().map(Into::into).collect(),
            deposit_minor: rates.deposit_minor,
            late_hour_minor: rates.late_hour_minor,
            late_grace_minutes: rates.late_grace_minutes,
            tax: TaxView {
                basis_points: tax.basis_points,
                inclusive: tax.inclusive,
                jurisdiction: tax.jurisdiction,
            },
            cancellation: CancellationView {
                tiers: rates.cancellation.tiers.into_iter().map(Into::into).collect(),
            },
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RateRule")]
pub struct RateRuleView {
    pub name: String,
    pub days: RuleDaysWord,
    /// The first day of a season.
    pub from: Option<NaiveDate>,
    /// Its last day.
    pub to: Option<NaiveDate>,
    /// Hundredths of a percent of the rate.
    pub basis_points: u32,
}

impl From<RateRule> for RateRuleView {
    fn from(rule: RateRule) -> Self {
        let (days, season) = match rule.when {
            When::Weekend => (RuleDaysWord::Weekend, None),
            When::Season(dates) => (RuleDaysWord::All, Some(dates)),
            When::SeasonWeekend(dates) => (RuleDaysWord::Weekend, Some(dates)),
        };
        let (from, to) = (season.map(|dates| dates.from), season.map(|dates| dates.to));
        Self { name: rule.name, days, from, to, basis_points: rule.basis_points }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Extra")]
pub struct ExtraView {
    pub code: String,
    pub name: String,
    pub price_minor: i64,
    pub charged: ChargedWord,
    /// How many one booking may have.
    pub most: u32,
}

impl From<Extra> for ExtraView {
    fn from(extra: Extra) -> Self {
        let Extra { code, name, price_minor, charged, most } = extra;
        Self { code, name, price_minor, charged: charged.into(), most }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RentTax")]
pub struct TaxView {
    pub basis_points: u32,
    pub inclusive: bool,
    pub jurisdiction: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CancellationPolicy")]
pub struct CancellationView {
    pub tiers: Vec<TierView>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CancellationTier")]
pub struct TierView {
    /// Up to so long before the period begins …
    pub hours_before: u32,
    /// … so much of the rent goes back, in hundredths of a percent.
    pub basis_points: u32,
}

impl From<Tier> for TierView {
    fn from(tier: Tier) -> Self {
        Self { hours_before: tier.hours_before, basis_points: tier.basis_points }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RentTerms")]
pub struct TermsView {
    /// Booked at once, or asked for.
    pub instant: bool,
    pub lead_minutes: u32,
    pub turnaround_minutes: u32,
    pub horizon_days: u32,
}

impl From<Terms> for TermsView {
    fn from(terms: Terms) -> Self {
        let Terms { instant, lead_minutes, turnaround_minutes, horizon_days } = terms;
        Self { instant, lead_minutes, turnaround_minutes, horizon_days }
    }
}
