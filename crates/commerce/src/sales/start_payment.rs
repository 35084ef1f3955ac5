//! Start paying for an order: write the intent, ask the provider, write what it answered.

use super::{
    Sales,
    change::{Step, first},
    events,
    hear::fail,
};
use crate::{
    ATTEMPTS, Actor, CommitError, Effects, Id, Once, Order, OrderId, Payment, PaymentId, Stored,
    order::{OrderError, OrderState},
    payment::{GatewayError, Intent, NewIntent, PaymentError, PaymentState},
    wallet::WALLET,
};

/// Which order is to be paid, and through whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartPayment {
    pub order: OrderId,
    pub provider: String,
}

impl Sales {
    /// The provider is asked outside of any commit, with the payment's id as its idempotency key. When it gives
    /// no usable answer the payment stays `created`, and the poller finishes it.
    ///
    /// A repeated request whose first try broke off goes on where that one stopped.
    pub async fn start_payment(
        &self,
        actor: &Actor,
        start: StartPayment,
        once: Once<Payment>,
    ) -> Result<Payment, PaymentError> {
        if start.provider == WALLET {
            return self.pay_from_wallet(actor, &start, &once).await;
        }
        self.gateway(&start.provider)?;
        match self.begun(&once).await? {
            Some(begun) => self.go_on(begun, &once).await,
            None => self.open(self.write_intent(actor, &start, &once).await?, &once).await,
        }
    }

    /// The payment or its order may have ended since the first try; then there is nothing to ask for.
    pub(super) async fn go_on(
        &self,
        begun: PaymentId,
        once: &Once<Payment>,
    ) -> Result<Payment, PaymentError> {
        let sale = self.sale(begun).await?;
        let payment = sale.payment.state;
        if payment.state.is_open() && self.payable(&sale.order.state).is_ok() {
            return self.open(payment, once).await;
        }
        self.decide(begun, Some(once), Ok).await
    }

    pub(super) async fn open(
        &self,
        payment: Payment,
        once: &Once<Payment>,
    ) -> Result<Payment, PaymentError> {
        if payment.amount.is_zero() {
            return self.apply(payment.id, &Intent::of_ours(&payment), Some(once)).await;
        }
        match self.gateway(&payment.provider)?.create(&NewIntent::of(&payment)).await {
            Ok(intent) => self.apply(payment.id, &intent, Some(once)).await,
            Err(GatewayError::Refused { code }) => {
                self.decide(payment.id, Some(once), |step| Ok(self.refused(step, &code))).await
            }
            Err(GatewayError::Unknown | GatewayError::Busy | GatewayError::NotFound) => {
                let stored = self.payments.find(payment.id).await?;
                Ok(stored.map_or(payment, |stored| stored.state))
            }
        }
    }

    /// The provider will have nothing to do with the payment, so there is nothing to ask about later.
    pub(super) fn refused(&self, step: Step, code: &str) -> Step {
        if !step.payment.state.is_open() {
            return step;
        }
        let mut step = fail(step, &self.env, code);
        step.payment.check_at = None;
        step
    }

    async fn write_intent(
        &self,
        actor: &Actor,
        start: &StartPayment,
        once: &Once<Payment>,
    ) -> Result<Payment, PaymentError> {
        for _ in 0..ATTEMPTS {
            let order = self.order_to_pay(actor, start.order).await?;
            match self.commit_intent(&order, start, once).await {
                // The order moved, or has a payment since; look again at how things stand.
                Err(CommitError::Stale | CommitError::Taken(_)) => {}
                written => return Ok(written?),
            }
        }
        Err(CommitError::Stale.into())
    }

    /// One of the actor's own that waits for payment, and that nobody is paying for.
    pub(super) async fn order_to_pay(
        &self,
        actor: &Actor,
        order: OrderId,
    ) -> Result<Stored<Order>, PaymentError> {
        let found = self.orders.find(order).await?;
        let found = found.filter(|stored| stored.state.buyer == actor.user);
        let found = found.ok_or(PaymentError::NoOrder)?;
        self.payable(&found.state)?;
        match self.open_payment(order).await? {
            Some(open) => Err(PaymentError::InProgress(open)),
            None => Ok(found),
        }
    }

    /// Two payments of one order meet at the order's version, so one of them decides again.
    async fn commit_intent(
        &self,
        order: &Stored<Order>,
        start: &StartPayment,
        once: &Once<Payment>,
    ) -> Result<Payment, CommitError> {
        let payment = self.new_payment(&order.state, &start.provider);
        let started = events::payment_started(&self.env, &payment);
        let effects = Effects::none().tell(started).receipt(once.begun(payment.id.uuid()));
        self.payments.commit(first(payment.clone(), order, effects)).await?;
        Ok(payment)
    }

    pub(super) fn new_payment(&self, order: &Order, provider: &str) -> Payment {
        let now = self.env.now();
        Payment {
            id: Id::new(&self.env),
            order: order.id,
            buyer: order.buyer,
            provider: provider.to_owned(),
            amount: order.totals.total,
            state: PaymentState::Created,
            provider_ref: None,
            action: None,
            captured: crate::Money::zero(order.totals.currency()),
            settles: false,
            refunds: Vec::new(),
            disputes: Vec::new(),
            parts: None,
            created_at: now,
            check_at: Some(self.settings.next_check(0, now)),
            checks: 0,
        }
    }

    pub(super) fn payable(&self, order: &Order) -> Result<(), PaymentError> {
        match order.state {
            OrderState::Pending { until } if until > self.env.now() => Ok(()),
            OrderState::Pending { .. } => Err(PaymentError::NotPayable(order.id)),
            OrderState::Paid { .. } => Err(OrderError::AlreadyPaid.into()),
            OrderState::Cancelled { .. } => Err(OrderError::Cancelled.into()),
        }
    }

    async fn open_payment(&self, order: OrderId) -> Result<Option<PaymentId>, PaymentError> {
        let payments = self.payments.of_order(order).await?;
        let open = payments.iter().find(|stored| stored.state.state.is_open());
        Ok(open.map(|stored| stored.state.id))
    }

    /// The payment an earlier try of this request wrote and did not finish.
    pub(super) async fn begun(
        &self,
        once: &Once<Payment>,
    ) -> Result<Option<PaymentId>, PaymentError> {
        let request = &once.request;
        match self.receipts.find_receipt(&request.scope, &request.key).await? {
            None => Ok(None),
            Some(receipt) if receipt.request.hash == request.hash && receipt.answer.is_none() => {
                Ok(Some(receipt.subject.into()))
            }
            Some(_) => Err(CommitError::AlreadyDone.into()),
        }
    }
}
