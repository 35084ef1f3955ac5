//! What reading the books needs from the store.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Class, Layer};
use crate::{Currency, Money, Page, PageRequest, StoreError, Timestamp};

/// Where an account stands in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    pub code: String,
    pub class: Class,
    /// Debits less credits.
    pub balance: Money,
    /// What holds have set aside of it; absent for an account without a floor.
    pub reserved: Option<Money>,
}

impl Balance {
    /// What may still be taken, counted on the side the account grows on; absent for an account without a floor.
    pub fn available(&self) -> Option<Money> {
        let reserved = self.reserved?;
        let side = if self.class.grows_by_debit() { 1 } else { -1 };
        self.balance.times(side).and_then(|held| held.minus(reserved)).ok()
    }
}

/// One entry of an account, with the posting it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedEntry {
    pub posting: Uuid,
    /// The template of the posting: `payment_captured`.
    pub kind: String,
    pub reference: Uuid,
    pub at: Timestamp,
    /// A debit when positive, a credit when negative.
    pub amount: Money,
    pub layer: Layer,
}

/// All debits and all credits in one currency; the two are equal, or the books are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialBalance {
    pub currency: Currency,
    pub debits: i64,
    pub credits: i64,
}

#[async_trait]
pub trait Journal: Send + Sync {
    /// Accounts whose code begins with `prefix`, by code and currency.
    async fn list_balances(
        &self,
        prefix: &str,
        page: PageRequest,
    ) -> Result<Page<Balance>, StoreError>;

    /// The entries of an account, newest first; nothing for an account that was never used.
    async fn list_entries(
        &self,
        code: &str,
        page: PageRequest,
    ) -> Result<Page<BookedEntry>, StoreError>;

    /// One row for each currency, by its code.
    async fn trial_balance(&self) -> Result<Vec<TrialBalance>, StoreError>;
}
