//! What a provider's word means for a payment and its order. Pure: the same word twice changes nothing.

use super::{LatePayment, capture::capture, change::Step, events, refund_news::hear_refunds};
use crate::{
    Env, Payment, Timestamp,
    payment::{Intent, IntentState, PaymentError, PaymentState},
};

/// What a decision takes into account, besides the payment and its order.
pub(super) struct Facts<'a> {
    pub env: &'a Env,
    pub intent: &'a Intent,
    /// An earlier try found that what was paid for is gone.
    pub out_of_stock: bool,
    pub late_payment: LatePayment,
    /// When to ask again about what is still on its way.
    pub next_check: Timestamp,
}

/// The provider speaks of another payment, another amount or another currency if this is an error.
pub(super) fn recognise(payment: &Payment, intent: &Intent) -> Result<(), PaymentError> {
    let known_by = payment.provider_ref.as_ref();
    let why = if intent.reference != payment.id.to_string() {
        "the reference is not ours"
    } else if known_by.is_some_and(|known| *known != intent.provider_ref) {
        "the provider knows it by another name"
    } else if intent.amount != payment.amount {
        "the amount is not ours"
    } else if intent.state == IntentState::Captured && intent.captured != payment.amount {
        "another amount was captured"
    } else {
        return Ok(());
    };
    Err(PaymentError::Mismatch(why))
}

/// Captured money stays captured and always counts, even after an earlier no; anything else only
/// moves a payment that is still open.
pub(super) fn hear(mut step: Step, facts: &Facts<'_>) -> Result<Step, PaymentError> {
    recognise(&step.payment, facts.intent)?;
    let first_word = step.payment.provider_ref.is_none();
    step.payment.provider_ref = Some(facts.intent.provider_ref.clone());
    let captured_before = matches!(step.payment.state, PaymentState::Captured { .. });
    let step = match &facts.intent.state {
        _ if captured_before => step,
        IntentState::Captured => capture(step, facts)?,
        _ if !step.payment.state.is_open() => look_again(step, facts, first_word),
        IntentState::Pending | IntentState::Approved => waits(step, facts),
        IntentState::RequiresAction => requires_action(step, facts),
        IntentState::Failed { code } => fail(step, facts.env, code),
        IntentState::Cancelled => cancelled(step, facts.env),
    };
    hear_refunds(step, facts)
}

/// We gave it up before we knew that the provider has it after all; it may still be captured.
fn look_again(mut step: Step, facts: &Facts<'_>, first_word: bool) -> Step {
    if first_word {
        step.payment.check_at = step.payment.check_at.or(Some(facts.next_check));
    }
    step
}

fn waits(mut step: Step, facts: &Facts<'_>) -> Step {
    step.payment.state = PaymentState::Pending;
    step.payment.action.clone_from(&facts.intent.action);
    step
}

fn requires_action(mut step: Step, facts: &Facts<'_>) -> Step {
    let news = step.payment.state != PaymentState::RequiresAction;
    step.payment.state = PaymentState::RequiresAction;
    step.payment.action.clone_from(&facts.intent.action);
    if news {
        let told = events::payment_moved(facts.env, "payment_requires_action", &step.payment);
        step.effects = step.effects.tell(told);
    }
    step
}

/// The provider said no. A late capture still wins over it.
pub(super) fn fail(mut step: Step, env: &Env, code: &str) -> Step {
    step.payment.state = PaymentState::Failed { at: env.now(), code: code.to_owned() };
    step.payment.action = None;
    let told = events::payment_moved(env, "payment_failed", &step.payment);
    step.effects = step.effects.tell(told);
    step
}

pub(super) fn cancelled(mut step: Step, env: &Env) -> Step {
    step.payment.state = PaymentState::Cancelled { at: env.now() };
    step.payment.action = None;
    let told = events::payment_moved(env, "payment_cancelled", &step.payment);
    step.effects = step.effects.tell(told);
    step
}
