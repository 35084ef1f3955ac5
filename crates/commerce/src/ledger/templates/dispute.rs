//! D1: a customer's bank takes money back, and somebody wins.

use uuid::Uuid;

use crate::{Account, Money, Posting, Timestamp, ledger::Unbalanced};

/// Who bears a dispute that was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeBearer {
    Shop,
    /// The seller owes it to us; it is kept from what it earns next.
    Seller(Uuid),
}

/// D1: the provider took the disputed money out of what it holds for us.
pub fn dispute_opened(
    id: Uuid,
    dispute: Uuid,
    provider: &str,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "dispute_opened", dispute, at)
        .debit(Account::disputed(), amount)
        .credit(Account::clearing(provider), amount)
        .balanced()
}

/// D1, lost: the money stays with the customer; `shares` say who bears how much of `amount`.
pub fn dispute_lost(
    id: Uuid,
    dispute: Uuid,
    shares: &[(DisputeBearer, Money)],
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    let draft = Posting::draft(id, "dispute_lost", dispute, at);
    let borne = shares.iter().fold(draft, |draft, &(bearer, share)| match bearer {
        DisputeBearer::Shop => draft.debit(Account::chargebacks(), share),
        DisputeBearer::Seller(seller) => draft.debit(Account::seller_receivable(seller), share),
    });
    borne.credit(Account::disputed(), amount).balanced()
}

/// D1, won: the posting `opened` is taken back, as the provider gives the money back.
pub fn dispute_won(
    id: Uuid,
    dispute: Uuid,
    opened: Uuid,
    provider: &str,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "dispute_won", dispute, at)
        .reversing(opened)
        .debit(Account::clearing(provider), amount)
        .credit(Account::disputed(), amount)
        .balanced()
}
