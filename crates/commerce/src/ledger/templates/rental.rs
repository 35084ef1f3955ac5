//! B1 and B2: a booking's deposit is set apart, and returned or claimed; B3 is a refund like any other.

use uuid::Uuid;

use crate::{Account, Money, Posting, Timestamp, ledger::Unbalanced};

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

/// B2: a deposit is over. What is claimed becomes the lender's, a seller or the shop itself; the rest stands where
/// refunds take it from.
pub fn deposit_settled(
    id: Uuid,
    booking: Uuid,
    seller: Option<Uuid>,
    returned: Money,
    claimed: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "deposit_settled", booking, at)
        .debit(Account::deposit(booking), returned)
        .credit(Account::sales(), returned)
        .debit(Account::deposit(booking), claimed)
        .credit(seller.map_or_else(Account::sales, Account::seller_payable), claimed)
        .balanced()
}
