//! Acts on providers' messages: a message is a hint, so what is applied is fetched from the provider, as far as
//! it can be.

use async_trait::async_trait;
use serde_json::Value;

use super::{Sales, events::PROVIDER_NOTICE};
use crate::{
    event::{Delivery, Subscriber, Trouble},
    payment::{DisputeNews, Intent, PaymentError},
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
        let Some(provider_ref) = field("provider_ref") else {
            // A kind of message that we do not follow.
            return Ok(());
        };
        let intent = self.0.fetch(provider, provider_ref).await?;
        self.0.settle(provider, Some(event_id), &intent).await?;
        if let Some(news) = disputes(&delivery.body)? {
            self.0.settle_dispute(provider, event_id, &intent, &news).await?;
        }
        Ok(())
    }
}

/// What the message says of a dispute, if it is about one.
fn disputes(body: &Value) -> Result<Option<DisputeNews>, Trouble> {
    let news = body.get("dispute").cloned().unwrap_or(Value::Null);
    serde_json::from_value(news).map_err(|error| Trouble::Lasting(error.to_string()))
}

impl Sales {
    /// Providers have no other word on disputes than their signed message. One that cannot be true is set aside.
    async fn settle_dispute(
        &self,
        provider: &str,
        event_id: &str,
        intent: &Intent,
        news: &DisputeNews,
    ) -> Result<(), PaymentError> {
        let heard = match self.recognise(provider, intent).await {
            Ok(payment) => self.hear_dispute(payment, news).await,
            // It was set aside with its payment.
            Err(PaymentError::Mismatch(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let why = match heard {
            Err(PaymentError::NotCaptured) => "a dispute of what paid for nothing",
            Err(PaymentError::NotDisputable { .. }) => "a dispute of more than is left",
            Err(PaymentError::OtherCurrency { .. }) => "a dispute in another currency",
            Err(PaymentError::DisputeDecided) => "a dispute that was decided otherwise",
            heard => return heard,
        };
        self.set_aside(provider, Some(event_id), intent, why).await
    }
}
