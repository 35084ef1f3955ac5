//! What payouts, and what sellers read of their money, need from the store.

use async_trait::async_trait;
use commerce::{
    Currency, Money, OrderId, Page, PageRequest, PaymentId, Repository, StoreError, Stored,
    Timestamp,
};
use uuid::Uuid;

use super::{Payout, PayoutId, PayoutItem};
use crate::SellerId;

/// Which payouts are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PayoutFilter {
    pub seller: Option<SellerId>,
    /// `draft`, `sent`, `paid`, `failed` or `returned`.
    pub state: Option<String>,
}

/// Committing an item that another payout has is refused as taken: `market_payout_items_tx_line_key`.
#[async_trait]
pub trait Payouts: Repository<Payout> {
    /// Newest first.
    async fn list_payouts(
        &self,
        filter: PayoutFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Payout>>, StoreError>;

    /// Payouts whose `check_at` has come, oldest first.
    async fn due_payouts(&self, now: Timestamp, limit: u32) -> Result<Vec<PayoutId>, StoreError>;

    /// Entries of the account a seller is paid from that are in no payout, oldest first.
    async fn unpaid_entries(
        &self,
        seller: SellerId,
        currency: Currency,
    ) -> Result<Vec<PayoutItem>, StoreError>;
}

/// A seller's money in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SellerBalance {
    /// Earned, and waiting for the time for disputes to be over.
    pub pending: Money,
    pub payable: Money,
    /// What the seller owes us.
    pub receivable: Money,
}

/// One line of a seller's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementEntry {
    pub posting: Uuid,
    pub line: u32,
    pub kind: String,
    pub reference: Uuid,
    /// `pending`, `payable` or `receivable`.
    pub account: String,
    /// Positive when the seller has more by it.
    pub amount: Money,
    pub at: Timestamp,
}

/// A line of an order that a seller sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldLine {
    pub line: Uuid,
    pub order: OrderId,
    pub payment: PaymentId,
    pub sku: String,
    pub name: String,
    pub quantity: u32,
    /// What the customer paid for it, with its share of tax and shipping.
    pub gross: Money,
    pub commission: Money,
    pub commission_tax: Money,
    pub net: Money,
    /// What of the gross went back to the customer.
    pub refunded: Money,
    pub sold_at: Timestamp,
    pub released_at: Option<Timestamp>,
}

/// Reading for sellers' screens.
#[async_trait]
pub trait SellerReads: Send + Sync {
    /// One for each currency the seller ever earned in, by its code.
    async fn balances(&self, seller: SellerId) -> Result<Vec<SellerBalance>, StoreError>;

    /// Newest first.
    async fn statement(
        &self,
        seller: SellerId,
        page: PageRequest,
    ) -> Result<Page<StatementEntry>, StoreError>;

    /// Newest first.
    async fn sold_lines(
        &self,
        seller: SellerId,
        page: PageRequest,
    ) -> Result<Page<SoldLine>, StoreError>;
}
