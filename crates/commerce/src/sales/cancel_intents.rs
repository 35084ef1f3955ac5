//! Takes back from the provider the payments of an order that will not be sold.

use async_trait::async_trait;

use super::{Sales, change::Step, events::ORDER_CANCELLED, hear::cancelled};
use crate::{
    OrderId, Payment,
    event::{Delivery, Subscriber, Trouble},
    payment::{GatewayError, PaymentError},
};

pub struct CancelIntents(pub Sales);

#[async_trait]
impl Subscriber for CancelIntents {
    fn name(&self) -> &'static str {
        "cancel_intents"
    }

    fn events(&self) -> &'static [&'static str] {
        &[ORDER_CANCELLED]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        Ok(self.0.cancel_payments_of(delivery.subject.into()).await?)
    }
}

impl Sales {
    async fn cancel_payments_of(&self, order: OrderId) -> Result<(), PaymentError> {
        for stored in self.payments.of_order(order).await? {
            if stored.state.state.is_open() {
                self.cancel_intent(&stored.state).await?;
            }
        }
        Ok(())
    }

    /// What was captured in the meantime is settled like any other capture.
    pub(super) async fn cancel_intent(&self, payment: &Payment) -> Result<(), PaymentError> {
        let provider_ref = match &payment.provider_ref {
            Some(provider_ref) => provider_ref.clone(),
            None => match self.ask_and_apply(payment).await?.provider_ref {
                Some(provider_ref) => provider_ref,
                // The provider refused it, so there is nothing to take back.
                None => return Ok(()),
            },
        };
        let gateway = self.gateway(&payment.provider)?;
        let intent = match gateway.cancel(&provider_ref).await {
            Err(GatewayError::Refused { .. }) => gateway.fetch(&provider_ref).await,
            answer => answer,
        };
        match intent {
            Err(GatewayError::NotFound) => self.forget_intent(payment).await,
            intent => self.settle(&payment.provider, None, &intent?).await,
        }
    }

    /// It ran out at the provider and is gone there, so nobody can pay through it any more.
    async fn forget_intent(&self, payment: &Payment) -> Result<(), PaymentError> {
        let forget = |step: Step| {
            let open = step.payment.state.is_open();
            Ok(if open { cancelled(step, &self.env) } else { step })
        };
        self.decide(payment.id, None, forget).await?;
        Ok(())
    }
}
