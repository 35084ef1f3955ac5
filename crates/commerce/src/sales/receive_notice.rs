//! Take in a provider's message: verify it, keep it once, answer at once; the worker acts on it.

use std::collections::BTreeMap;

use serde_json::json;
use tracing::error;

use super::{Sales, events::PROVIDER_NOTICE};
use crate::{
    Event,
    payment::{Notice, PaymentError, Reception},
};

impl Sales {
    /// The signature is checked over the raw body. Header names are lower case.
    pub async fn receive_notice(
        &self,
        provider: &str,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> Result<Reception, PaymentError> {
        let notice = self.gateway(provider)?.verify(headers, body, self.env.now()).await?;
        let reception = self.inbox.receive(&notice, self.notice_event(&notice)).await?;
        if reception == Reception::Quarantined {
            error!(provider, event_id = %notice.event_id, "one event id came with two bodies");
        }
        Ok(reception)
    }

    fn notice_event(&self, notice: &Notice) -> Event {
        let body = json!({
            "provider": notice.provider,
            "event_id": notice.event_id,
            "kind": notice.kind,
            "provider_ref": notice.provider_ref,
            "dispute": notice.dispute,
        });
        Event::new(&self.env, PROVIDER_NOTICE, self.env.uuid(), body)
    }
}
