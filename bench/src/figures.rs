//! Rates, shares and times, as whole numbers.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// So many in a second, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Rate(u64);

impl Rate {
    pub fn of(count: usize, within: Duration) -> Self {
        let count = u128::try_from(count).unwrap_or(u128::MAX);
        let hundredths = count.saturating_mul(100_000_000).checked_div(within.as_micros());
        Self(hundredths.and_then(|rate| rate.try_into().ok()).unwrap_or(0))
    }

    /// As pgbench writes it: `1234.567890`.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let part: String = part.chars().chain("00".chars()).take(2).collect();
        let whole: u64 = whole.parse().ok()?;
        Some(Self(whole.checked_mul(100)?.checked_add(part.parse().ok()?)?))
    }

    /// Of two things done one after the other by the same hands: 1/(1/a + 1/b).
    pub fn and_then(self, then: Self) -> Self {
        let product = u128::from(self.0).saturating_mul(then.0.into());
        let combined = product.checked_div(u128::from(self.0).saturating_add(then.0.into()));
        Self(combined.and_then(|rate| rate.try_into().ok()).unwrap_or(0))
    }

    pub fn share_of(self, whole: Self) -> Share {
        let percent = u128::from(self.0).saturating_mul(100).checked_div(whole.0.into());
        Share(percent.and_then(|share| share.try_into().ok()).unwrap_or(0))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match whole {
            0..100 => f.pad(&format!("{whole}.{}", part / 10)),
            100..1_000 => f.pad(&whole.to_string()),
            _ => f.pad(&format!("{},{:03}", whole / 1_000, whole % 1_000)),
        }
    }
}

/// In percent, shown as `0.57`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u64);

impl Share {
    pub fn of(self, whole: Self) -> Self {
        Self(self.0.saturating_mul(100).checked_div(whole.0).unwrap_or(0))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{:02}", self.0 / 100, self.0 % 100))
    }
}

/// In milliseconds: `1.23`.
pub fn millis(time: Duration) -> String {
    let micros = time.as_micros();
    format!("{}.{:02}", micros / 1_000, micros % 1_000 / 10)
}

/// What a load came to.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Figures {
    pub rate: Rate,
    pub p50: Duration,
    pub p99: Duration,
    pub errors: usize,
}

impl Figures {
    /// Of the microseconds that each took.
    pub fn of(mut took: Vec<u64>, errors: usize, within: Duration) -> Self {
        took.sort_unstable();
        let at = |percent: usize| {
            let place = took.len() * percent / 100;
            Duration::from_micros(took.get(place).or(took.last()).copied().unwrap_or(0))
        };
        Self { rate: Rate::of(took.len(), within), p50: at(50), p99: at(99), errors }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_add_up_like_resistances() {
        let both = Rate::parse("100").unwrap().and_then(Rate::parse("100.0").unwrap());

        assert_eq!(both, Rate::parse("50").unwrap());
        assert_eq!(both.share_of(Rate::parse("100").unwrap()).to_string(), "0.50");
    }

    #[test]
    fn a_rate_is_counted_over_its_time() {
        assert_eq!(Rate::of(3, Duration::from_secs(2)).to_string(), "1.5");
        assert_eq!(Rate::of(24_690, Duration::from_secs(2)).to_string(), "12,345");
    }
}
