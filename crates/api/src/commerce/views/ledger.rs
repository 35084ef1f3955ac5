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
    /// The side it grows on: `debit` or `credit`.
    pub normal_side: String,
    /// How many decimal places its amounts are below the whole unit of their currency.
    pub scale: u8,
    /// Debits less credits.
    pub balance: MoneyView,
    /// What holds have set aside of it; absent for accounts that may be overdrawn.
    pub reserved: Option<MoneyView>,
    /// What may still be taken from it, counted on its normal side; absent for accounts that may be overdrawn.
    pub available: Option<MoneyView>,
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
    /// `settled`, or `pending` while it waits and does not count.
    pub layer: String,
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
        Self {
            class: balance.class.as_str().to_owned(),
            normal_side: balance.class.normal_side().to_owned(),
            scale: balance.balance.currency.exponent(),
            reserved: balance.reserved.map(MoneyView::from),
            available: balance.available().map(MoneyView::from),
            balance: balance.balance.into(),
            code: balance.code,
        }
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
            layer: entry.layer.as_str().to_owned(),
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
