//! R2–R4: what sellers have earned goes back, wherever the money is by now.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Takings;
use crate::{
    Account, Money, MoneyError, Posting, Timestamp,
    ledger::{Draft, Unbalanced},
};

/// Where a seller's share of a refund is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clawback {
    /// Earned and not released yet.
    pub pending: Money,
    /// Released and not paid out; the commit refuses more than there is.
    pub payable: Money,
    /// Paid out already: the seller owes it to us.
    pub receivable: Money,
}

impl Clawback {
    pub fn from_pending(amount: Money) -> Self {
        let zero = Money::zero(amount.currency);
        Self { pending: amount, payable: zero, receivable: zero }
    }

    pub fn from_payable(amount: Money) -> Self {
        let zero = Money::zero(amount.currency);
        Self { pending: zero, payable: amount, receivable: zero }
    }

    /// As much as there is of `available` from what may be paid out; the rest is owed.
    pub fn after_payout(amount: Money, available: Money) -> Result<Self, MoneyError> {
        let minor = available.minor.clamp(0, amount.minor.max(0));
        let payable = Money::new(minor, available.currency);
        let receivable = amount.minus(payable)?;
        Ok(Self { pending: Money::zero(amount.currency), payable, receivable })
    }

    pub fn total(&self) -> Result<Money, MoneyError> {
        self.pending.plus(self.payable)?.plus(self.receivable)
    }
}

/// A seller's part of a refund: its own share, and what we return of our commission, which is the shop's rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SellerRefund {
    pub seller: Uuid,
    pub from: Clawback,
    pub commission: Money,
    pub commission_tax: Money,
    pub jurisdiction: String,
}

impl SellerRefund {
    /// What the customer gets of it.
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.from.total()?.plus(self.commission)?.plus(self.commission_tax)
    }
}

/// One part of a refund over an order of several sellers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundPart {
    Own(Takings),
    Seller(SellerRefund),
}

impl RefundPart {
    pub fn total(&self) -> Result<Money, MoneyError> {
        match self {
            Self::Own(takings) => takings.total(),
            Self::Seller(part) => part.total(),
        }
    }

    fn debit(&self, draft: Draft) -> Draft {
        match self {
            Self::Own(takings) => draft
                .debit(Account::sales(), takings.net)
                .debit(Account::tax(&takings.jurisdiction), takings.tax),
            Self::Seller(part) => debit_seller(draft, part),
        }
    }
}

/// R2: a seller's earnings that were not paid out go back, and our commission with them.
pub fn refund_after_earning(
    id: Uuid,
    refund: Uuid,
    part: &SellerRefund,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    let kind = "refund_after_earning";
    let total = part.total().map_err(|_| Unbalanced::Sum(kind))?;
    let draft = debit_seller(Posting::draft(id, kind, refund, at), part);
    draft.credit(Account::refund_payable(), total).balanced()
}

/// R3: the seller was paid out; what is no longer there the seller owes us.
pub fn refund_after_payout(
    id: Uuid,
    refund: Uuid,
    part: &SellerRefund,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    let kind = "refund_after_payout";
    let total = part.total().map_err(|_| Unbalanced::Sum(kind))?;
    let draft = debit_seller(Posting::draft(id, kind, refund, at), part);
    draft.credit(Account::refund_payable(), total).balanced()
}

/// R4: one refund over the parts of several sellers and our own; `total` is exactly their sum.
pub fn refund_of_parts(
    id: Uuid,
    refund: Uuid,
    parts: &[RefundPart],
    total: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    let draft = Posting::draft(id, "refund_of_parts", refund, at);
    let debited = parts.iter().fold(draft, |draft, part| part.debit(draft));
    debited.credit(Account::refund_payable(), total).balanced()
}

/// R4: how much of a refund falls on each line, by what is left of it; the shares sum to the refund exactly.
pub fn refund_shares(refund: Money, left: &[Money]) -> Result<Vec<Money>, MoneyError> {
    let weights = left.iter().map(|money| u64::try_from(money.minor).unwrap_or_default());
    refund.split(&weights.collect::<Vec<_>>())
}

fn debit_seller(draft: Draft, part: &SellerRefund) -> Draft {
    draft
        .debit(Account::seller_pending(part.seller), part.from.pending)
        .debit(Account::seller_payable(part.seller), part.from.payable)
        .debit(Account::seller_receivable(part.seller), part.from.receivable)
        .debit(Account::commission(), part.commission)
        .debit(Account::tax(&part.jurisdiction), part.commission_tax)
}
