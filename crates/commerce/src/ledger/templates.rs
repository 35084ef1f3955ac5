//! One typed function for each business event that moves money; the codes are those of `docs/ledger.md`.

use uuid::Uuid;

use crate::{Account, Money, MoneyError, OrderId, Posting, Timestamp, ledger::Unbalanced};

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

/// B1: part of what a booking's payment brought is no sale but a deposit.
pub fn deposit_taken(
    id: Uuid,
    booking: Uuid,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "deposit_taken", booking, at)
        .debit(Account::sales(), amount)
        .credit(Account::deposit(booking), amount)
        .balanced()
}

/// B2: a deposit is over. What is claimed becomes the seller's; the rest stands where refunds take it from.
pub fn deposit_settled(
    id: Uuid,
    booking: Uuid,
    seller: Uuid,
    returned: Money,
    claimed: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "deposit_settled", booking, at)
        .debit(Account::deposit(booking), returned)
        .credit(Account::sales(), returned)
        .debit(Account::deposit(booking), claimed)
        .credit(Account::seller_payable(seller), claimed)
        .balanced()
}
