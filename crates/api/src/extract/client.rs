//! From where a request comes: for audit rows, lockouts and lists of sessions.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};

use super::no_definitions;
use crate::{
    edge::{address::Household, context},
    problem::Problem,
};

/// The client as the edge saw it.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The address, behind trusted proxies the forwarded one.
    pub address: String,
    /// What limits count it under.
    pub household: String,
    pub user_agent: Option<String>,
    pub request_id: String,
}

impl FromRequest for Client {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let seen = context::current();
        let address = seen.as_ref().map(|seen| seen.address);
        ready(Ok(Self {
            address: address.map(|address| address.to_string()).unwrap_or_default(),
            household: address
                .map(|address| Household::of(address).to_string())
                .unwrap_or_default(),
            user_agent: agent.map(|agent| agent.chars().take(200).collect()),
            request_id: context::request_id(),
        }))
    }
}

impl Apiv2Schema for Client {}

impl OperationModifier for Client {
    no_definitions!();

    fn update_parameter(_: &mut DefaultOperationRaw) {}
}
