//! Sends payouts through the provider, with the payout's id as its idempotency key.

use async_trait::async_trait;
use commerce::{
    CommitError, Effects, Failure, Kind, Timestamp,
    event::{Delivery, Subscriber, Trouble},
};
use tracing::error;

use super::{
    NewTransfer, Payout, PayoutId, PayoutState, Transfer, TransferError,
    news::{failed, hear},
    run::PAYOUT_DUE,
};
use crate::{Market, MarketError};

pub struct SendPayouts(pub Market);

#[async_trait]
impl Subscriber for SendPayouts {
    fn name(&self) -> &'static str {
        "market.send_payouts"
    }

    fn events(&self) -> &'static [&'static str] {
        &[PAYOUT_DUE]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        Ok(self.0.send_payout(delivery.subject.into()).await?)
    }
}

impl Market {
    /// Does nothing for one that the provider knows already.
    pub async fn send_payout(&self, id: PayoutId) -> Result<(), MarketError> {
        let stored = self.payouts.find(id).await?.ok_or(MarketError::NoPayout)?;
        match stored.state.state {
            PayoutState::Draft => self.send(&stored.state).await,
            _ => Ok(()),
        }
    }

    pub(super) async fn send(&self, payout: &Payout) -> Result<(), MarketError> {
        let asked = NewTransfer {
            payout: payout.id,
            account: payout.account.clone(),
            amount: payout.amount,
        };
        match self.gateway.send(&asked).await {
            Ok(transfer) => self.heard(payout.id, &transfer).await,
            Err(TransferError::Refused { code }) => self.refused(payout.id, &code).await,
            Err(TransferError::Unknown | TransferError::NotFound) => Err(MarketError::Unanswered),
        }
    }

    /// Decides on the provider's word and says when to ask again.
    pub(super) async fn heard(&self, id: PayoutId, word: &Transfer) -> Result<(), MarketError> {
        let heard = self.decide_payout(id, |payout| hear(&self.env, payout, word)).await;
        if matches!(heard, Err(MarketError::Mismatch)) {
            error!(payout = %id, amount = %word.amount, "the provider speaks of another amount");
        }
        heard
    }

    async fn refused(&self, id: PayoutId, code: &str) -> Result<(), MarketError> {
        self.decide_payout(id, |payout| match payout.state {
            PayoutState::Draft => failed(&self.env, payout, code),
            _ => Ok((payout, Effects::none())),
        })
        .await
    }

    /// Nothing new was heard; it is asked for again after the next gap.
    pub(super) async fn look_later(&self, id: PayoutId) -> Result<(), MarketError> {
        self.decide_payout(id, |payout| Ok((payout, Effects::none()))).await
    }

    async fn decide_payout(
        &self,
        id: PayoutId,
        decide: impl Fn(Payout) -> Result<(Payout, Effects), MarketError> + Send + Sync,
    ) -> Result<(), MarketError> {
        for _ in 0..commerce::ATTEMPTS {
            let stored = self.payouts.find(id).await?.ok_or(MarketError::NoPayout)?;
            let (decided, effects) = decide(stored.state.clone())?;
            let decided = self.looked_after(&stored.state, decided);
            if decided == stored.state {
                return Ok(());
            }
            match self.payouts.commit(stored.becomes(decided).with(effects)).await {
                Err(CommitError::Stale) => {}
                written => return Ok(written?),
            }
        }
        Err(CommitError::Stale.into())
    }

    /// When to ask again: soon while it is on its way, now and then while it may come back.
    fn looked_after(&self, before: &Payout, payout: Payout) -> Payout {
        let now = self.env.now();
        let moved = payout.state != before.state;
        let checks = if moved { 0 } else { before.checks.saturating_add(1) };
        let check_at = match &payout.state {
            PayoutState::Draft => Some(self.next_check(checks, now)),
            _ if !self.gateway.tells() => None,
            PayoutState::Sent { .. } => Some(self.next_check(checks, now)),
            PayoutState::Paid { at } => self.next_look(*at, now),
            PayoutState::Failed { .. } | PayoutState::Returned { .. } => None,
        };
        Payout { check_at, checks, ..payout }
    }

    fn next_look(&self, paid_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let until = paid_at.checked_add_signed(self.settings.return_window)?;
        now.checked_add_signed(self.settings.return_gap).filter(|next| *next <= until)
    }

    pub(super) fn next_check(&self, checks: u32, now: Timestamp) -> Timestamp {
        let gaps = &self.settings.poll_gaps;
        let at = usize::try_from(checks).unwrap_or(usize::MAX);
        let gap = gaps.get(at).or(gaps.last()).copied().unwrap_or(chrono::TimeDelta::hours(1));
        now.checked_add_signed(gap).unwrap_or(now)
    }
}

impl From<MarketError> for Trouble {
    fn from(error: MarketError) -> Self {
        match error.kind() {
            Kind::Unavailable | Kind::Conflict | Kind::Internal => Self::Passing(error.to_string()),
            _ => Self::Lasting(error.to_string()),
        }
    }
}
