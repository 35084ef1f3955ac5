//! M3 and M4: a payout is sent, and the bank confirms it or gives it back.

use uuid::Uuid;

use crate::{Account, Money, Posting, Timestamp, ledger::Unbalanced};

/// M3: what a seller may have is on its way; refused by the commit when it is more than that.
pub fn payout_sent(
    id: Uuid,
    payout: Uuid,
    seller: Uuid,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "payout_sent", payout, at)
        .debit(Account::seller_payable(seller), amount)
        .credit(Account::payouts_in_transit(), amount)
        .balanced()
}

/// M4: the money has left our bank.
pub fn payout_confirmed(
    id: Uuid,
    payout: Uuid,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "payout_confirmed", payout, at)
        .debit(Account::payouts_in_transit(), amount)
        .credit(Account::bank(), amount)
        .balanced()
}

/// M4, returned: the posting `sent` (M3) is taken back, and the seller may have the money again.
pub fn payout_returned(
    id: Uuid,
    payout: Uuid,
    sent: Uuid,
    seller: Uuid,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "payout_returned", payout, at)
        .reversing(sent)
        .debit(Account::payouts_in_transit(), amount)
        .credit(Account::seller_payable(seller), amount)
        .balanced()
}

/// M4, returned after all: the posting `confirmed` (M4) is taken back; [`payout_returned`] goes with it.
pub fn payout_returned_late(
    id: Uuid,
    payout: Uuid,
    confirmed: Uuid,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "payout_returned_late", payout, at)
        .reversing(confirmed)
        .debit(Account::bank(), amount)
        .credit(Account::payouts_in_transit(), amount)
        .balanced()
}
