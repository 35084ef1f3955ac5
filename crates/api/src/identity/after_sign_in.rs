//! What a guest had goes along when they sign in; what that is, the server wires in.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use async_trait::async_trait;
use commerce::UserId;
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use tracing::warn;

use crate::{extract::no_definitions, openapi, problem::Problem};

const CART_TOKEN: &str = "X-Cart-Token";

/// Why it was left behind; the text has no token in it.
pub type LeftBehind = Box<dyn std::error::Error + Send + Sync>;

/// Brings along what a guest had.
#[async_trait]
pub trait AfterSignIn: Send + Sync {
    /// `guest` is the token as the client sent it. Told again, nothing changes.
    async fn bring_along(&self, user: UserId, guest: &str) -> Result<(), LeftBehind>;
}

/// The port, as handlers find it.
#[derive(Clone)]
pub struct Afterwards(pub Arc<dyn AfterSignIn>);

/// The token of the guest who signs in, if they had one. Without `Debug`, so that it cannot be logged.
pub struct Guest(Option<String>);

impl Guest {
    /// Never stops anyone from signing in: what was left behind can still be asked for by itself.
    pub async fn follow(self, user: UserId, after: &Afterwards) {
        let Some(token) = self.0 else { return };
        if let Err(error) = after.0.bring_along(user, &token).await {
            warn!(%user, %error, "what a guest had was left behind at signing in");
        }
    }
}

impl FromRequest for Guest {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = request.headers().get(CART_TOKEN);
        ready(Ok(Self(token.map(|token| token.to_str().unwrap_or_default().to_owned()))))
    }
}

impl Apiv2Schema for Guest {}

impl OperationModifier for Guest {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        let what = "A guest's key to their cart, which then becomes part of the user's.";
        openapi::document_header(operation, CART_TOKEN, false, what);
    }
}
