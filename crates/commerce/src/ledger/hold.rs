//! A hold: money set aside for a transfer that is posted in whole or in part, voided, or expires; once.

use async_trait::async_trait;
use thiserror::Error;
use uuid::Uuid;

use super::{Draft, End, Layer, Phase, Unbalanced};
use crate::{Account, Money, Posting, StoreError, Timestamp};

/// A transfer that waits; its id is that of the pending posting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub id: Uuid,
    pub reference: Uuid,
    /// The account that is debited.
    pub from: Account,
    /// The account that is credited.
    pub to: Account,
    pub amount: Money,
    pub until: Option<Timestamp>,
}

/// How a hold stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHold {
    pub hold: Hold,
    /// How it ended, if it has.
    pub ended: Option<End>,
    /// How much of it was posted.
    pub posted: Money,
}

#[derive(Debug, Error, PartialEq, Eq)]
pub enum HoldError {
    #[error("only {held} is held")]
    TooMuch { held: Money },
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
}

impl Hold {
    /// The pending posting. An account with a floor that would fall below it with all its holds refuses.
    pub fn open(&self, kind: &'static str, at: Timestamp) -> Result<Posting, Unbalanced> {
        let draft = Posting::draft(self.id, kind, self.reference, at);
        self.transfer(draft.phase(Phase::Pending { until: self.until }), Layer::Pending).balanced()
    }

    /// Carries out `amount` of it, and lets the rest go.
    pub fn post(
        &self,
        id: Uuid,
        kind: &'static str,
        amount: Money,
        at: Timestamp,
    ) -> Result<Posting, HoldError> {
        if amount.currency != self.amount.currency || amount.minor > self.amount.minor {
            return Err(HoldError::TooMuch { held: self.amount });
        }
        let ended = self.ends(id, kind, End::Posted, at);
        let posted = Self { amount, ..self.clone() }.transfer(ended, Layer::Settled);
        Ok(posted.balanced()?)
    }

    /// Lets all of it go.
    pub fn void(&self, id: Uuid, kind: &'static str, at: Timestamp) -> Result<Posting, Unbalanced> {
        self.ends(id, kind, End::Voided, at).balanced()
    }

    /// Its time is over; the store refuses before it is, and refuses [`Hold::post`] from then on.
    pub fn expire(
        &self,
        id: Uuid,
        kind: &'static str,
        at: Timestamp,
    ) -> Result<Posting, Unbalanced> {
        self.ends(id, kind, End::Expired, at).balanced()
    }

    fn transfer(&self, draft: Draft, layer: Layer) -> Draft {
        let draft = draft.layer(layer);
        draft.debit(self.from.clone(), self.amount).credit(self.to.clone(), self.amount)
    }

    /// The pending entries, taken back.
    fn ends(&self, id: Uuid, kind: &'static str, how: End, at: Timestamp) -> Draft {
        let phase = Phase::Ends { pending: self.id, how };
        let draft = Posting::draft(id, kind, self.reference, at).phase(phase);
        let draft = draft.layer(Layer::Pending);
        draft.debit(self.to.clone(), self.amount).credit(self.from.clone(), self.amount)
    }
}

#[async_trait]
pub trait Holds: Send + Sync {
    async fn find_hold(&self, id: Uuid) -> Result<Option<StoredHold>, StoreError>;

    /// Live holds whose time is over, oldest first.
    async fn expired_holds(&self, now: Timestamp, limit: u32) -> Result<Vec<Hold>, StoreError>;
}
