//! A wallet as its owner sees it: what comes in is positive.

use commerce::{
    Money, OrderId, PaymentId, Timestamp, UserId,
    ledger::{Balance, BookedEntry},
    payment::RefundId,
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::views::MoneyView;

/// A customer's wallet.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Wallet")]
pub struct WalletView {
    /// `usr_…`
    pub customer: String,
    /// One for each currency that was ever in it.
    pub balances: Vec<WalletBalanceView>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WalletBalance")]
pub struct WalletBalanceView {
    pub balance: MoneyView,
    /// What of it is set aside.
    pub reserved: MoneyView,
    /// What may be spent.
    pub available: MoneyView,
}

/// Something that came into a wallet or left it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WalletEntry")]
pub struct WalletEntryView {
    /// `wallet_topped_up`, `wallet_paid`, `wallet_refunded`, `top_up_taken_back`, …
    pub kind: String,
    /// What it is about: the payment of a top-up, the order that was paid, the refund.
    pub about: String,
    pub at: Timestamp,
    /// What came in; what left is negative.
    pub amount: MoneyView,
    /// `settled`, or `pending` while it waits and does not count.
    pub layer: String,
}

impl WalletView {
    pub fn of(customer: UserId, balances: Vec<Balance>) -> Self {
        let balances = balances.iter().map(WalletBalanceView::from).collect();
        Self { customer: customer.to_string(), balances }
    }
}

impl From<&Balance> for WalletBalanceView {
    fn from(balance: &Balance) -> Self {
        let nothing = Money::zero(balance.balance.currency);
        Self {
            balance: incoming(balance.balance),
            reserved: balance.reserved.unwrap_or(nothing).into(),
            available: balance.available().unwrap_or(nothing).into(),
        }
    }
}

impl From<BookedEntry> for WalletEntryView {
    fn from(entry: BookedEntry) -> Self {
        Self {
            about: about(&entry.kind, entry.reference),
            kind: entry.kind,
            at: entry.at,
            amount: incoming(entry.amount),
            layer: entry.layer.as_str().to_owned(),
        }
    }
}

/// A wallet grows by credits, which the books write as negative.
fn incoming(booked: Money) -> MoneyView {
    Money::new(booked.minor.saturating_neg(), booked.currency).into()
}

fn about(kind: &str, reference: Uuid) -> String {
    match kind {
        "wallet_topped_up" => PaymentId::from(reference).to_string(),
        "wallet_paid" => OrderId::from(reference).to_string(),
        "wallet_refunded" | "top_up_taken_back" | "top_up_kept" => {
            RefundId::from(reference).to_string()
        }
        _ => reference.to_string(),
    }
}
