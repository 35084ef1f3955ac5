//! Acts on providers' messages: a message is a hint, so what is applied is fetched from the provider.

use async_trait::async_trait;
use serde_json::Value;

use super::{Sales, events::PROVIDER_NOTICE};
use crate::{
    event::{Delivery, Subscriber, Trouble},
    payment::PaymentError,
};

pub struct SettleNotices(pub Sales);

#[async_trait]
impl Subscriber for SettleNotices {
    fn name(&self) -> &'static str {
        "settle_notices"
    }

    fn events(&self) -> &'static [&'static str] {
        &[PROVIDER_NOTICE]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        let field = |name: &str| delivery.body.get(name).and_then(Value::as_str);
        let (Some(provider), Some(event_id)) = (field("provider"), field("event_id")) else {
            return Err(Trouble::Lasting("the notice does not say where it came from".into()));
        };
        match field("provider_ref") {
            Some(provider_ref) => {
                Ok(self.0.settle_fetched(provider, event_id, provider_ref).await?)
            }
            // A kind of message that we do not follow.
            None => Ok(()),
        }
    }
}

impl Sales {
    async fn settle_fetched(
        &self,
        provider: &str,
        event_id: &str,
        provider_ref: &str,
    ) -> Result<(), PaymentError> {
        let intent = self.fetch(provider, provider_ref).await?;
        self.settle(provider, Some(event_id), &intent).await
    }
}
