//! Whose cart it is, and which version of it was seen.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use buy::Shopper;
use commerce::Version;
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};

use crate::{
    Problem,
    extract::{IfMatch, Maybe, no_definitions},
    openapi,
};

pub const CART_TOKEN: &str = "X-Cart-Token";

/// The user who is signed in, else the guest who shows a cart's token.
#[derive(Debug)]
pub struct Customer(pub Shopper);

impl FromRequest for Customer {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let maybe = Maybe::from_request(request, payload);
        let token = request.headers().get(CART_TOKEN);
        let token = token.map(|token| token.to_str().unwrap_or_default().to_owned());
        Box::pin(async move {
            if let Maybe(Some(actor)) = maybe.await? {
                return Ok(Self(Shopper::User(actor.user)));
            }
            let Some(token) = token else { return Ok(Self(Shopper::Stranger)) };
            Ok(Self(Shopper::Guest(token.parse()?)))
        })
    }
}

impl Apiv2Schema for Customer {}

impl OperationModifier for Customer {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        Maybe::update_parameter(operation);
        let what = "A guest's key to their cart, from the answer that made it.";
        openapi::document_header(operation, CART_TOKEN, false, what);
        openapi::document_problem(operation, 404);
    }

    fn update_security(operation: &mut DefaultOperationRaw) {
        Maybe::update_security(operation);
    }
}

/// The version in `If-Match`, where saying it is left to the caller.
#[derive(Debug, Clone, Copy)]
pub struct Seen(pub Option<Version>);

impl FromRequest for Seen {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if request.headers().contains_key(header::IF_MATCH) {
            let seen = IfMatch::of(request);
            return ready(seen.map(|IfMatch(version)| Self(Some(version))));
        }
        ready(Ok(Self(None)))
    }
}

impl Apiv2Schema for Seen {}

impl OperationModifier for Seen {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        let what = "The ETag of the cart you saw; refused when it is another by now.";
        openapi::document_header(operation, "If-Match", false, what);
        for status in [400, 412] {
            openapi::document_problem(operation, status);
        }
    }
}
