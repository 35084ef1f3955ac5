//! Sends refunds through the provider, with the refund's id as its idempotency key.

use async_trait::async_trait;
use serde_json::Value;

use super::{
    Sales,
    events::REFUND_DUE,
    refund_news::{bounced, hear_refund, put_back},
};
use crate::{
    Payment,
    event::{Delivery, Subscriber, Trouble},
    payment::{GatewayError, NewRefund, PaymentError, Refund, RefundId},
};

pub struct SendRefunds(pub Sales);

#[async_trait]
impl Subscriber for SendRefunds {
    fn name(&self) -> &'static str {
        "send_refunds"
    }

    fn events(&self) -> &'static [&'static str] {
        &[REFUND_DUE]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        let named = delivery.body.get("refund").and_then(Value::as_str);
        let refund = named.and_then(|text| text.parse::<RefundId>().ok());
        let refund = refund.ok_or_else(|| Trouble::Lasting("the event names no refund".into()))?;
        let stored = self.0.payments.find(delivery.subject.into()).await;
        let stored = stored.map_err(PaymentError::from)?.ok_or(PaymentError::NoPayment)?;
        Ok(self.0.send_refund(&stored.state, refund).await?)
    }
}

impl Sales {
    /// Does nothing for a refund that has ended.
    pub(super) async fn send_refund(
        &self,
        payment: &Payment,
        id: RefundId,
    ) -> Result<(), PaymentError> {
        let due = payment.refunds.iter().find(|refund| refund.id == id && refund.is_pending());
        let (Some(refund), Some(provider_ref)) = (due, &payment.provider_ref) else {
            return Ok(());
        };
        if payment.is_from_wallet() {
            let put_back = |step| put_back(step, &self.env, id);
            self.decide(payment.id, None, put_back).await?;
            return Ok(());
        }
        let (amount, provider_ref) = (refund.amount, provider_ref.clone());
        let asked = NewRefund { refund: id, provider_ref, amount };
        match self.gateway(&payment.provider)?.refund(&asked).await {
            Ok(sent) => {
                self.decide(payment.id, None, |step| hear_refund(step, &self.env, &sent)).await?;
            }
            Err(GatewayError::Refused { .. }) => self.give_up_refund(payment, id).await?,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn give_up_refund(&self, payment: &Payment, id: RefundId) -> Result<(), PaymentError> {
        let pending = |refund: &Refund| refund.id == id && refund.is_pending();
        let give_up = |step: super::change::Step| {
            let still = step.payment.refunds.iter().any(pending);
            if still { bounced(step, &self.env, id) } else { Ok(step) }
        };
        self.decide(payment.id, None, give_up).await?;
        Ok(())
    }
}
