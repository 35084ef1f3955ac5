//! Carries schemas of schemars through paperclip's model, in the `example` of a schema.

use std::{borrow::Cow, cell::Cell};

use actix_web::http::StatusCode;
use paperclip::v2::models::{
    DataType, DefaultOperationRaw, DefaultResponseRaw, DefaultSchemaRaw, Either, Header, Parameter,
    ParameterIn,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};

use crate::problem::ProblemView;

/// The key under which a schema travels.
pub const CARRIER: &str = "x-carrier";

thread_local! {
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

/// Whether what is said of an operation is written down. Threads that only serve its route have no use for it.
fn is_writing() -> bool {
    WRITING.get()
}

/// Lets this thread describe the operations it registers meanwhile.
pub fn writing<T>(collect: impl FnOnce() -> T) -> T {
    WRITING.set(true);
    let collected = collect();
    WRITING.set(false);
    collected
}

fn incoming() -> SchemaGenerator {
    SchemaSettings::openapi3().for_deserialize().into_generator()
}

fn outgoing() -> SchemaGenerator {
    SchemaSettings::openapi3().for_serialize().into_generator()
}

fn carry<T: JsonSchema>(mut generator: SchemaGenerator) -> DefaultSchemaRaw {
    let schema = generator.subschema_for::<T>().to_value();
    carrier(&schema, &generator.take_definitions(true))
}

fn carrier(schema: &Value, definitions: &Map<String, Value>) -> DefaultSchemaRaw {
    let carried = json!({ CARRIER: { "schema": schema, "definitions": definitions } });
    DefaultSchemaRaw { example: Some(carried), ..DefaultSchemaRaw::default() }
}

/// Documents a body the operation answers with.
pub fn document_response<T: JsonSchema>(
    operation: &mut DefaultOperationRaw,
    status: u16,
    what: &str,
) {
    if !is_writing() {
        return;
    }
    let schema = Some(carry::<T>(outgoing()));
    let response =
        DefaultResponseRaw { description: Some(what.into()), schema, ..Default::default() };
    operation.responses.insert(status.to_string(), Either::Right(response));
}

/// Documents a header of an answer that was documented before; its words are in `headers.rs`.
pub fn document_response_header(operation: &mut DefaultOperationRaw, status: u16, name: &str) {
    if !is_writing() {
        return;
    }
    if let Some(Either::Right(response)) = operation.responses.get_mut(&status.to_string()) {
        response.headers.insert(name.to_owned(), Header::default());
    }
}

/// Documents that the operation may refuse with this status.
pub fn document_problem(operation: &mut DefaultOperationRaw, status: u16) {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    document_response::<ProblemView>(operation, status, reason.unwrap_or("Error"));
}

/// Documents the body the operation reads; `kind` is `body` or `multipart`.
pub fn document_body<T: JsonSchema>(operation: &mut DefaultOperationRaw, kind: &str) {
    if !is_writing() {
        return;
    }
    let schema = Some(carry::<T>(incoming()));
    let parameter = Parameter {
        in_: ParameterIn::Body,
        name: kind.into(),
        required: true,
        schema,
        ..Parameter::default()
    };
    operation.parameters.push(Either::Right(parameter));
}

/// Documents a header the operation reads.
pub fn document_header(
    operation: &mut DefaultOperationRaw,
    name: &str,
    required: bool,
    what: &str,
) {
    if !is_writing() {
        return;
    }
    let parameter = Parameter {
        in_: ParameterIn::Header,
        name: name.into(),
        required,
        description: Some(what.into()),
        data_type: Some(DataType::String),
        ..Parameter::default()
    };
    operation.parameters.push(Either::Right(parameter));
}

/// Documents one parameter for each property of the object `T`.
pub fn document_parameters<T: JsonSchema>(
    operation: &mut DefaultOperationRaw,
    place: &ParameterIn,
) {
    if !is_writing() {
        return;
    }
    let root = incoming().into_root_schema_for::<T>().to_value();
    let definitions = root.pointer("/components/schemas").and_then(Value::as_object);
    let definitions = definitions.cloned().unwrap_or_default();
    let required = root.get("required").and_then(Value::as_array);
    let required: Vec<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = root.get("properties").and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        let (schema, description) = parameter_schema(schema.clone());
        let parameter = Parameter {
            required: *place == ParameterIn::Path || required.contains(&name.as_str()),
            in_: *place,
            name: name.clone(),
            description,
            schema: Some(carrier(&schema, &definitions)),
            ..Parameter::default()
        };
        operation.parameters.push(Either::Right(parameter));
    }
}

/// An absent parameter is not a null.
fn parameter_schema(mut schema: Value) -> (Value, Option<String>) {
    let Some(object) = schema.as_object_mut() else { return (schema, None) };
    let description = object.remove("description");
    let description = description.and_then(|text| text.as_str().map(ToOwned::to_owned));
    object.remove("nullable");
    let inner = object.get("anyOf").and_then(|any| any.get(0)).cloned();
    (inner.unwrap_or(schema), description)
}

/// Marks an uploaded file: `#[schemars(with = "Binary")]`.
#[derive(Debug)]
pub struct Binary;

impl JsonSchema for Binary {
    fn schema_name() -> Cow<'static, str> {
        "Binary".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "binary" })
    }
}
