//! What clients send about prices and terms.

use chrono::NaiveDate;
use commerce::Currency;
use garde::Validate;
use rent::{CancellationPolicy, DateRange, Extra, RateRule, Rates, TaxRule, Terms, Tier, When};
use schemars::JsonSchema;
use serde::Deserialize;

use super::words::{ChargedWord, RuleDaysWord};
use crate::extract::{Faults, Object};

/// What a vehicle costs, in minor units of one currency. Longer is never dearer than the shorter rates that fill it.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RatesInput")]
pub struct RatesBody {
    /// ISO 4217.
    #[garde(length(chars, equal = 3))]
    pub currency: String,
    #[garde(range(min = 1))]
    pub hour_minor: Option<i64>,
    #[garde(range(min = 1))]
    pub day_minor: Option<i64>,
    #[garde(range(min = 1))]
    pub week_minor: Option<i64>,
    /// The shortest rental.
    #[garde(range(min = 1, max = 527_040))]
    pub min_minutes: u32,
    /// The longest rental; at most a year.
    #[garde(range(min = 1, max = 527_040))]
    pub max_minutes: u32,
    /// What some days cost more or less; the first that fits a day holds on it.
    #[serde(default)]
    #[garde(length(max = 100), dive)]
    pub rules: Vec<RateRuleBody>,
    #[serde(default)]
    #[garde(length(max = 50), dive)]
    pub extras: Vec<ExtraBody>,
    /// Taken with the payment and given back after the return.
    #[serde(default)]
    #[garde(range(min = 0))]
    pub deposit_minor: i64,
    /// For each hour begun after the end of the period, once the grace is over.
    #[serde(default)]
    #[garde(range(min = 0))]
    pub late_hour_minor: i64,
    #[serde(default)]
    #[garde(range(max = 10_080))]
    pub late_grace_minutes: u32,
    /// None unless told.
    #[garde(dive)]
    pub tax: Option<TaxBody>,
    /// Nothing goes back to a traveller who cancels unless told.
    #[garde(dive)]
    pub cancellation: Option<Object<CancellationBody>>,
}

impl RatesBody {
    pub fn read(self, faults: &mut Faults) -> Rates {
        let currency = Currency::parse(&self.currency).unwrap_or_else(|error| {
            faults.add("#/rates/currency", "unknown_currency", error.to_string());
            Currency::USD
        });
        let rules = self.rules.into_iter().enumerate();
        let rules = rules.map(|(at, rule)| rule.read(at, faults)).collect();
        Rates {
            currency,
            hour_minor: self.hour_minor,
            day_minor: self.day_minor,
            week_minor: self.week_minor,
            min_minutes: self.min_minutes,
            max_minutes: self.max_minutes,
            rules,
            extras: self.extras.into_iter().map(Into::into).collect(),
            deposit_minor: self.deposit_minor,
            late_hour_minor: self.late_hour_minor,
            late_grace_minutes: self.late_grace_minutes,
            tax: self.tax.map_or_else(TaxRule::none, Into::into),
            cancellation: self.cancellation.map(|policy| policy.0.into()).unwrap_or_default(),
        }
    }
}

/// What days cost more or less than others: those of a season, of weekends, or the weekends of a season.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RateRuleInput")]
pub struct RateRuleBody {
    #[garde(length(chars, min = 1, max = 80))]
    pub name: String,
    #[garde(skip)]
    pub days: RuleDaysWord,
    /// The first day of a season.
    #[garde(skip)]
    pub from: Option<NaiveDate>,
    /// Its last day.
    #[garde(skip)]
    pub to: Option<NaiveDate>,
    /// Hundredths of a percent of the rate: 12500 makes a day a quarter dearer.
    #[garde(range(min = 1, max = 100_000))]
    pub basis_points: u32,
}

impl RateRuleBody {
    fn read(self, at: usize, faults: &mut Faults) -> RateRule {
        let when = match (self.days, self.from, self.to) {
            (RuleDaysWord::Weekend, None, None) => When::Weekend,
            (days, Some(from), Some(to)) => {
                if to < from {
                    let pointer = format!("#/rates/rules/{at}/to");
                    faults.add(pointer, "before_its_beginning", "a season ends after it begins");
                }
                let season = DateRange { from, to };
                match days {
                    RuleDaysWord::All => When::Season(season),
                    RuleDaysWord::Weekend => When::SeasonWeekend(season),
                }
            }
            (_, from, _) => {
                let missing = if from.is_none() { "from" } else { "to" };
                let pointer = format!("#/rates/rules/{at}/{missing}");
                faults.add(pointer, "required", "a season has a first and a last day");
                When::Weekend
            }
        };
        RateRule { name: self.name, when, basis_points: self.basis_points }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ExtraInput")]
pub struct ExtraBody {
    /// A stable name, such as `helmet`.
    #[garde(length(chars, min = 1, max = 40))]
    pub code: String,
    #[garde(length(chars, min = 1, max = 80))]
    pub name: String,
    #[garde(range(min = 0))]
    pub price_minor: i64,
    #[garde(skip)]
    pub charged: ChargedWord,
    /// How many one booking may have.
    #[garde(range(min = 1, max = 100))]
    pub most: u32,
}

impl From<ExtraBody> for Extra {
    fn from(extra: ExtraBody) -> Self {
        let ExtraBody { code, name, price_minor, charged, most } = extra;
        Self { code, name, price_minor, charged: charged.into(), most }
    }
}

/// How rent is taxed; deposits are not.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RentTaxInput")]
pub struct TaxBody {
    /// 1000 is 10 %.
    #[garde(range(max = 10_000))]
    pub basis_points: u32,
    /// Whether rates contain the tax already; if not, it is added on top.
    #[serde(default)]
    #[garde(skip)]
    pub inclusive: bool,
    /// Whom the tax is owed to.
    #[garde(length(chars, min = 1, max = 40))]
    pub jurisdiction: String,
}

impl From<TaxBody> for TaxRule {
    fn from(tax: TaxBody) -> Self {
        let TaxBody { basis_points, inclusive, jurisdiction } = tax;
        Self { basis_points, inclusive, jurisdiction }
    }
}

/// How much of the rent goes back to a traveller who cancels, the earlier the more.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CancellationPolicyInput")]
pub struct CancellationBody {
    #[garde(length(max = 10), dive)]
    pub tiers: Vec<TierBody>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CancellationTierInput")]
pub struct TierBody {
    /// Up to so long before the period begins …
    #[garde(range(max = 8_784))]
    pub hours_before: u32,
    /// … so much goes back, in hundredths of a percent.
    #[garde(range(max = 10_000))]
    pub basis_points: u32,
}

impl From<CancellationBody> for CancellationPolicy {
    fn from(policy: CancellationBody) -> Self {
        let tier = |tier: TierBody| Tier {
            hours_before: tier.hours_before,
            basis_points: tier.basis_points,
        };
        Self { tiers: policy.tiers.into_iter().map(tier).collect() }
    }
}

/// How a vehicle is booked; what is absent is as usual: at once, an hour ahead, half an hour between two rentals.
#[derive(Debug, Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RentTermsInput")]
pub struct TermsBody {
    /// Booked at once, or asked for.
    #[garde(skip)]
    pub instant: Option<bool>,
    /// How long before its period a booking is made at the latest.
    #[garde(range(max = 129_600))]
    pub lead_minutes: Option<u32>,
    /// How long a unit rests between two periods.
    #[garde(range(max = 10_080))]
    pub turnaround_minutes: Option<u32>,
    /// How far ahead it can be booked.
    #[garde(range(min = 1, max = 730))]
    pub horizon_days: Option<u32>,
}

impl From<TermsBody> for Terms {
    fn from(terms: TermsBody) -> Self {
        let usual = Self::default();
        Self {
            instant: terms.instant.unwrap_or(usual.instant),
            lead_minutes: terms.lead_minutes.unwrap_or(usual.lead_minutes),
            turnaround_minutes: terms.turnaround_minutes.unwrap_or(usual.turnaround_minutes),
            horizon_days: terms.horizon_days.unwrap_or(usual.horizon_days),
        }
    }
}
