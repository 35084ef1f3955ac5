//! The query string; an unknown parameter is a mistake.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode, web};
use commerce::FieldError;
use garde::Validate;
use paperclip::{
    actix::OperationModifier,
    v2::{
        models::{DefaultOperationRaw, ParameterIn},
        schema::Apiv2Schema,
    },
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{
    auth::{Checking, told_inside},
    body::check,
    no_definitions, shape,
};
use crate::{openapi, problem::Problem};

const LONGEST: usize = 4096;

/// The parameters of a request; give the type `deny_unknown_fields`.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T> FromRequest for Query<T>
where
    T: DeserializeOwned + Validate<Context = ()> + JsonSchema + 'static,
{
    type Error = Problem;
    type Future = Checking<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        told_inside(request, read(request.query_string()).map(Self))
    }
}

fn read<T>(query: &str) -> Result<T, Problem>
where
    T: DeserializeOwned + Validate<Context = ()> + JsonSchema + 'static,
{
    if query.len() > LONGEST {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "query_too_long",
            "the query is too long",
        ));
    }
    let bad = |why: String| Problem::new(StatusCode::BAD_REQUEST, "bad_parameter", why);
    if query.contains("%00") {
        return Err(bad("a parameter has a NUL in it".to_owned()));
    }
    let read = web::Query::<T>::from_query(query);
    let read =
        read.map_err(|error| bad(error.to_string()).with_errors(parameter_faults::<T>(query)))?;
    let value = read.into_inner();
    check(&value)?;
    Ok(value)
}

/// Each parameter that will not do; none where the query is not made of parameters.
pub fn parameter_faults<T: JsonSchema + 'static>(query: &str) -> Vec<FieldError> {
    let sent = web::Query::<Vec<(String, String)>>::from_query(query);
    sent.map(|sent| shape::parameter_faults::<T>(&sent)).unwrap_or_default()
}

impl<T> Apiv2Schema for Query<T> {}

impl<T: JsonSchema> OperationModifier for Query<T> {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        openapi::document_parameters::<T>(operation, &ParameterIn::Query);
        for status in [400, 422] {
            openapi::document_problem(operation, status);
        }
    }
}
