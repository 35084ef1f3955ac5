//! The books as operators see them.

use commerce::{
    Timestamp,
    ledger::{Balance, BookedEntry, TrialBalance},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::views::MoneyView;

/// Where an account stands in one currency.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AccountBalance")]
pub struct BalanceView {
    /// `psp:sandbox:clearing`
    pub code: String,
    /// `asset`, `liability`, `income` or `expense`.
    pub class: String,
    /// Debits less credits.
    pub balance: MoneyView,
}

/// One entry of an account.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerEntry")]
pub struct EntryView {
    pub posting: String,
    /// What happened: `payment_captured`.
    pub kind: String,
    /// The order, payment or refund it is about.
    pub reference: String,
    pub at: Timestamp,
    /// A debit when positive, a credit when negative.
    pub amount: MoneyView,
}

/// All debits and credits of one currency.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TrialBalance")]
pub struct TrialBalanceView {
    pub currency: String,
    pub debits: i64,
    pub credits: i64,
    /// Whether the two are equal, as they always must be.
    pub balanced: bool,
}

impl From<Balance> for BalanceView {
    fn from(balance: Balance) -> Self {
        let class = balance.class.as_str().to_owned();
        Self { code: balance.code, class, balance: balance.balance.into() }
    }
}

impl From<BookedEntry> for EntryView {
    fn from(entry: BookedEntry) -> Self {
        Self {
            posting: entry.posting.to_string(),
            kind: entry.kind,
            reference: entry.reference.to_string(),
            at: entry.at,
            amount: entry.amount.into(),
        }
    }
}

impl From<TrialBalance> for TrialBalanceView {
    fn from(trial: TrialBalance) -> Self {
        let TrialBalance { currency, debits, credits } = trial;
        let balanced = debits == credits;
        Self { currency: currency.code().to_owned(), debits, credits, balanced }
    }
}
