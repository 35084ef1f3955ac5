//! R1: money that was not earned, or that we earned ourselves, goes back.

use uuid::Uuid;

use super::Takings;
use crate::{Account, Money, OrderId, Posting, Timestamp, ledger::Unbalanced};

/// R1: money of an order that was not earned is promised back.
pub fn refund_before_sale(
    id: Uuid,
    refund: Uuid,
    order: OrderId,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "refund_before_sale", refund, at)
        .debit(Account::escrow(order), amount)
        .credit(Account::refund_payable(), amount)
        .balanced()
}

/// R1 after S1: earned money and its tax are promised back.
pub fn refund_after_sale(
    id: Uuid,
    refund: Uuid,
    takings: &Takings,
    total: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "refund_after_sale", refund, at)
        .debit(Account::sales(), takings.net)
        .debit(Account::tax(&takings.jurisdiction), takings.tax)
        .credit(Account::refund_payable(), total)
        .balanced()
}

/// R1, second half: the provider sent the money back.
pub fn refund_sent(
    id: Uuid,
    refund: Uuid,
    provider: &str,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "refund_sent", refund, at)
        .debit(Account::refund_payable(), amount)
        .credit(Account::clearing(provider), amount)
        .balanced()
}

/// The provider could not send the money back: the promise turns into earnings and tax again.
pub fn refund_undone(
    id: Uuid,
    refund: Uuid,
    takings: &Takings,
    total: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "refund_undone", refund, at)
        .debit(Account::refund_payable(), total)
        .credit(Account::sales(), takings.net)
        .credit(Account::tax(&takings.jurisdiction), takings.tax)
        .balanced()
}
