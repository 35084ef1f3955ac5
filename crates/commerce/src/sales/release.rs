//! Release what the sellers of a sale have earned, once the time for disputes is over.

use super::{Sales, events, parts};
use crate::{
    ATTEMPTS, CommitError, Effects, Payment, PaymentId, Stored, Timestamp, payment::PaymentError,
    seller::Standing,
};

impl Sales {
    /// Earnings of before `before` that are still pending, the oldest first.
    pub async fn unreleased(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<PaymentId>, PaymentError> {
        Ok(self.seller_books.unreleased(before, limit).await?)
    }

    /// The sellers may be paid out what they earned by a payment, less what they owe; false if they
    /// might before, or while a bank disputes it.
    pub async fn release(&self, payment: PaymentId) -> Result<bool, PaymentError> {
        for _ in 0..ATTEMPTS {
            let stored = self.payments.find(payment).await?.ok_or(PaymentError::NoPayment)?;
            let waits = stored.state.parts.as_ref().is_some_and(|parts| parts.released.is_none());
            if !waits || stored.state.is_disputed() {
                return Ok(false);
            }
            let standings = self.standings(&stored.state).await?;
            match self.commit_release(&stored, &standings).await {
                Err(PaymentError::Commit(
                    CommitError::Stale | CommitError::InsufficientFunds(_),
                )) => {}
                released => return released.map(|()| true),
            }
        }
        Err(CommitError::Stale.into())
    }

    async fn commit_release(
        &self,
        stored: &Stored<Payment>,
        standings: &[Standing],
    ) -> Result<(), PaymentError> {
        let mut payment = stored.state.clone();
        let postings = parts::release(&mut payment, standings, self.env.now())?;
        let told = events::earnings_released(&self.env, &payment);
        let effects = postings.into_iter().fold(Effects::none().tell(told), Effects::post);
        Ok(self.payments.commit(stored.becomes(payment).with(effects)).await?)
    }

    /// Where the sellers of a payment stand; nothing is read when it has none.
    pub(super) async fn standings(&self, payment: &Payment) -> Result<Vec<Standing>, PaymentError> {
        let sellers = payment.parts.as_ref().map(crate::payment::Parts::sellers);
        let sellers = sellers.unwrap_or_default();
        if sellers.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.seller_books.standings(&sellers, payment.amount.currency).await?)
    }
}
