//! A body under an `Idempotency-Key`: asked twice, done once, answered the same.

use std::{
    collections::HashSet,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode, web::Data};
use commerce::{Receipts, RequestKey};
use garde::Validate;
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{auth, body, no_definitions};
use crate::{answer::Once, edge::quota, openapi, problem::Problem};

/// Requests that are being carried out in this process.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<(String, String)>>>);

struct Turn(InFlight, (String, String));

impl InFlight {
    fn begin(&self, request: &RequestKey) -> Result<Turn, Problem> {
        let name = (request.scope.clone(), request.key.clone());
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if running.insert(name.clone()) {
            Ok(Turn(self.clone(), name))
        } else {
            Err(still_running())
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

fn still_running() -> Problem {
    let detail = "a request with this Idempotency-Key is still being carried out";
    Problem::new(StatusCode::CONFLICT, "request_in_progress", detail)
        .retry_after(Duration::from_secs(1))
}

/// A checked body and the name of the request that carries it.
#[derive(Debug)]
pub struct Keyed<T> {
    pub body: T,
    pub request: RequestKey,
    in_flight: InFlight,
}

impl<T> Keyed<T> {
    /// A body read in any way, under its key; `hash` tells it from others.
    pub(crate) async fn under(
        request: &HttpRequest,
        key: String,
        body: T,
        hash: String,
    ) -> Result<Self, Problem> {
        let actor = auth::actor(request).await?;
        let principal = quota::principal(actor.as_ref());
        let route = request.match_pattern().unwrap_or_default();
        let scope = format!("{principal} {} {route}", request.method());
        let in_flight = request.app_data::<Data<InFlight>>().ok_or_else(Problem::unwired)?;
        let in_flight = in_flight.get_ref().clone();
        Ok(Self { body, request: RequestKey { scope, key, hash }, in_flight })
    }

    /// Answers again what was answered before, or does `work` and answers with what it committed.
    pub async fn once<V, E>(
        self,
        receipts: &dyn Receipts,
        work: impl AsyncFnOnce(T, RequestKey) -> Result<Once<V>, E>,
    ) -> Result<Once<V>, Problem>
    where
        E: Into<Problem>,
    {
        let Self { body, request, in_flight } = self;
        let _turn = in_flight.begin(&request)?;
        if let Some(again) = replay(receipts, &request).await? {
            return Ok(again);
        }
        match work(body, request.clone()).await {
            Ok(answer) => Ok(answer),
            // Another process may have been quicker with the very same request.
            Err(error) => match replay(receipts, &request).await? {
                Some(again) => Ok(again),
                None => Err(error.into()),
            },
        }
    }
}

async fn replay<V>(
    receipts: &dyn Receipts,
    request: &RequestKey,
) -> Result<Option<Once<V>>, Problem> {
    let found = receipts.find_receipt(&request.scope, &request.key).await;
    let Some(receipt) = found.map_err(commerce::CommitError::from)? else { return Ok(None) };
    if receipt.request.hash != request.hash {
        let detail = "this Idempotency-Key was used for another request";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Err(Problem::new(status, "idempotency_key_reused", detail));
    }
    Ok(receipt.answer.map(Once::again))
}

impl<T> FromRequest for Keyed<T>
where
    T: DeserializeOwned + Validate<Context = ()> + JsonSchema + 'static,
{
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let raw = body::raw(request, payload);
        let request = request.clone();
        Box::pin(async move {
            auth::let_in(&request).await;
            let key = key(&request)?;
            let raw = raw.await?;
            let value = body::understand(&raw)?;
            let hash = fingerprint(&request, &raw);
            Self::under(&request, key, value, hash).await
        })
    }
}

/// The `Idempotency-Key` of a request that must have one.
pub(crate) fn key(request: &HttpRequest) -> Result<String, Problem> {
    let Some(key) = request.headers().get("idempotency-key") else {
        let detail = "send an Idempotency-Key, so that a repeated request is carried out once";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_required", detail));
    };
    let key = key.to_str().ok().map(str::trim).filter(|key| (1..=255).contains(&key.len()));
    key.map(ToOwned::to_owned).ok_or_else(|| {
        let detail = "an Idempotency-Key is 1 to 255 printable ASCII characters";
        Problem::new(StatusCode::BAD_REQUEST, "bad_idempotency_key", detail)
    })
}

/// SHA-256 over path, query and the body in canonical form: keys sorted, no white space.
fn fingerprint(request: &HttpRequest, body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut hash = Sha256::new();
    hash.update(request.path());
    hash.update([0]);
    hash.update(request.query_string());
    hash.update([0]);
    hash.update(body.to_string());
    hex::encode(hash.finalize())
}

impl<T> Apiv2Schema for Keyed<T> {}

impl<T: JsonSchema> OperationModifier for Keyed<T> {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        let what = "Names this request; the same key and body get the first answer again.";
        openapi::document_header(operation, "Idempotency-Key", true, what);
        openapi::document_body::<T>(operation, "body");
        for status in [400, 409, 413, 415, 422] {
            openapi::document_problem(operation, status);
        }
    }
}
