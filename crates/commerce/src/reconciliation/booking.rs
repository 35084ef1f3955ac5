//! P2 and P3: what is booked because a provider's record tells of it, and nothing else does.

use uuid::Uuid;

use super::entry::booking_id;
use crate::{
    Money, Posting, Timestamp,
    ledger::{self, Unbalanced},
    payment::{LineKind, StatementLine},
};

/// The posting of a line that is nothing but a fee or a payout.
pub(super) fn of_line(
    provider: &str,
    id: Uuid,
    line: &StatementLine,
) -> Result<Option<Posting>, Unbalanced> {
    let taken = opposite(line.amount);
    match line.kind {
        LineKind::Fee => fee(provider, (id, id), taken, line.at).map(Some),
        LineKind::Payout => payout(provider, id, taken, line.at).map(Some),
        LineKind::Capture
        | LineKind::Refund
        | LineKind::Dispute
        | LineKind::DisputeWon
        | LineKind::Other => Ok(None),
    }
}

/// P2: `taken` is negative where the provider gave a fee back. `about` is whose fee it is.
pub(super) fn fee(
    provider: &str,
    (line, about): (Uuid, Uuid),
    taken: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    let id = booking_id(line, "provider_fee");
    if taken.is_positive() {
        ledger::provider_fee(id, provider, about, taken, at)
    } else {
        ledger::provider_fee_returned(id, provider, about, opposite(taken), at)
    }
}

/// P3: `taken` is negative where the money came back from our bank.
fn payout(provider: &str, line: Uuid, taken: Money, at: Timestamp) -> Result<Posting, Unbalanced> {
    let id = booking_id(line, "provider_settled");
    if taken.is_positive() {
        ledger::provider_settled(id, provider, line, taken, at)
    } else {
        ledger::provider_settlement_returned(id, provider, line, opposite(taken), at)
    }
}

pub(super) fn opposite(money: Money) -> Money {
    Money::new(money.minor.saturating_neg(), money.currency)
}
