//! The provider has taken the money: either it pays the order, or it goes back. Pure.

use super::{
    LatePayment, accounts,
    change::Step,
    derived::derived,
    events::{self, REFUND_DUE},
    hear::Facts,
    parts,
};
use crate::{
    ClaimMove, Effects, Order, Posting, Timestamp,
    order::{CancelReason, OrderState},
    payment::{PaymentError, PaymentState, Refund, RefundCause, RefundState},
};

/// What captured money means for its order.
enum Verdict {
    Pays(Order, Vec<ClaimMove>),
    /// There is nothing to sell for it; the order may have to be cancelled as well.
    GoesBack(RefundCause, Option<(Order, Vec<ClaimMove>)>),
}

pub(super) fn capture(mut step: Step, facts: &Facts<'_>) -> Result<Step, PaymentError> {
    let at = facts.env.now();
    step.payment.state = PaymentState::Captured { at };
    step.payment.captured = facts.intent.captured;
    step.payment.action = None;
    step.payment.check_at = None;
    match verdict(&step, facts, at)? {
        Verdict::Pays(order, claims) => pays(step, order, claims, facts, at),
        Verdict::GoesBack(cause, cancelled) => goes_back(step, cause, cancelled, facts, at),
    }
}

fn verdict(step: &Step, facts: &Facts<'_>, at: Timestamp) -> Result<Verdict, PaymentError> {
    let order = step.order.clone();
    let refund_late = facts.late_payment == LatePayment::Refund;
    match &order.state {
        OrderState::Pending { .. } if facts.out_of_stock => {
            let cancelled = order.cancel(CancelReason::OutOfStock, at)?;
            Ok(Verdict::GoesBack(RefundCause::OutOfStock, Some(cancelled)))
        }
        OrderState::Cancelled { reason: CancelReason::Expired, .. } if refund_late => {
            Ok(Verdict::GoesBack(RefundCause::TooLate, None))
        }
        OrderState::Cancelled { reason: CancelReason::Expired, .. } if facts.out_of_stock => {
            Ok(Verdict::GoesBack(RefundCause::OutOfStock, None))
        }
        OrderState::Pending { .. }
        | OrderState::Cancelled { reason: CancelReason::Expired, .. } => {
            let (order, claims) = order.pay(step.payment.id, at)?;
            Ok(Verdict::Pays(order, claims))
        }
        OrderState::Paid { .. } => Ok(Verdict::GoesBack(RefundCause::PaidTwice, None)),
        OrderState::Cancelled { .. } => Ok(Verdict::GoesBack(RefundCause::OrderCancelled, None)),
    }
}

fn pays(
    mut step: Step,
    order: Order,
    claims: Vec<ClaimMove>,
    facts: &Facts<'_>,
    at: Timestamp,
) -> Result<Step, PaymentError> {
    step.payment.settles = true;
    step.order = order;
    step.payment.parts = parts::of_sale(&step.order, at)?;
    let booked = booked(&step, at)?;
    let told = events::order_paid(facts.env, &step.order, &step.payment);
    let effects = booked.into_iter().fold(Effects::none(), Effects::post);
    Ok(step.and(effects.claim(claims).tell(told)))
}

/// Where the money came from and whose it is now: a wallet's own, or what was sold by whom.
fn booked(step: &Step, at: Timestamp) -> Result<Vec<Posting>, PaymentError> {
    let (payment, order) = (&step.payment, &step.order);
    if order.tops_up_wallet() {
        return Ok(vec![accounts::topped_up(payment, at)?]);
    }
    let mut booked = vec![accounts::captured(payment, at)?];
    match &payment.parts {
        None => booked.push(accounts::sold(payment, order, at)?),
        Some(parts) => booked.extend(parts::sold(payment, order, parts)?),
    }
    Ok(booked)
}

fn goes_back(
    mut step: Step,
    cause: RefundCause,
    cancelled: Option<(Order, Vec<ClaimMove>)>,
    facts: &Facts<'_>,
    at: Timestamp,
) -> Result<Step, PaymentError> {
    let amount = step.payment.captured;
    let refund = Refund {
        id: derived(step.payment.id.uuid(), "owed").into(),
        amount,
        tax: crate::Money::zero(amount.currency),
        shares: Vec::new(),
        cause,
        reason: String::new(),
        state: RefundState::Pending,
        provider_ref: None,
        created_at: at,
    };
    let owed = accounts::owed(&step.payment, &refund, at)?;
    let due = events::refund_moved(facts.env, REFUND_DUE, &step.payment, &refund);
    step.payment.refunds.push(refund);
    step.payment.check_at = Some(facts.next_check);
    step.payment.checks = 0;
    let captured = accounts::captured(&step.payment, at)?;
    let mut effects = Effects::none().post(captured).post(owed).tell(due);
    if let Some((order, claims)) = cancelled {
        let told = events::order_cancelled(facts.env, &order, CancelReason::OutOfStock);
        effects = effects.claim(claims).tell(told);
        step.order = order;
    }
    Ok(step.and(effects))
}
