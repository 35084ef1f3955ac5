//! What providers' messages say of disputes.

use commerce::payment::{DisputeNews, GatewayError};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::error;

/// A dispute as a provider writes it.
pub(super) trait WireDispute: DeserializeOwned {
    fn news(self) -> Result<DisputeNews, GatewayError>;
}

/// Whoever sends one that cannot be read has its payment looked at all the same, and a person must see to the rest.
pub(super) fn read<D: WireDispute>(
    provider: &str,
    event_id: &str,
    dispute: &Value,
) -> Option<DisputeNews> {
    let wire = D::deserialize(dispute).map_err(|error| error.to_string());
    let news = wire.and_then(|wire| wire.news().map_err(|error| error.to_string()));
    news.inspect_err(|why| error!(provider, event_id, why, "a dispute could not be read")).ok()
}
