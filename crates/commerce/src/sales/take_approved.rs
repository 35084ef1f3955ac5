//! Takes the money that a customer has agreed to pay, while the order still waits for it.

use tracing::warn;

use super::{Sales, hear};
use crate::payment::{GatewayError, Intent, IntentState, PaymentError};

impl Sales {
    /// How a payment stands at its provider, after its money was taken if it waited for nothing but that.
    ///
    /// The payment is written down already and taking twice takes once, so there is nothing to write before.
    pub(super) async fn fetch(
        &self,
        provider: &str,
        provider_ref: &str,
    ) -> Result<Intent, PaymentError> {
        let gateway = self.gateway(provider)?;
        let intent = gateway.fetch(provider_ref).await?;
        if intent.state != IntentState::Approved || !self.is_wanted(provider, &intent).await? {
            return Ok(intent);
        }
        match gateway.capture(&intent.provider_ref, intent.amount).await {
            Err(GatewayError::Refused { code }) => {
                warn!(provider, reference = %intent.reference, %code, "approved money could not be taken");
                Ok(gateway.fetch(provider_ref).await?)
            }
            answer => Ok(answer?),
        }
    }

    /// Whether it is exactly what we asked for, and its order can still be sold by it.
    async fn is_wanted(&self, provider: &str, intent: &Intent) -> Result<bool, PaymentError> {
        let Ok(payment) = self.recognise(provider, intent).await else { return Ok(false) };
        let sale = self.sale(payment).await?;
        let (payment, order) = (&sale.payment.state, &sale.order.state);
        Ok(hear::recognise(payment, intent).is_ok()
            && payment.state.is_open()
            && self.payable(order).is_ok())
    }
}
