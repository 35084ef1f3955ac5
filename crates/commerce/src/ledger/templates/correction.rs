//! X1 and X2: what the platform adds to an order, and what rounding leaves over.

use uuid::Uuid;

use crate::{Account, Money, OrderId, Posting, Timestamp, ledger::Unbalanced};

/// X1: a promotion pays a part of an order for the customer.
pub fn promotion_funded(
    id: Uuid,
    order: OrderId,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "promotion_funded", order.uuid(), at)
        .debit(Account::promotions(), amount)
        .credit(Account::escrow(order), amount)
        .balanced()
}

/// X2: what rounding left over of `account`: our cost when `residue` is positive, our gain when it is negative.
pub fn rounding_booked(
    id: Uuid,
    reference: Uuid,
    account: Account,
    residue: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    let kind = "rounding_booked";
    let draft = Posting::draft(id, kind, reference, at);
    if residue.minor >= 0 {
        return draft.debit(Account::rounding(), residue).credit(account, residue).balanced();
    }
    let over = residue.negated().map_err(|_| Unbalanced::Amount(kind))?;
    draft.debit(account, over).credit(Account::rounding(), over).balanced()
}
