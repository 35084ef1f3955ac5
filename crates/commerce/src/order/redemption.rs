//! A coupon an order was raised with: what it takes off each line, and the uses it claims.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{OrderLine, Reservation, Totals};
use crate::{Money, MoneyError};

/// Fixed when the order is raised, like its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redemption {
    pub coupon: Uuid,
    /// As the customer wrote it.
    pub code: String,
    /// Off each line, in the order of the lines.
    pub discounts: Vec<Money>,
    /// A use of all there are, and one of those the customer has, where they are limited.
    pub uses: Vec<Reservation>,
}

impl Redemption {
    /// Whether it takes off each line no more than the line costs, and off all of them the order's discount.
    pub(super) fn fits(&self, lines: &[OrderLine], totals: &Totals) -> Result<bool, MoneyError> {
        let sum = Money::sum(totals.currency(), self.discounts.iter().copied())?;
        let each = |(line, off): (&OrderLine, &Money)| (0..=line.total.minor).contains(&off.minor);
        let all = lines.len() == self.discounts.len();
        Ok(all && sum == totals.discount && lines.iter().zip(&self.discounts).all(each))
    }
}
