//! A body that may come under an `Idempotency-Key`, and need not.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use commerce::{Receipts, RequestKey};
use garde::Validate;
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{Body, Keyed, no_definitions};
use crate::{answer::Once, openapi, problem::Problem};

/// A checked body, and the name of the request that carries it if it has one.
#[derive(Debug)]
pub enum MaybeKeyed<T> {
    Keyed(Keyed<T>),
    Plain(T),
}

impl<T> MaybeKeyed<T> {
    /// Forgets the key.
    pub fn plain(self) -> Self {
        match self {
            Self::Keyed(keyed) => Self::Plain(keyed.body),
            Self::Plain(body) => Self::Plain(body),
        }
    }

    /// Gives the key to somebody else than the principal: to caller and route.
    pub fn within(self, scope: String) -> Self {
        match self {
            Self::Keyed(mut keyed) => {
                keyed.request.scope = scope;
                Self::Keyed(keyed)
            }
            Self::Plain(body) => Self::Plain(body),
        }
    }

    /// As [`Keyed::once`]; without a key it is simply done.
    pub async fn once<V, E>(
        self,
        receipts: &dyn Receipts,
        work: impl AsyncFnOnce(T, Option<RequestKey>) -> Result<Once<V>, E>,
    ) -> Result<Once<V>, Problem>
    where
        E: Into<Problem>,
    {
        match self {
            Self::Plain(body) => work(body, None).await.map_err(Into::into),
            Self::Keyed(keyed) => {
                keyed.once(receipts, async |body, request| work(body, Some(request)).await).await
            }
        }
    }
}

impl<T> FromRequest for MaybeKeyed<T>
where
    T: DeserializeOwned + Validate<Context = ()> + JsonSchema + 'static,
{
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if request.headers().contains_key("idempotency-key") {
            let keyed = Keyed::from_request(request, payload);
            return Box::pin(async move { keyed.await.map(Self::Keyed) });
        }
        let body = Body::from_request(request, payload);
        Box::pin(async move { body.await.map(|Body(body)| Self::Plain(body)) })
    }
}

impl<T> Apiv2Schema for MaybeKeyed<T> {}

impl<T: JsonSchema> OperationModifier for MaybeKeyed<T> {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        let what = "Names this request; the same key and body get the first answer again.";
        openapi::document_header(operation, "Idempotency-Key", false, what);
        openapi::document_body::<T>(operation, "body");
        for status in [400, 409, 413, 415, 422] {
            openapi::document_problem(operation, status);
        }
    }
}
