//! Whose the money of a sale is, line by line, and how much of it went back.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Money, MoneyError, Timestamp,
    ledger::{self, Clawback, DisputeBearer},
};

/// An amount cut up: what its owner has of it, the fee on that and the tax.
///
/// Of a seller's line these are its earnings, our commission and the tax on that; of a line of the shop's own, what
/// it earned, nothing, and the tax on the goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    pub net: Money,
    pub fee: Money,
    pub tax: Money,
}

impl Cut {
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.net.plus(self.fee)?.plus(self.tax)
    }

    pub(crate) fn nothing(of: Money) -> Self {
        let zero = Money::zero(of.currency);
        Self { net: zero, fee: zero, tax: zero }
    }

    pub(crate) fn plus(&self, other: &Self) -> Result<Self, MoneyError> {
        let net = self.net.plus(other.net)?;
        Ok(Self { net, fee: self.fee.plus(other.fee)?, tax: self.tax.plus(other.tax)? })
    }

    pub(crate) fn minus(&self, other: &Self) -> Result<Self, MoneyError> {
        let net = self.net.minus(other.net)?;
        Ok(Self { net, fee: self.fee.minus(other.fee)?, tax: self.tax.minus(other.tax)? })
    }
}

/// One line's part of a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub line: Uuid,
    /// Absent for what the shop sold itself.
    pub seller: Option<Uuid>,
    /// Whom the tax is owed to.
    pub jurisdiction: String,
    /// Whether the fee of what is refunded stays with the shop.
    pub keeps_fee: bool,
    pub sold: Cut,
    pub returned: Cut,
    /// What of it a bank took back for good; nothing unless it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Money>,
    /// What of it still waits to be released to the seller.
    pub pending: Money,
}

impl Part {
    /// What may still be refunded of it.
    pub fn left(&self) -> Result<Money, MoneyError> {
        let left = self.sold.total()?.minus(self.returned.total()?)?;
        self.lost.map_or(Ok(left), |lost| left.minus(lost))
    }
}

/// What a sale with sellers among its lines is made of; the parts sum to what was captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    pub at: Timestamp,
    /// Since when the sellers may be paid out.
    pub released: Option<Timestamp>,
    /// When the time that was sold is over; absent for goods. Nothing is released before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Timestamp>,
    pub lines: Vec<Part>,
}

impl Parts {
    /// From when on the time for disputes counts.
    pub fn due(&self) -> Timestamp {
        self.over.map_or(self.at, |over| over.max(self.at))
    }

    /// The sellers, each once.
    pub fn sellers(&self) -> Vec<Uuid> {
        let mut all: Vec<_> = self.lines.iter().filter_map(|part| part.seller).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Who bears how much of `amount` that a bank keeps: by what is left of each line, exactly.
    pub(crate) fn lose(
        &mut self,
        amount: Money,
    ) -> Result<Vec<(DisputeBearer, Money)>, MoneyError> {
        let left = self.lines.iter().map(Part::left).collect::<Result<Vec<_>, _>>()?;
        let mut bearers: Vec<(DisputeBearer, Money)> = Vec::new();
        for (part, share) in self.lines.iter_mut().zip(ledger::refund_shares(amount, &left)?) {
            part.lost = Some(part.lost.map_or(Ok(share), |lost| lost.plus(share))?);
            let bearer = part.seller.map_or(DisputeBearer::Shop, DisputeBearer::Seller);
            match bearers.iter_mut().find(|(known, _)| *known == bearer) {
                Some((_, sum)) => *sum = sum.plus(share)?,
                None => bearers.push((bearer, share)),
            }
        }
        Ok(bearers)
    }
}

/// One line's share of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundShare {
    pub line: Uuid,
    pub cut: Cut,
    /// Where a seller's share was taken from; absent for what the shop sold itself.
    pub from: Option<Clawback>,
}
