//! W1 and W2: a customer pays into a purse with us, and pays from it.

use uuid::Uuid;

use crate::{Account, Money, OrderId, Posting, Timestamp, UserId, ledger::Unbalanced};

/// W1: the provider holds what a customer has paid into the purse.
pub fn wallet_topped_up(
    id: Uuid,
    reference: Uuid,
    provider: &str,
    customer: UserId,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "wallet_topped_up", reference, at)
        .debit(Account::clearing(provider), amount)
        .credit(Account::wallet(customer), amount)
        .balanced()
}

/// W2: an order is paid from the purse; the commit refuses more than is in it.
pub fn wallet_paid(
    id: Uuid,
    order: OrderId,
    customer: UserId,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "wallet_paid", order.uuid(), at)
        .debit(Account::wallet(customer), amount)
        .credit(Account::escrow(order), amount)
        .balanced()
}

/// What was promised back for an order paid from the purse is in the purse again.
pub fn wallet_refunded(
    id: Uuid,
    refund: Uuid,
    customer: UserId,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "wallet_refunded", refund, at)
        .debit(Account::refund_payable(), amount)
        .credit(Account::wallet(customer), amount)
        .balanced()
}

/// What a customer paid into the purse is promised back; the commit refuses what has been spent.
pub fn top_up_taken_back(
    id: Uuid,
    refund: Uuid,
    customer: UserId,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "top_up_taken_back", refund, at)
        .debit(Account::wallet(customer), amount)
        .credit(Account::refund_payable(), amount)
        .balanced()
}

/// The provider could not send it back: it stays in the purse.
pub fn top_up_kept(
    id: Uuid,
    refund: Uuid,
    customer: UserId,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "top_up_kept", refund, at)
        .debit(Account::refund_payable(), amount)
        .credit(Account::wallet(customer), amount)
        .balanced()
}
