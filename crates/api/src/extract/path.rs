//! The parameters of a path; what cannot be read is not there.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode, web};
use paperclip::{
    actix::OperationModifier,
    v2::{
        models::{DefaultOperationRaw, ParameterIn},
        schema::Apiv2Schema,
    },
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::no_definitions;
use crate::{openapi, problem::Problem};

/// Named path parameters, as the fields of `T`.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let not_found = |why| Problem::new(StatusCode::NOT_FOUND, "not_found", why);
        if request.uri().path().contains("%00") {
            return ready(Err(not_found("nothing has a NUL in its name".to_owned())));
        }
        let read = web::Path::<T>::extract(request).into_inner();
        let read = read.map(|path| Self(path.into_inner()));
        ready(read.map_err(|error| not_found(error.to_string())))
    }
}

impl<T> Apiv2Schema for Path<T> {}

impl<T: JsonSchema> OperationModifier for Path<T> {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        openapi::document_parameters::<T>(operation, &ParameterIn::Path);
        openapi::document_problem(operation, 404);
    }
}
