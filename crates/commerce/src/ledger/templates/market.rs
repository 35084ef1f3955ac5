//! M1 and M2: a seller earns by an order, and may be paid out once the time for disputes is over.

use uuid::Uuid;

use crate::{Account, Money, MoneyError, OrderId, Posting, Timestamp, ledger::Unbalanced};

/// What one seller's part of an order brings: the customer's money less our commission and the tax on that.
///
/// The seller is the merchant of record: tax on the goods is within `gross` and the seller's own affair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earning {
    pub seller: Uuid,
    /// What the customer paid for the seller's lines, shipping and tax included.
    pub gross: Money,
    pub commission: Money,
    /// Tax on the commission, which we owe.
    pub commission_tax: Money,
    pub jurisdiction: String,
}

impl Earning {
    /// The seller's own part; negative if the commission is more than was paid, which no posting accepts.
    pub fn net(&self) -> Result<Money, MoneyError> {
        self.gross.minus(self.commission)?.minus(self.commission_tax)
    }
}

/// M1: a seller has earned a part of an order; several sellers of one order are a posting each.
pub fn seller_earned(
    id: Uuid,
    order: OrderId,
    earning: &Earning,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    let net = earning.net().map_err(|_| Unbalanced::Sum("seller_earned"))?;
    Posting::draft(id, "seller_earned", order.uuid(), at)
        .debit(Account::escrow(order), earning.gross)
        .credit(Account::seller_pending(earning.seller), net)
        .credit(Account::commission(), earning.commission)
        .credit(Account::tax(&earning.jurisdiction), earning.commission_tax)
        .balanced()
}

/// M2: the time for disputes is over; `reference` is what was earned, such as the order or its part.
pub fn earnings_released(
    id: Uuid,
    reference: Uuid,
    seller: Uuid,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "earnings_released", reference, at)
        .debit(Account::seller_pending(seller), amount)
        .credit(Account::seller_payable(seller), amount)
        .balanced()
}

/// R3, second half: what a seller owes us is kept from what it has earned since.
pub fn earnings_netted(
    id: Uuid,
    reference: Uuid,
    seller: Uuid,
    amount: Money,
    at: Timestamp,
) -> Result<Posting, Unbalanced> {
    Posting::draft(id, "earnings_netted", reference, at)
        .debit(Account::seller_payable(seller), amount)
        .credit(Account::seller_receivable(seller), amount)
        .balanced()
}
