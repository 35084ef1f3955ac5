//! What is wrong with a body, all of it at once: its rules, its words, and what the thing behind it says.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use commerce::FieldError;
use garde::Validate;
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{
    Body,
    body::{self, Reading, Understood},
    no_definitions, shape,
};
use crate::Problem;

/// A body whose faults are gathered by its handler: of its shape, of its rules, and everything else that can be wrong.
#[derive(Debug)]
pub struct Whole<T> {
    /// With stand-ins where the shape is at fault.
    body: T,
    shape: Vec<FieldError>,
}

impl<T: Validate<Context = ()>> Whole<T> {
    /// The body, and what its shape and its rules say of it.
    pub fn looked_at(self) -> (T, Faults) {
        let rules = body::faults(&self.body);
        (self.body, Faults { shape: self.shape, told: Vec::new(), rules })
    }
}

/// A body that tells of something.
pub trait Reads {
    type Thing;

    /// What it tells; what is wrong with it is gathered, and a stand-in takes its place.
    fn read(self, faults: &mut Faults) -> Self::Thing;
}

impl<T: Reads + Validate<Context = ()>> Whole<T> {
    /// What it tells, unless anything is wrong.
    pub fn understood(self) -> Result<T::Thing, Problem> {
        let (body, mut faults) = self.looked_at();
        let thing = body.read(&mut faults);
        faults.end(thing)
    }
}

impl<T> FromRequest for Whole<T>
where
    T: DeserializeOwned + JsonSchema + 'static,
{
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let raw = body::of_those_let_in(request, payload);
        Box::pin(async move {
            let Understood { value, faults } = body::read(&raw.await?)?;
            Ok(Self { body: value, shape: faults })
        })
    }
}

impl<T> Apiv2Schema for Whole<T> {}

impl<T: JsonSchema> OperationModifier for Whole<T> {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        Body::<T>::update_parameter(operation);
    }
}

/// Gathers what is wrong with a body.
#[derive(Debug, Default)]
pub struct Faults {
    shape: Vec<FieldError>,
    told: Vec<FieldError>,
    /// Of garde, which knows less of the matter: told where nothing else is.
    rules: Vec<FieldError>,
}

impl Faults {
    pub fn add(&mut self, pointer: impl Into<String>, code: &str, detail: impl Into<String>) {
        self.told.push(FieldError::new(pointer, code, detail));
    }

    pub fn also(&mut self, others: impl IntoIterator<Item = FieldError>) {
        self.told.extend(others);
    }

    /// What must be there; a stand-in when it is not, so that the rest can be looked at.
    pub fn needed<T>(&mut self, field: &str, value: Option<T>, stand_in: T) -> T {
        value.unwrap_or_else(|| {
            self.add(format!("#/{field}"), "required", "is missing");
            stand_in
        })
    }

    /// What may only be there for others.
    pub fn out_of_place(&mut self, fields: &[(&str, bool)], detail: &str) {
        for (field, _) in fields.iter().filter(|(_, there)| *there) {
            self.add(format!("#/{field}"), "out_of_place", detail);
        }
    }

    /// The value, unless anything is wrong. What stands in for a fault of the shape is not found fault with.
    pub fn end<T>(self, value: T) -> Result<T, Problem> {
        let Self { shape: mut all, told, rules } = self;
        let told: Vec<_> = told.into_iter().filter(|one| shape::is_news(one, &all)).collect();
        let said = |rule: &FieldError| told.iter().any(|fault| fault.pointer == rule.pointer);
        let rules = rules.into_iter().filter(|rule| shape::is_news(rule, &all) && !said(rule));
        let rules: Vec<_> = rules.collect();
        all.extend(told);
        all.extend(rules);
        if all.is_empty() { Ok(value) } else { Err(Problem::invalid(all)) }
    }
}
