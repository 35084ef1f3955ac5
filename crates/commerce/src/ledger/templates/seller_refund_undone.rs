//! A refund of what sellers earned could not be sent: everybody has their share again.

use uuid::Uuid;

use super::{RefundPart, SellerRefund};
use crate::{
    Account, Money, Posting, Timestamp,
    ledger::{Draft, Unbalanced},
};

/// The promise turns into earnings again. A seller's share stands where it says now, which need not be where it
/// was taken from: what was pending may have been released meanwhile, and a debt may have been paid.
pub fn refund_of_parts_undone(
    id: Uuid,
    refund: Uuid,
    parts: &[RefundPart],
    total: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    let draft = Posting::draft(id, "refund_of_parts_undone", refund, at);
    let draft = draft.debit(Account::refund_payable(), total);
    parts.iter().fold(draft, credit).balanced()
}

fn credit(draft: Draft, part: &RefundPart) -> Draft {
    match part {
        RefundPart::Own(takings) => draft
            .credit(Account::sales(), takings.net)
            .credit(Account::tax(&takings.jurisdiction), takings.tax),
        RefundPart::Seller(part) => credit_seller(draft, part),
    }
}

fn credit_seller(draft: Draft, part: &SellerRefund) -> Draft {
    draft
        .credit(Account::seller_pending(part.seller), part.from.pending)
        .credit(Account::seller_payable(part.seller), part.from.payable)
        .credit(Account::seller_receivable(part.seller), part.from.receivable)
        .credit(Account::commission(), part.commission)
        .credit(Account::tax(&part.jurisdiction), part.commission_tax)
}
