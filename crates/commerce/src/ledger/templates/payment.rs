//! P1–P3: the provider has the customer's money, takes its fee and pays out.

use uuid::Uuid;

use crate::{Account, Money, OrderId, Posting, Timestamp, ledger::Unbalanced};

/// P1: the provider holds the customer's money for an order.
pub fn payment_captured(
    id: Uuid,
    provider: &str,
    order: OrderId,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "payment_captured", order.uuid(), at)
        .debit(Account::clearing(provider), amount)
        .credit(Account::escrow(order), amount)
        .balanced()
}

/// P2: the provider took its fee out of what it holds.
pub fn provider_fee(
    id: Uuid,
    provider: &str,
    reference: Uuid,
    fee: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "provider_fee", reference, at)
        .debit(Account::provider_fee(provider), fee)
        .credit(Account::clearing(provider), fee)
        .balanced()
}

/// P3: the provider paid out to our bank.
pub fn provider_settled(
    id: Uuid,
    provider: &str,
    reference: Uuid,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "provider_settled", reference, at)
        .debit(Account::bank(), amount)
        .credit(Account::clearing(provider), amount)
        .balanced()
}

/// P2, given back: the provider returned its fee.
pub fn provider_fee_returned(
    id: Uuid,
    provider: &str,
    reference: Uuid,
    fee: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "provider_fee_returned", reference, at)
        .debit(Account::clearing(provider), fee)
        .credit(Account::provider_fee(provider), fee)
        .balanced()
}

/// P3, come back: our bank did not take what the provider paid out.
pub fn provider_settlement_returned(
    id: Uuid,
    provider: &str,
    reference: Uuid,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "provider_settlement_returned", reference, at)
        .debit(Account::clearing(provider), amount)
        .credit(Account::bank(), amount)
        .balanced()
}
