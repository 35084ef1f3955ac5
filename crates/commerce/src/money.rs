//! Money in whole minor units; splits lose nothing.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// ISO 4217 codes with their exponents; XAU is kept in milligrams, three places below the gram.
const CURRENCIES: &[(&str, u8)] = &[
    ("AED", 2),
    ("AFN", 2),
    ("ALL", 2),
    ("AMD", 2),
    ("AOA", 2),
    ("ARS", 2),
    ("AUD", 2),
    ("AWG", 2),
    ("AZN", 2),
    ("BAM", 2),
    ("BBD", 2),
    ("BDT", 2),
    ("BGN", 2),
    ("BHD", 3),
    ("BIF", 0),
    ("BMD", 2),
    ("BND", 2),
    ("BOB", 2),
    ("BRL", 2),
    ("BSD", 2),
    ("BTN", 2),
    ("BWP", 2),
    ("BYN", 2),
    ("BZD", 2),
    ("CAD", 2),
    ("CDF", 2),
    ("CHF", 2),
    ("CLP", 0),
    ("CNY", 2),
    ("COP", 2),
    ("CRC", 2),
    ("CUP", 2),
    ("CVE", 2),
    ("CZK", 2),
    ("DJF", 0),
    ("DKK", 2),
    ("DOP", 2),
    ("DZD", 2),
    ("EGP", 2),
    ("ERN", 2),
    ("ETB", 2),
    ("EUR", 2),
    ("FJD", 2),
    ("FKP", 2),
    ("GBP", 2),
    ("GEL", 2),
    ("GHS", 2),
    ("GIP", 2),
    ("GMD", 2),
    ("GNF", 0),
    ("GTQ", 2),
    ("GYD", 2),
    ("HKD", 2),
    ("HNL", 2),
    ("HTG", 2),
    ("HUF", 2),
    ("IDR", 2),
    ("ILS", 2),
    ("INR", 2),
    ("IQD", 3),
    ("IRR", 2),
    ("ISK", 0),
    ("JMD", 2),
    ("JOD", 3),
    ("JPY", 0),
    ("KES", 2),
    ("KGS", 2),
    ("KHR", 2),
    ("KMF", 0),
    ("KPW", 2),
    ("KRW", 0),
    ("KWD", 3),
    ("KYD", 2),
    ("KZT", 2),
    ("LAK", 2),
    ("LBP", 2),
    ("LKR", 2),
    ("LRD", 2),
    ("LSL", 2),
    ("LYD", 3),
    ("MAD", 2),
    ("MDL", 2),
    ("MGA", 2),
    ("MKD", 2),
    ("MMK", 2),
    ("MNT", 2),
    ("MOP", 2),
    ("MRU", 2),
    ("MUR", 2),
    ("MVR", 2),
    ("MWK", 2),
    ("MXN", 2),
    ("MYR", 2),
    ("MZN", 2),
    ("NAD", 2),
    ("NGN", 2),
    ("NIO", 2),
    ("NOK", 2),
    ("NPR", 2),
    ("NZD", 2),
    ("OMR", 3),
    ("PAB", 2),
    ("PEN", 2),
    ("PGK", 2),
    ("PHP", 2),
    ("PKR", 2),
    ("PLN", 2),
    ("PYG", 0),
    ("QAR", 2),
    ("RON", 2),
    ("RSD", 2),
    ("RUB", 2),
    ("RWF", 0),
    ("SAR", 2),
    ("SBD", 2),
    ("SCR", 2),
    ("SDG", 2),
    ("SEK", 2),
    ("SGD", 2),
    ("SHP", 2),
    ("SLE", 2),
    ("SOS", 2),
    ("SRD", 2),
    ("SSP", 2),
    ("STN", 2),
    ("SVC", 2),
    ("SYP", 2),
    ("SZL", 2),
    ("THB", 2),
    ("TJS", 2),
    ("TMT", 2),
    ("TND", 3),
    ("TOP", 2),
    ("TRY", 2),
    ("TTD", 2),
    ("TWD", 2),
    ("TZS", 2),
    ("UAH", 2),
    ("UGX", 0),
    ("USD", 2),
    ("UYU", 2),
    ("UZS", 2),
    ("VES", 2),
    ("VND", 0),
    ("VUV", 0),
    ("WST", 2),
    ("XAF", 0),
    ("XAU", 3),
    ("XCD", 2),
    ("XOF", 0),
    ("XPF", 0),
    ("YER", 2),
    ("ZAR", 2),
    ("ZMW", 2),
    ("ZWG", 2),
];

/// A currency of ISO 4217, or gold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(&'static str, u8);

#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum MoneyError {
    #[error("`{0}` is not a currency of ISO 4217")]
    UnknownCurrency(String),
    #[error("{0} and {1} cannot be added")]
    Mixed(Currency, Currency),
    #[error("the amount is too large")]
    TooLarge,
    #[error("nothing to split by")]
    NoParts,
}

impl Currency {
    pub const USD: Self = Self("USD", 2);
    pub const EUR: Self = Self("EUR", 2);
    pub const JPY: Self = Self("JPY", 0);
    pub const KWD: Self = Self("KWD", 3);
    /// Gold, in milligrams.
    pub const XAU: Self = Self("XAU", 3);

    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        let found = CURRENCIES.binary_search_by(|(known, _)| (*known).cmp(code)).ok();
        let entry = found.and_then(|at| CURRENCIES.get(at));
        entry
            .map(|&(code, exponent)| Self(code, exponent))
            .ok_or_else(|| MoneyError::UnknownCurrency(code.chars().take(8).collect()))
    }

    pub fn code(self) -> &'static str {
        self.0
    }

    /// How many decimal places a minor unit is below the major one.
    pub fn exponent(self) -> u8 {
        self.1
    }

    pub fn all() -> impl Iterator<Item = Self> {
        CURRENCIES.iter().map(|&(code, exponent)| Self(code, exponent))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).map_err(serde::de::Error::custom)
    }
}

/// An amount in the minor unit of its currency; 19.99 USD is `1999`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    #[serde(rename = "amount")]
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    pub const fn usd(minor: i64) -> Self {
        Self::new(minor, Currency::USD)
    }

    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    pub fn is_positive(self) -> bool {
        self.minor > 0
    }

    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let sum = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self::new(sum, self.currency))
    }

    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let difference = self.minor.checked_sub(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self::new(difference, self.currency))
    }

    pub fn times(self, count: i64) -> Result<Self, MoneyError> {
        let product = self.minor.checked_mul(count).ok_or(MoneyError::TooLarge)?;
        Ok(Self::new(product, self.currency))
    }

    pub fn negated(self) -> Result<Self, MoneyError> {
        self.times(-1)
    }

    /// Adds up amounts of one currency; nothing adds up to zero of `currency`.
    pub fn sum(
        currency: Currency,
        parts: impl IntoIterator<Item = Self>,
    ) -> Result<Self, MoneyError> {
        parts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    /// This many hundredths of a percent, rounded half away from zero.
    pub fn basis_points(self, points: u32) -> Result<Self, MoneyError> {
        self.share(i64::from(points), 10_000)
    }

    /// `numerator / denominator` of the amount, rounded half away from zero.
    pub fn share(self, numerator: i64, denominator: i64) -> Result<Self, MoneyError> {
        if denominator <= 0 {
            return Err(MoneyError::NoParts);
        }
        let (numerator, denominator) = (i128::from(numerator), i128::from(denominator));
        let product = i128::from(self.minor).checked_mul(numerator).ok_or(MoneyError::TooLarge)?;
        let half = denominator.saturating_mul(product.signum());
        let doubled = product.checked_mul(2).ok_or(MoneyError::TooLarge)?;
        let rounded = doubled.saturating_add(half).checked_div(denominator.saturating_mul(2));
        let rounded = rounded.ok_or(MoneyError::NoParts)?;
        let minor = i64::try_from(rounded).map_err(|_| MoneyError::TooLarge)?;
        Ok(Self::new(minor, self.currency))
    }

    /// Splits by weight with the largest remainder (Hamilton) method: the parts add up to the whole
    /// exactly, and no part is more than one minor unit from its fair share.
    pub fn split(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
        if total == 0 {
            return Err(MoneyError::NoParts);
        }
        let whole = u128::from(self.minor.unsigned_abs());
        let mut parts = Vec::with_capacity(weights.len());
        let mut remainders = Vec::with_capacity(weights.len());
        let mut given: u128 = 0;
        for (at, &weight) in weights.iter().enumerate() {
            let exact = whole.saturating_mul(u128::from(weight));
            let part = exact.checked_div(total).unwrap_or_default();
            given = given.saturating_add(part);
            parts.push(part);
            remainders.push((exact.checked_rem(total).unwrap_or_default(), at));
        }
        remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let left = usize::try_from(whole.saturating_sub(given)).unwrap_or_default();
        for &(_, at) in remainders.iter().take(left) {
            if let Some(part) = parts.get_mut(at) {
                *part = part.saturating_add(1);
            }
        }
        let signed = |part: u128| {
            let part = i128::try_from(part).ok()?;
            let part = if self.minor < 0 { part.checked_neg()? } else { part };
            i64::try_from(part).ok().map(|minor| Self::new(minor, self.currency))
        };
        parts.into_iter().map(|part| signed(part).ok_or(MoneyError::TooLarge)).collect()
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        let same = self.currency == other.currency;
        if same { Ok(()) } else { Err(MoneyError::Mixed(self.currency, other.currency)) }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = usize::from(self.currency.exponent());
        let digits =
            format!("{:0width$}", self.minor.unsigned_abs(), width = places.saturating_add(1));
        let sign = if self.minor < 0 { "-" } else { "" };
        let (major, minor) = digits.split_at(digits.len().saturating_sub(places));
        let point = if places == 0 { "" } else { "." };
        write!(f, "{sign}{major}{point}{minor} {}", self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "tests may overflow")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_currency_table_is_sorted_and_knows_its_exponents() {
        assert!(CURRENCIES.is_sorted_by_key(|(code, _)| *code));
        for (code, exponent) in [("JPY", 0), ("USD", 2), ("KWD", 3), ("XAU", 3)] {
            assert_eq!(Currency::parse(code).unwrap().exponent(), exponent);
        }
        assert!(Currency::parse("usd").is_err());
        assert!(Currency::parse("XXX").is_err());
    }

    #[test]
    fn money_is_shown_with_the_places_of_its_currency() {
        assert_eq!(Money::usd(1999).to_string(), "19.99 USD");
        assert_eq!(Money::usd(-5).to_string(), "-0.05 USD");
        assert_eq!(Money::new(500, Currency::JPY).to_string(), "500 JPY");
        assert_eq!(Money::new(1234, Currency::KWD).to_string(), "1.234 KWD");
    }

    #[test]
    fn sums_refuse_mixed_currencies_and_overflow() {
        let (dollars, yen) = (Money::usd(1), Money::new(1, Currency::JPY));

        assert_eq!(dollars.plus(yen), Err(MoneyError::Mixed(Currency::USD, Currency::JPY)));
        assert_eq!(Money::usd(i64::MAX).plus(dollars), Err(MoneyError::TooLarge));
        assert_eq!(Money::usd(i64::MIN).negated(), Err(MoneyError::TooLarge));
    }

    #[test]
    fn a_share_is_rounded_half_away_from_zero() {
        assert_eq!(Money::usd(150).basis_points(100), Ok(Money::usd(2)));
        assert_eq!(Money::usd(-150).basis_points(100), Ok(Money::usd(-2)));
        assert_eq!(Money::usd(149).basis_points(100), Ok(Money::usd(1)));
    }

    proptest! {
        #[test]
        fn a_split_loses_nothing(
            minor in any::<i64>(),
            weights in prop::collection::vec(0_u64..=u64::from(u32::MAX), 1..50),
            currency in prop::sample::select(vec![Currency::JPY, Currency::USD, Currency::KWD]),
        ) {
            let whole = Money::new(minor, currency);
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let parts = whole.split(&weights).unwrap();

            let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
            prop_assert_eq!(Money::sum(currency, parts.iter().copied()), Ok(whole));
            for (part, weight) in parts.iter().zip(&weights) {
                let scaled = u128::from(minor.unsigned_abs()) * u128::from(*weight);
                let given = u128::from(part.minor.unsigned_abs());
                prop_assert!(given == scaled / total || given == scaled / total + 1);
            }
        }

        #[test]
        fn a_sum_and_its_difference_meet(a in any::<i64>(), b in any::<i64>()) {
            if let Ok(sum) = Money::usd(a).plus(Money::usd(b)) {
                prop_assert_eq!(sum.minus(Money::usd(b)), Ok(Money::usd(a)));
            }
        }
    }
}
