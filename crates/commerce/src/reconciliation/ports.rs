//! What reconciliation needs from the store.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Class, Concluded, Reconciled, Standing};
use crate::{
    Account, CommitError, Effects, Money, Page, PageRequest, Payment, PaymentId, StoreError,
    Timestamp,
};

/// What a posting did to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    pub posting: Uuid,
    /// A debit when positive.
    pub amount: Money,
    pub at: Timestamp,
    /// The line that it explains already.
    pub explains: Option<Uuid>,
}

/// A movement in our books that no line explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEntry {
    pub posting: Uuid,
    /// The template of the posting: `payment_captured`.
    pub kind: String,
    /// A debit when positive.
    pub amount: Money,
    pub at: Timestamp,
}

/// Where to look for what no line explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    pub account: Account,
    pub kinds: Vec<&'static str>,
    pub from: Timestamp,
    pub until: Timestamp,
    /// What the posting is about began at this moment or later, by its id.
    pub since: Uuid,
    pub limit: u32,
}

/// Which lines are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineFilter {
    pub provider: Option<String>,
    /// All that are not explained when absent.
    pub class: Option<Class>,
}

#[async_trait]
pub trait Reconciliations: Send + Sync {
    /// Payments through the provider, by our ids and by its names.
    async fn payments_known(
        &self,
        provider: &str,
        ids: &[PaymentId],
        names: &[String],
    ) -> Result<Vec<Payment>, StoreError>;

    async fn kept_lines(&self, ids: &[Uuid]) -> Result<Vec<Reconciled>, StoreError>;

    /// What these postings, as far as there are any, did to the account.
    async fn booked(&self, account: &Account, postings: &[Uuid])
    -> Result<Vec<Booked>, StoreError>;

    /// Writes lines over what is kept of them, and all that goes with it, in one commit. What was missing there and
    /// is explained by one of them is missing no more.
    async fn keep_lines(&self, lines: &[Reconciled], effects: Effects) -> Result<(), CommitError>;

    /// The oldest first.
    async fn list_lines(
        &self,
        filter: LineFilter,
        page: PageRequest,
    ) -> Result<Page<Reconciled>, StoreError>;

    /// Movements that no line explains, and that are not kept as missing there.
    async fn unseen(&self, ask: &Unseen) -> Result<Vec<OwnEntry>, StoreError>;

    /// How each provider's last run ended.
    async fn standings(&self) -> Result<Vec<Standing>, StoreError>;

    /// Writes down that a run has ended, with what all kept lines add up to.
    async fn conclude(&self, run: &Concluded) -> Result<(), StoreError>;
}
