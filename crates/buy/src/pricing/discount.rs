//! What a coupon takes off.

use commerce::{Currency, Money, MoneyError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{QuoteLine, by_weight};
use crate::Prices;

/// Whoever gives a discount pays for it: it is on the goods of one seller, or on the shop's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// Whose goods it is on; absent for the shop's own.
    pub seller: Option<Uuid>,
    pub off: Off,
    /// Those goods must come to this at least; none when empty.
    #[serde(default)]
    pub minimum: Prices,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Off {
    /// Hundredths of a percent: 1000 is 10 %.
    Percentage { basis_points: u32 },
    /// So much, in each currency it can be used in; at most what the goods cost.
    Fixed { amounts: Prices },
}

/// Why a discount is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoDiscount {
    /// The goods it is on come to less.
    BelowMinimum { minimum: Money },
    /// It says nothing of the currency.
    OtherCurrency,
    /// Nothing it is on is among the goods.
    NothingToDiscount,
}

impl Discount {
    /// What comes off each line, or why nothing does; never more than a line costs.
    pub(super) fn off(
        &self,
        currency: Currency,
        lines: &[QuoteLine],
        costs: &[Money],
    ) -> Result<(Vec<Money>, Option<NoDiscount>), MoneyError> {
        let zero = Money::zero(currency);
        let ours = |(line, cost): (&QuoteLine, &Money)| {
            if line.seller == self.seller { *cost } else { zero }
        };
        let bases: Vec<_> = lines.iter().zip(costs).map(ours).collect();
        let base = Money::sum(currency, bases.iter().copied())?;
        match self.on(base)? {
            Ok(amount) => Ok((by_weight(amount, &bases)?, None)),
            Err(why) => Ok((vec![zero; lines.len()], Some(why))),
        }
    }

    fn on(&self, base: Money) -> Result<Result<Money, NoDiscount>, MoneyError> {
        if !base.is_positive() {
            return Ok(Err(NoDiscount::NothingToDiscount));
        }
        match self.minimum.of(base.currency) {
            None if !self.minimum.is_empty() => return Ok(Err(NoDiscount::OtherCurrency)),
            Some(minimum) if base.minor < minimum.minor => {
                return Ok(Err(NoDiscount::BelowMinimum { minimum }));
            }
            None | Some(_) => {}
        }
        let amount = match &self.off {
            Off::Percentage { basis_points } => Some(base.basis_points(*basis_points)?),
            Off::Fixed { amounts } => amounts.of(base.currency),
        };
        let within = |amount: Money| Money::new(amount.minor.clamp(0, base.minor), base.currency);
        Ok(amount.map(within).ok_or(NoDiscount::OtherCurrency))
    }
}
