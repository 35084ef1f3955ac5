//! Sellers' money as clients see it.

use commerce::{Order, Payment, Stored, Timestamp};
use market::{Payout, PayoutItem, PayoutState, Seller, SellerBalance, SoldLine, StatementEntry};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{extract::Ref, views::MoneyView};

/// A payout without its items.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PayoutSummary")]
pub struct PayoutCard {
    pub id: Ref<Payout>,
    pub seller: Ref<Seller>,
    pub amount: MoneyView,
    /// `draft`, `sent`, `paid`, `failed` or `returned`.
    pub state: String,
    pub created_at: Timestamp,
}

impl From<Stored<Payout>> for PayoutCard {
    fn from(stored: Stored<Payout>) -> Self {
        let payout = stored.state;
        Self {
            id: payout.id.into(),
            seller: payout.seller.into(),
            amount: payout.amount.into(),
            state: payout.state.name().to_owned(),
            created_at: payout.created_at,
        }
    }
}

/// A payout; its items sum to its amount.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Payout")]
pub struct PayoutView {
    pub id: Ref<Payout>,
    pub seller: Ref<Seller>,
    pub provider: String,
    pub account: String,
    pub amount: MoneyView,
    /// `draft`, `sent`, `paid`, `failed` or `returned`.
    pub state: String,
    /// When it came into that state; absent for a draft.
    pub state_at: Option<Timestamp>,
    /// Why it failed or came back.
    pub code: Option<String>,
    pub provider_ref: Option<String>,
    pub items: Vec<ItemView>,
    pub created_at: Timestamp,
}

/// What was earned is positive, what was taken back negative.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PayoutItem")]
pub struct ItemView {
    pub posting: String,
    /// What happened: `earnings_released`.
    pub kind: String,
    /// The order, refund or payout it is about.
    pub reference: String,
    pub amount: MoneyView,
    pub at: Timestamp,
}

impl From<PayoutItem> for ItemView {
    fn from(item: PayoutItem) -> Self {
        Self {
            posting: item.posting.to_string(),
            kind: item.kind,
            reference: item.reference.to_string(),
            amount: item.amount.into(),
            at: item.at,
        }
    }
}

impl From<Payout> for PayoutView {
    fn from(payout: Payout) -> Self {
        let state = payout.state.name().to_owned();
        let (state_at, code) = match payout.state {
            PayoutState::Draft => (None, None),
            PayoutState::Sent { at } | PayoutState::Paid { at } => (Some(at), None),
            PayoutState::Failed { at, code } | PayoutState::Returned { at, code } => {
                (Some(at), Some(code))
            }
        };
        Self {
            id: payout.id.into(),
            seller: payout.seller.into(),
            provider: payout.provider,
            account: payout.account,
            amount: payout.amount.into(),
            state,
            state_at,
            code,
            provider_ref: payout.provider_ref,
            items: payout.items.into_iter().map(Into::into).collect(),
            created_at: payout.created_at,
        }
    }
}

/// A seller's money in one currency.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SellerBalance")]
pub struct BalanceView {
    /// Earned, and waiting for the time for disputes to be over.
    pub pending: MoneyView,
    /// May be paid out.
    pub payable: MoneyView,
    /// Owed by the seller; kept from what is earned next.
    pub receivable: MoneyView,
}

impl From<SellerBalance> for BalanceView {
    fn from(balance: SellerBalance) -> Self {
        Self {
            pending: balance.pending.into(),
            payable: balance.payable.into(),
            receivable: balance.receivable.into(),
        }
    }
}

/// A seller's money, one entry a currency.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SellerBalanceList")]
pub struct BalanceListView {
    pub data: Vec<BalanceView>,
}

/// One line of a seller's statement.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StatementEntry")]
pub struct StatementView {
    pub posting: String,
    /// What happened: `seller_earned`.
    pub kind: String,
    /// The order, refund or payout it is about.
    pub reference: String,
    /// `pending`, `payable` or `receivable`.
    pub account: String,
    /// Positive when the seller has more by it.
    pub amount: MoneyView,
    pub at: Timestamp,
}

impl From<StatementEntry> for StatementView {
    fn from(entry: StatementEntry) -> Self {
        Self {
            posting: entry.posting.to_string(),
            kind: entry.kind,
            reference: entry.reference.to_string(),
            account: entry.account,
            amount: entry.amount.into(),
            at: entry.at,
        }
    }
}

/// A line of an order that a seller sold.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SoldLine")]
pub struct SoldLineView {
    pub order: Ref<Order>,
    pub payment: Ref<Payment>,
    pub sku: String,
    pub name: String,
    pub quantity: u32,
    /// What the customer paid for it, with its share of tax and shipping.
    pub gross: MoneyView,
    pub commission: MoneyView,
    pub commission_tax: MoneyView,
    /// What the seller earned by it.
    pub net: MoneyView,
    /// What of the gross went back to the customer.
    pub refunded: MoneyView,
    pub sold_at: Timestamp,
    /// Since when it may be paid out.
    pub released_at: Option<Timestamp>,
}

impl From<SoldLine> for SoldLineView {
    fn from(line: SoldLine) -> Self {
        Self {
            order: line.order.into(),
            payment: line.payment.into(),
            sku: line.sku,
            name: line.name,
            quantity: line.quantity,
            gross: line.gross.into(),
            commission: line.commission.into(),
            commission_tax: line.commission_tax.into(),
            net: line.net.into(),
            refunded: line.refunded.into(),
            sold_at: line.sold_at,
            released_at: line.released_at,
        }
    }
}
