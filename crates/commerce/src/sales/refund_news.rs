//! How refunds went, by the provider's word. Pure.

use tracing::error;

use super::{accounts, change::Step, events, hear::Facts, parts};
use crate::{
    Claim, Effects, Env, Order,
    order::{CancelReason, OrderState},
    payment::{PaymentError, Refund, RefundCause, RefundId, RefundState, SentRefund},
};

pub(super) fn hear_refunds(step: Step, facts: &Facts<'_>) -> Result<Step, PaymentError> {
    facts.intent.refunds.iter().try_fold(step, |step, sent| hear_refund(step, facts.env, sent))
}

/// Only a pending refund moves: the first end that was heard of is the one that was booked.
pub(super) fn hear_refund(
    mut step: Step,
    env: &Env,
    sent: &SentRefund,
) -> Result<Step, PaymentError> {
    let payment = step.payment.id;
    let ours = |refund: &&mut Refund| refund.id.to_string() == sent.reference;
    let Some(refund) = step.payment.refunds.iter_mut().find(ours) else {
        error!(%payment, refund = %sent.reference, "the provider made a refund that is not ours");
        return Ok(step);
    };
    if refund.amount != sent.amount {
        return Err(PaymentError::Mismatch("another amount was refunded"));
    }
    if !refund.is_pending() {
        if sent.state != refund.state {
            error!(%payment, refund = %refund.id, "the provider changed its mind about a refund");
        }
        return Ok(step);
    }
    refund.provider_ref = Some(sent.provider_ref.clone());
    let id = refund.id;
    match sent.state {
        RefundState::Pending => Ok(step),
        RefundState::Succeeded => arrived(step, env, id),
        RefundState::Failed => bounced(step, env, id),
    }
}

/// The money is in the wallet it came from again.
pub(super) fn put_back(step: Step, env: &Env, id: RefundId) -> Result<Step, PaymentError> {
    let waits = |refund: &Refund| refund.id == id && refund.is_pending();
    if step.payment.refunds.iter().any(waits) { arrived(step, env, id) } else { Ok(step) }
}

/// The provider sent the money; a payment that is refunded whole cancels its order.
fn arrived(mut step: Step, env: &Env, id: RefundId) -> Result<Step, PaymentError> {
    let refund = end(&mut step, id, RefundState::Succeeded)?;
    let sent = accounts::sent(&step.payment, &refund, env.now())?;
    let told = events::refund_moved(env, "refund_succeeded", &step.payment, &refund);
    let step = step.and(Effects::none().post(sent).tell(told));
    let whole = step.payment.refunded()? == step.payment.captured;
    let paid =
        matches!(step.order.state, OrderState::Paid { payment, .. } if payment == step.payment.id);
    if whole && paid { cancel_refunded(step, env) } else { Ok(step) }
}

fn cancel_refunded(mut step: Step, env: &Env) -> Result<Step, PaymentError> {
    let (order, claims) = step.order.cancel(CancelReason::Refunded, env.now())?;
    let arrived = step.payment.refunds.iter().filter(|refund| refund.is_live());
    let restock = arrived.map(|refund| refund.cause).any(RefundCause::restocks);
    let told = events::order_cancelled(env, &order, CancelReason::Refunded);
    step.order = Order { cancellation_request: None, ..order };
    // Time nobody uses is free for others, and a coupon is there again, whatever becomes of goods.
    let freed = |claim: &Claim| claim.span.is_some() || step.order.is_coupon_use(claim);
    let claims: Vec<_> =
        claims.into_iter().filter(|moved| restock || freed(&moved.claim)).collect();
    Ok(step.and(Effects::none().claim(claims).tell(told)))
}

/// The provider could not send the money. What the sale had earned is earned again; what was only owed
/// stays owed until a person finds another way.
pub(super) fn bounced(mut step: Step, env: &Env, id: RefundId) -> Result<Step, PaymentError> {
    let refund = end(&mut step, id, RefundState::Failed)?;
    error!(payment = %step.payment.id, refund = %id, "a refund failed");
    let told = events::refund_moved(env, "refund_failed", &step.payment, &refund);
    let mut effects = Effects::none().tell(told);
    if step.payment.settles {
        let undone = match step.payment.parts.as_mut() {
            None => accounts::undone(&refund, &step.order, env.now())?,
            Some(parts) => parts::undo(&refund, parts, env.now())?,
        };
        effects = effects.post(undone);
    }
    Ok(step.and(effects))
}

/// Ends a pending refund; when it was the last one, there is nothing more to ask the provider.
fn end(step: &mut Step, id: RefundId, state: RefundState) -> Result<Refund, PaymentError> {
    let payment = &mut step.payment;
    let ended = payment.refunds.iter_mut().find(|refund| refund.id == id);
    let ended = ended.ok_or(PaymentError::NoPayment)?;
    ended.state = state;
    let ended = ended.clone();
    if !payment.refunds.iter().any(Refund::is_pending) {
        payment.check_at = None;
    }
    Ok(ended)
}
