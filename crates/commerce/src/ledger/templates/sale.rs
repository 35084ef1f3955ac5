//! S1: a sale of our own is earned.

use uuid::Uuid;

use crate::{Account, Money, MoneyError, OrderId, Posting, Timestamp, ledger::Unbalanced};

/// What a customer pays: the shop's part and the tax on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takings {
    pub net: Money,
    pub tax: Money,
    pub jurisdiction: String,
}

impl Takings {
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.net.plus(self.tax)
    }
}

/// S1: a sale of our own is earned.
pub fn sale_recognised(
    id: Uuid,
    order: OrderId,
    takings: &Takings,
    total: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "sale_recognised", order.uuid(), at)
        .debit(Account::escrow(order), total)
        .credit(Account::sales(), takings.net)
        .credit(Account::tax(&takings.jurisdiction), takings.tax)
        .balanced()
}
