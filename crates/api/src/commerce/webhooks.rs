//! Providers tell us what happened; the message is kept and answered at once, and acted on later.

use std::{collections::BTreeMap, future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Bytes};
use paperclip::{
    actix::{OperationModifier, api_v2_operation, web::Data},
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Commerce;
use crate::{
    Fail, Problem,
    answer::Json,
    extract::{Path, body::collect, no_definitions},
    openapi,
};

const LARGEST: usize = 1_048_576;

/// The message is kept; it will be acted on.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WebhookReceipt {
    pub received: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct ProviderPath {
    /// `sandbox`, `stripe`, `paypal` or `razorpay`
    pub provider: String,
}

/// Take in a provider's message.
///
/// The signature is checked over the body as it came. A message that was seen before is answered the same.
#[api_v2_operation(tags(Payments), operation_id = "receiveWebhook")]
pub async fn receive(
    commerce: Data<Commerce>,
    path: Path<ProviderPath>,
    message: Message,
) -> Result<Json<WebhookReceipt>, Fail<401, 503>> {
    let provider = path.0.provider;
    if commerce.sales.gateways.get(&provider).is_none() {
        return Err(Problem::not_found().into());
    }
    let Message { headers, body } = message;
    commerce.sales.receive_notice(&provider, &headers, &body).await?;
    Ok(Json(WebhookReceipt { received: true }))
}

/// A provider's message, in the provider's own words.
#[derive(JsonSchema)]
#[schemars(example = json!({
    "id": "evt_1", "type": "intent.captured", "created": 1_767_225_600, "data": { "intent": { "id": "pi_1" } },
}))]
pub struct ProviderMessage(
    #[expect(dead_code, reason = "only its schema is asked for")] Map<String, Value>,
);

/// A request as it came: the signature covers these very bytes.
pub struct Message {
    /// By name in lower case.
    headers: BTreeMap<String, String>,
    body: Bytes,
}

impl FromRequest for Message {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let text = request.headers().iter().filter_map(|(name, value)| {
            value.to_str().ok().map(|value| (name.as_str().to_owned(), value.to_owned()))
        });
        let headers = text.collect();
        let body = collect(payload, LARGEST);
        Box::pin(async move { Ok(Self { headers, body: body.await? }) })
    }
}

impl Apiv2Schema for Message {}

impl OperationModifier for Message {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        openapi::document_body::<ProviderMessage>(operation, "body");
        for status in [400, 413] {
            openapi::document_problem(operation, status);
        }
    }
}
