//! The customer comes back from the provider: ask how the payment stands now, and wait for no message.

use std::collections::BTreeMap;

use super::Sales;
use crate::{
    Actor, Payment, PaymentId,
    payment::{NoticeError, PaymentError},
};

impl Sales {
    /// `proof` is what the provider gave the customer to bring back, where it gives anything. It is checked, and
    /// then it is a hint like any message: what counts is what the provider says.
    pub async fn customer_returned(
        &self,
        actor: &Actor,
        id: PaymentId,
        proof: &BTreeMap<String, String>,
    ) -> Result<Payment, PaymentError> {
        let payment = self.payment(actor, id).await?.state;
        let Some(provider_ref) =
            payment.provider_ref.as_deref().filter(|_| payment.state.is_open())
        else {
            return Ok(payment);
        };
        if !proof.is_empty() {
            let gateway = self.gateway(&payment.provider)?;
            gateway.returned(provider_ref, proof).map_err(|_| NoticeError::Forged)?;
        }
        self.ask_and_apply(&payment).await
    }
}
