//! Give money back: promised in our books at once, sent by the worker.

use super::{Sales, accounts, change::Sale, events};
use crate::{
    ATTEMPTS, Actor, CommitError, Effects, Id, Money, Once, Payment, PaymentId, Posting,
    payment::{PaymentError, PaymentState, Refund, RefundCause, RefundState},
};

/// How much of a payment is to go back, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    pub payment: PaymentId,
    /// All that is left when absent.
    pub amount: Option<Money>,
    pub reason: String,
    /// Whether the goods are back on the shelf once the payment is refunded whole.
    pub restock: bool,
}

/// A refund and the payment it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Refunded {
    pub payment: Payment,
    pub refund: Refund,
}

impl Sales {
    /// Never gives back more than was captured: parallel refunds meet at the payment's version.
    pub async fn refund(
        &self,
        actor: &Actor,
        request: RefundRequest,
        once: Once<Refunded>,
    ) -> Result<Refunded, PaymentError> {
        if !actor.role.keeps_shop() {
            return Err(PaymentError::NoPayment);
        }
        for _ in 0..ATTEMPTS {
            let sale = self.sale(request.payment).await?;
            let (refunded, effects) = self.promise(&sale, &request)?;
            let effects = effects.receipt(once.receipt(refunded.refund.id.uuid(), &refunded));
            let write = sale.payment.becomes(refunded.payment.clone());
            match self.payments.commit(write.with(effects)).await {
                Err(CommitError::Stale) => {}
                written => return Ok(written.map(|()| refunded)?),
            }
        }
        Err(CommitError::Stale.into())
    }

    /// The payment with one more refund on its way, and the effects that book and send it.
    pub(super) fn promise(
        &self,
        sale: &Sale,
        request: &RefundRequest,
    ) -> Result<(Refunded, Effects), PaymentError> {
        let mut payment = sale.payment.state.clone();
        let amount = amount_to_refund(&payment, request.amount)?;
        let now = self.env.now();
        let mut refund = Refund {
            id: Id::new(&self.env),
            amount,
            tax: Money::zero(amount.currency),
            cause: cause(&payment, request.restock),
            reason: request.reason.clone(),
            state: RefundState::Pending,
            provider_ref: None,
            created_at: now,
        };
        let mut booked: Option<Posting> = None;
        if payment.settles {
            refund.tax = accounts::tax_within(amount, &payment, &sale.order.state)?;
            booked = Some(accounts::promised(&refund, &sale.order.state, now)?);
        }
        payment.refunds.push(refund.clone());
        payment.check_at = Some(self.settings.next_check(0, now));
        payment.checks = 0;
        let due = events::refund_moved(&self.env, events::REFUND_DUE, &payment, &refund);
        let effects = booked.into_iter().fold(Effects::none(), Effects::post).tell(due);
        Ok((Refunded { payment, refund }, effects))
    }
}

fn amount_to_refund(payment: &Payment, asked: Option<Money>) -> Result<Money, PaymentError> {
    if !matches!(payment.state, PaymentState::Captured { .. }) {
        return Err(PaymentError::NotCaptured);
    }
    let left = payment.refundable()?;
    let amount = asked.unwrap_or(left);
    if amount.currency != left.currency {
        let (given, paid) = (amount.currency, left.currency);
        return Err(PaymentError::OtherCurrency { given, paid });
    }
    if !amount.is_positive() {
        return Err(PaymentError::NothingToRefund);
    }
    if amount.minor > left.minor {
        return Err(PaymentError::RefundTooLarge { left });
    }
    Ok(amount)
}

/// Money that never paid for its order was promised back when it came; another try keeps that reason.
fn cause(payment: &Payment, restock: bool) -> RefundCause {
    let owed = payment.refunds.first().map(|refund| refund.cause);
    match owed {
        Some(cause) if !payment.settles => cause,
        _ => RefundCause::Requested { restock },
    }
}
