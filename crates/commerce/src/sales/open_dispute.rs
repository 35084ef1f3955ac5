//! Open a dispute: a customer's bank has taken money back, and it is not yet decided whose it is.

use uuid::Uuid;

use super::{Sales, change::Sale, derived::derived, events};
use crate::{
    ATTEMPTS, Actor, CommitError, Effects, Id, Money, Once, Payment, PaymentId, Role,
    audit::AuditRow,
    ledger,
    payment::{Dispute, DisputeState, PaymentError, PaymentState},
};

/// How much of a payment a bank took back, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeNotice {
    pub payment: PaymentId,
    /// All that is left when absent.
    pub amount: Option<Money>,
    /// The bank's words.
    pub reason: String,
    /// The provider's own id, where it told us.
    pub provider_ref: Option<String>,
}

/// A dispute and the payment it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Disputed {
    pub payment: Payment,
    pub dispute: Dispute,
}

impl Sales {
    /// Sets the money apart. Until it is decided whose it is, its sellers are not paid out what they earned by the
    /// payment, and nobody refunds it besides.
    pub async fn open_dispute(
        &self,
        actor: &Actor,
        notice: DisputeNotice,
        once: Once<Disputed>,
    ) -> Result<Disputed, PaymentError> {
        if actor.role != Role::Operator {
            return Err(PaymentError::NoPayment);
        }
        for _ in 0..ATTEMPTS {
            let sale = self.sale(notice.payment).await?;
            let (disputed, effects) = self.opened(Some(actor), &sale, &notice)?;
            let effects = effects.receipt(once.receipt(disputed.dispute.id.uuid(), &disputed));
            let write = sale.payment.becomes(disputed.payment.clone());
            match self.payments.commit(write.with(effects)).await {
                Err(CommitError::Stale) => {}
                written => return Ok(written.map(|()| disputed)?),
            }
        }
        Err(CommitError::Stale.into())
    }

    /// The payment with the dispute; an operator wrote it down or the provider told us.
    pub(super) fn opened(
        &self,
        actor: Option<&Actor>,
        sale: &Sale,
        notice: &DisputeNotice,
    ) -> Result<(Disputed, Effects), PaymentError> {
        let mut payment = sale.payment.state.clone();
        let amount = amount_to_dispute(&payment, notice.amount)?;
        let dispute = Dispute {
            id: Id::new(&self.env),
            amount,
            reason: notice.reason.clone(),
            state: DisputeState::Open,
            provider_ref: notice.provider_ref.clone(),
            created_at: self.env.now(),
        };
        let (id, of) = (opened_by(&dispute), dispute.id.uuid());
        let posting =
            ledger::dispute_opened(id, of, &payment.provider, amount, dispute.created_at)?;
        payment.disputes.push(dispute.clone());
        let disputed = Disputed { payment, dispute };
        let effects = self.disputed(actor, "dispute_opened", &disputed).post(posting);
        Ok((disputed, effects))
    }

    pub(super) fn disputed(
        &self,
        actor: Option<&Actor>,
        name: &'static str,
        disputed: &Disputed,
    ) -> Effects {
        let event = events::dispute_moved(&self.env, name, &disputed.payment, &disputed.dispute);
        let audit = AuditRow {
            id: self.env.uuid(),
            at: self.env.now(),
            actor: actor.copied(),
            action: name,
            subject: Some(disputed.payment.id.uuid()),
            address: None,
            request_id: None,
            facts: event.body.clone(),
        };
        Effects::none().tell(event).record(audit)
    }
}

/// The posting that set the money apart, which a dispute that is won takes back.
pub(super) fn opened_by(dispute: &Dispute) -> Uuid {
    derived(dispute.id.uuid(), "dispute_opened")
}

fn amount_to_dispute(payment: &Payment, asked: Option<Money>) -> Result<Money, PaymentError> {
    // What never paid for its order is on its way back already.
    if !payment.settles || !matches!(payment.state, PaymentState::Captured { .. }) {
        return Err(PaymentError::NotCaptured);
    }
    // No bank has had a hand in what came from a wallet.
    if payment.is_from_wallet() {
        return Err(PaymentError::NotDisputable { left: Money::zero(payment.amount.currency) });
    }
    let left = payment.refundable()?;
    let amount = asked.unwrap_or(left);
    if amount.currency != left.currency {
        let (given, paid) = (amount.currency, left.currency);
        return Err(PaymentError::OtherCurrency { given, paid });
    }
    if !amount.is_positive() || amount.minor > left.minor {
        return Err(PaymentError::NotDisputable { left });
    }
    Ok(amount)
}
