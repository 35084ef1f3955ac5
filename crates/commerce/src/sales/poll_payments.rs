//! Asks providers about payments and refunds that no message has ended: lost messages, lost answers, slow banks.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use tracing::{error, warn};

use super::{Sales, change::Step, events, settings::after, settle::Heard};
use crate::{
    CommitError, Effects, Failure, Payment, PaymentId, Stored, Timestamp,
    event::{Sweep, Trouble},
    order::OrderState,
    payment::{GatewayError, PaymentError, PaymentState, Refund},
};

/// How many providers' answers are awaited at once.
const AT_ONCE: usize = 8;

/// A payment that ended without money is looked at again this long after its start, for a late capture.
const LATE_LOOKS: [TimeDelta; 4] =
    [TimeDelta::minutes(10), TimeDelta::hours(1), TimeDelta::hours(6), TimeDelta::hours(24)];

pub struct PollPayments(pub Sales);

#[async_trait]
impl Sweep for PollPayments {
    fn name(&self) -> &'static str {
        "poll_payments"
    }

    fn every(&self) -> Duration {
        self.0.settings.poll_every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let sales = &self.0;
        let due = sales.payments.due_payments(sales.env.now(), sales.settings.batch).await;
        let due = due.map_err(PaymentError::from)?;
        let asked = stream::iter(due).map(|id| sales.check_or_warn(id)).buffer_unordered(AT_ONCE);
        Ok(asked.filter(|moved| std::future::ready(*moved)).count().await)
    }
}

impl Sales {
    /// Whether the payment was taken up; it is not due again at once, whatever became of it.
    async fn check_or_warn(&self, id: PaymentId) -> bool {
        match self.check(id).await {
            Ok(taken_up) => taken_up,
            Err(error) => {
                warn!(payment = %id, code = error.code(), %error, "a payment could not be checked");
                false
            }
        }
    }

    async fn check(&self, id: PaymentId) -> Result<bool, PaymentError> {
        let Some(payment) = self.take_up(id).await? else {
            return Ok(false);
        };
        for refund in payment.refunds.iter().filter(|refund| refund.is_pending()) {
            self.send_refund(&payment, refund.id).await?;
        }
        if matches!(payment.state, PaymentState::Captured { .. }) {
            return Ok(true);
        }
        let heard = match self.ask_and_hear(&payment).await {
            // What ran out at the provider is gone there.
            Err(PaymentError::Gateway(GatewayError::NotFound)) if ended(&payment) => Heard::Applied,
            heard => heard?,
        };
        let payment = self.sale(id).await?.payment.state;
        // What was set aside is a person's to end: taking it back would only be answered the same.
        let applied = heard == Heard::Applied;
        if applied && payment.state.is_open() && self.is_lost(&payment).await? {
            self.cancel_intent(&payment).await?;
        }
        self.stop_looking(&payment).await?;
        Ok(true)
    }

    /// A payment that ended without money is left alone after the last look.
    async fn stop_looking(&self, payment: &Payment) -> Result<(), PaymentError> {
        let now = self.env.now();
        if !ended(payment) || next_late_look(payment, now).is_some() {
            return Ok(());
        }
        let stop = |mut step: Step| {
            step.payment.check_at = step.payment.check_at.filter(|_| !ended(&step.payment));
            Ok(step)
        };
        self.decide(payment.id, None, stop).await?;
        Ok(())
    }

    /// Puts off the next check first, so that nobody asks beside us and nothing is asked without end.
    async fn take_up(&self, id: PaymentId) -> Result<Option<Payment>, PaymentError> {
        let now = self.env.now();
        let Some(stored) = self.payments.find(id).await? else { return Ok(None) };
        if stored.state.check_at.is_none_or(|at| at > now) {
            return Ok(None);
        }
        let (payment, effects) = self.put_off(&stored, now);
        match self.payments.commit(stored.becomes(payment.clone()).with(effects)).await {
            Ok(()) => Ok(Some(payment)),
            Err(CommitError::Stale) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn put_off(&self, stored: &Stored<Payment>, now: Timestamp) -> (Payment, Effects) {
        let mut payment = stored.state.clone();
        let pending = payment.refunds.iter().filter(|refund| refund.is_pending());
        let waiting_since = pending.map(|refund| refund.created_at).min();
        let waiting_since = waiting_since.or(payment.state.is_open().then_some(payment.created_at));
        payment.checks = payment.checks.saturating_add(1);
        let Some(since) = waiting_since else {
            let next = next_late_look(&payment, now);
            payment.check_at = next.or_else(|| Some(self.settings.next_check(payment.checks, now)));
            return (payment, Effects::none());
        };
        if now < after(since, self.settings.alarm_after) {
            payment.check_at = Some(self.settings.next_check(payment.checks, now));
            return (payment, Effects::none());
        }
        error!(payment = %payment.id, %since, "a payment is stuck");
        payment.check_at = Some(after(now, TimeDelta::days(1)));
        let alarm = events::alarm(&self.env, "payment_stuck", &payment, stuck(&payment));
        (payment, Effects::none().tell(alarm))
    }

    /// The payment as it stands after its provider was asked.
    pub(super) async fn ask_and_apply(&self, payment: &Payment) -> Result<Payment, PaymentError> {
        self.ask_and_hear(payment).await?;
        Ok(self.sale(payment.id).await?.payment.state)
    }

    async fn ask_and_hear(&self, payment: &Payment) -> Result<Heard, PaymentError> {
        match self.ask(payment).await {
            Ok(intent) => self.settle_or_set_aside(&payment.provider, None, &intent).await,
            Err(PaymentError::Gateway(GatewayError::Refused { code }))
                if payment.provider_ref.is_none() =>
            {
                self.decide(payment.id, None, |step| Ok(self.refused(step, &code))).await?;
                Ok(Heard::Applied)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the payment's order will not be sold by it.
    async fn is_lost(&self, payment: &Payment) -> Result<bool, PaymentError> {
        let order = self.orders.find(payment.order).await?.ok_or(PaymentError::NoOrder)?;
        Ok(!matches!(order.state.state, OrderState::Pending { .. }))
    }
}

fn ended(payment: &Payment) -> bool {
    matches!(payment.state, PaymentState::Failed { .. } | PaymentState::Cancelled { .. })
}

fn next_late_look(payment: &Payment, now: Timestamp) -> Option<Timestamp> {
    LATE_LOOKS.into_iter().map(|gap| after(payment.created_at, gap)).find(|at| *at > now)
}

fn stuck(payment: &Payment) -> &'static str {
    let refund = payment.refunds.iter().any(Refund::is_pending);
    if refund { "a refund has not arrived" } else { "the provider has not settled it" }
}
