//! Decide a dispute: the bank gives the money back, or whose lines it was paid for bears the loss.

use super::{Disputed, Sales, derived::derived, open_dispute::opened_by};
use crate::{
    ATTEMPTS, Actor, CommitError, Effects, Payment, PaymentId, Posting, Role, Timestamp,
    ledger::{self, DisputeBearer},
    payment::{Dispute, DisputeId, DisputeState, PaymentError},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeOutcome {
    Won,
    Lost,
}

impl DisputeOutcome {
    fn told(self) -> &'static str {
        match self {
            Self::Won => "dispute_won",
            Self::Lost => "dispute_lost",
        }
    }

    fn state(self, at: Timestamp) -> DisputeState {
        match self {
            Self::Won => DisputeState::Won { at },
            Self::Lost => DisputeState::Lost { at },
        }
    }
}

impl Sales {
    /// Deciding the same twice changes nothing; a decision stays.
    pub async fn decide_dispute(
        &self,
        actor: &Actor,
        (payment, dispute): (PaymentId, DisputeId),
        outcome: DisputeOutcome,
    ) -> Result<Disputed, PaymentError> {
        if actor.role != Role::Operator {
            return Err(PaymentError::NoPayment);
        }
        for _ in 0..ATTEMPTS {
            let stored = self.payments.find(payment).await?.ok_or(PaymentError::NoPayment)?;
            if let Some(known) = known(&stored.state, dispute, outcome)? {
                return Ok(known);
            }
            let (disputed, effects) =
                self.decided(Some(actor), &stored.state, (dispute, outcome))?;
            let write = stored.becomes(disputed.payment.clone());
            match self.payments.commit(write.with(effects)).await {
                Err(CommitError::Stale) => {}
                written => return Ok(written.map(|()| disputed)?),
            }
        }
        Err(CommitError::Stale.into())
    }

    /// The payment with the dispute decided, and what must be written with it.
    pub(super) fn decided(
        &self,
        actor: Option<&Actor>,
        payment: &Payment,
        (dispute, outcome): (DisputeId, DisputeOutcome),
    ) -> Result<(Disputed, Effects), PaymentError> {
        let (disputed, posting) = decide(payment, dispute, outcome, self.env.now())?;
        let effects = self.disputed(actor, outcome.told(), &disputed).post(posting);
        Ok((disputed, effects))
    }
}

/// The dispute, if it was decided so before.
fn known(
    payment: &Payment,
    dispute: DisputeId,
    outcome: DisputeOutcome,
) -> Result<Option<Disputed>, PaymentError> {
    let known = payment.disputes.iter().find(|known| known.id == dispute);
    let known = known.ok_or(PaymentError::NoDispute)?;
    match (&known.state, outcome) {
        (DisputeState::Open, _) => Ok(None),
        (DisputeState::Won { .. }, DisputeOutcome::Won)
        | (DisputeState::Lost { .. }, DisputeOutcome::Lost) => {
            Ok(Some(Disputed { payment: payment.clone(), dispute: known.clone() }))
        }
        (DisputeState::Won { .. }, DisputeOutcome::Lost)
        | (DisputeState::Lost { .. }, DisputeOutcome::Won) => Err(PaymentError::DisputeDecided),
    }
}

fn decide(
    payment: &Payment,
    dispute: DisputeId,
    outcome: DisputeOutcome,
    at: Timestamp,
) -> Result<(Disputed, Posting), PaymentError> {
    let mut payment = payment.clone();
    let known = payment.disputes.iter_mut().find(|known| known.id == dispute);
    let known = known.ok_or(PaymentError::NoDispute)?;
    known.state = outcome.state(at);
    let dispute = known.clone();
    let posting = match outcome {
        DisputeOutcome::Won => won(&payment, &dispute, at)?,
        DisputeOutcome::Lost => lost(&mut payment, &dispute, at)?,
    };
    Ok((Disputed { payment, dispute }, posting))
}

fn won(payment: &Payment, dispute: &Dispute, at: Timestamp) -> Result<Posting, PaymentError> {
    let of = dispute.id.uuid();
    let (id, opened) = (derived(of, "dispute_won"), opened_by(dispute));
    Ok(ledger::dispute_won(id, of, opened, &payment.provider, dispute.amount, at)?)
}

/// By what is left of each line; all of it is the shop's where nobody else has a part in the sale.
fn lost(payment: &mut Payment, dispute: &Dispute, at: Timestamp) -> Result<Posting, PaymentError> {
    let (of, amount) = (dispute.id.uuid(), dispute.amount);
    let shares = match payment.parts.as_mut() {
        Some(parts) => parts.lose(amount)?,
        None => vec![(DisputeBearer::Shop, amount)],
    };
    Ok(ledger::dispute_lost(derived(of, "dispute_lost"), of, &shares, amount, at)?)
}
