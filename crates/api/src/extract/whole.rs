//! What is wrong with a body, all of it at once: its rules, its words, and what the thing behind it says.

use std::borrow::Cow;

use commerce::FieldError;
use garde::Validate;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::body;
use crate::Problem;

/// A body whose rules are looked at by its handler, together with everything else that can be wrong.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Whole<T>(T);

impl<T: Validate<Context = ()>> Whole<T> {
    /// The body, and what its rules say of it.
    pub fn looked_at(self) -> (T, Faults) {
        let rules = body::faults(&self.0);
        (self.0, Faults { told: Vec::new(), rules })
    }
}

impl<T> Validate for Whole<T> {
    type Context = ();

    fn validate_into(&self, (): &(), _: &mut dyn FnMut() -> garde::Path, _: &mut garde::Report) {}
}

impl<T: JsonSchema> JsonSchema for Whole<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Gathers what is wrong with a body.
#[derive(Debug, Default)]
pub struct Faults {
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

    /// The value, unless anything is wrong.
    pub fn end<T>(self, value: T) -> Result<T, Problem> {
        let Self { mut told, rules } = self;
        let known = told.len();
        for rule in rules {
            let said = told.iter().take(known).any(|fault| fault.pointer == rule.pointer);
            if !said {
                told.push(rule);
            }
        }
        if told.is_empty() { Ok(value) } else { Err(Problem::invalid(told)) }
    }
}
