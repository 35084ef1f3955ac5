//! How sales are taxed, and a table of it by region.

use async_trait::async_trait;
use commerce::{Money, MoneyError, StoreError};

use super::{Area, Place, TaxTable};

/// How sales are taxed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxRule {
    /// Hundredths of a percent: 1000 is 10 %.
    pub basis_points: u32,
    /// Whether prices contain the tax already; if not, it is added on top.
    pub inclusive: bool,
    /// Whether shipping is taxed like the goods.
    pub on_shipping: bool,
    /// Whom the tax is owed to.
    pub jurisdiction: String,
}

impl TaxRule {
    /// Whom tax is owed to where nobody said.
    pub const SOMEWHERE: &'static str = "default";

    pub fn none() -> Self {
        Self::exclusive(0)
    }

    pub fn exclusive(basis_points: u32) -> Self {
        let jurisdiction = Self::SOMEWHERE.to_owned();
        Self { basis_points, inclusive: false, on_shipping: false, jurisdiction }
    }

    pub fn inclusive(basis_points: u32) -> Self {
        Self { inclusive: true, ..Self::exclusive(basis_points) }
    }

    pub fn with_shipping(self) -> Self {
        Self { on_shipping: true, ..self }
    }

    /// The tax on (or in) an amount.
    pub(super) fn on(&self, amount: Money) -> Result<Money, MoneyError> {
        let points = i64::from(self.basis_points);
        let whole = if self.inclusive { points.saturating_add(10_000) } else { 10_000 };
        amount.share(points, whole)
    }
}

/// A table that is set once, by configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxes {
    /// Of those that cover a place the one of the smallest area holds.
    pub rules: Vec<(Area, TaxRule)>,
    /// What holds where no rule does.
    pub elsewhere: TaxRule,
}

impl Taxes {
    /// The same wherever goods are sent.
    pub fn everywhere(rule: TaxRule) -> Self {
        Self { rules: Vec::new(), elsewhere: rule }
    }
}

#[async_trait]
impl TaxTable for Taxes {
    async fn tax_rule(&self, to: Option<&Place>) -> Result<Option<TaxRule>, StoreError> {
        if self.rules.is_empty() {
            return Ok(Some(self.elsewhere.clone()));
        }
        let rule = |place: &Place| {
            let covering = self.rules.iter().filter(|(area, _)| area.covers(place));
            let nearest = covering.max_by_key(|(area, _)| area);
            nearest.map_or(&self.elsewhere, |(_, rule)| rule).clone()
        };
        Ok(to.map(rule))
    }
}
