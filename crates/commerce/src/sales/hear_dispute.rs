//! Follow a dispute by its provider's word: what was heard before, or comes late, changes nothing.

use super::{DisputeNotice, DisputeOutcome, Sales, change::Sale};
use crate::{
    ATTEMPTS, Change, CommitError, Payment, PaymentId,
    payment::{Dispute, DisputeId, DisputeNews, DisputeStands, DisputeState, PaymentError},
};

/// What a provider's word asks for next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Nothing,
    Open,
    /// An operator wrote it down before; from now on it has the provider's name.
    Name(DisputeId),
    Decide(DisputeId, DisputeOutcome),
}

impl Sales {
    /// One that was decided before we heard of it is opened first, so that the books show both.
    pub(super) async fn hear_dispute(
        &self,
        payment: PaymentId,
        news: &DisputeNews,
    ) -> Result<(), PaymentError> {
        for _ in 0..ATTEMPTS {
            let sale = self.sale(payment).await?;
            let Some(change) = self.dispute_moves(&sale, news)? else { return Ok(()) };
            match self.payments.commit(change).await {
                // There may be more to do, and another writer may have done it.
                Ok(()) | Err(CommitError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Stale.into())
    }

    fn dispute_moves(
        &self,
        sale: &Sale,
        news: &DisputeNews,
    ) -> Result<Option<Change<Payment>>, PaymentError> {
        let payment = &sale.payment.state;
        let (disputed, effects) = match next(payment, news)? {
            Next::Nothing => return Ok(None),
            Next::Name(dispute) => {
                let named = named(payment.clone(), dispute, &news.provider_ref);
                return Ok(Some(sale.payment.becomes(named).alone()));
            }
            Next::Open => self.opened(None, sale, &notice(payment.id, news))?,
            Next::Decide(dispute, outcome) => self.decided(None, payment, (dispute, outcome))?,
        };
        Ok(Some(sale.payment.becomes(disputed.payment).with(effects)))
    }
}

fn next(payment: &Payment, news: &DisputeNews) -> Result<Next, PaymentError> {
    let Some(known) = known(payment, news) else {
        let took_nothing = news.stands == DisputeStands::Dropped;
        return Ok(if took_nothing { Next::Nothing } else { Next::Open });
    };
    if known.provider_ref.is_none() {
        return Ok(Next::Name(known.id));
    }
    match (&known.state, news.stands) {
        (DisputeState::Open, DisputeStands::Won | DisputeStands::Dropped) => {
            Ok(Next::Decide(known.id, DisputeOutcome::Won))
        }
        (DisputeState::Open, DisputeStands::Lost) => {
            Ok(Next::Decide(known.id, DisputeOutcome::Lost))
        }
        (DisputeState::Won { .. }, DisputeStands::Lost)
        | (DisputeState::Lost { .. }, DisputeStands::Won) => Err(PaymentError::DisputeDecided),
        (_, DisputeStands::Open)
        | (DisputeState::Won { .. }, DisputeStands::Won | DisputeStands::Dropped)
        | (DisputeState::Lost { .. }, DisputeStands::Lost | DisputeStands::Dropped) => {
            Ok(Next::Nothing)
        }
    }
}

/// The dispute of that name, else one of that amount which an operator wrote down.
fn known<'a>(payment: &'a Payment, news: &DisputeNews) -> Option<&'a Dispute> {
    let of_name = |dispute: &&Dispute| dispute.provider_ref.as_ref() == Some(&news.provider_ref);
    let by_hand =
        |dispute: &&Dispute| dispute.provider_ref.is_none() && dispute.amount == news.amount;
    let disputes = &payment.disputes;
    disputes.iter().find(of_name).or_else(|| disputes.iter().find(by_hand))
}

fn named(mut payment: Payment, dispute: DisputeId, name: &str) -> Payment {
    for known in payment.disputes.iter_mut().filter(|known| known.id == dispute) {
        known.provider_ref = Some(name.to_owned());
    }
    payment
}

fn notice(payment: PaymentId, news: &DisputeNews) -> DisputeNotice {
    DisputeNotice {
        payment,
        amount: Some(news.amount),
        reason: news.reason.clone(),
        provider_ref: Some(news.provider_ref.clone()),
    }
}
