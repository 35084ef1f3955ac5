//! Turns what paperclip collected (Swagger 2.0) into a sound OpenAPI 3.0.3 document.

use serde_json::{Map, Value, json};
use thiserror::Error;

use super::{carry::CARRIER, headers, refusals};

#[derive(Debug, Error, PartialEq, Eq)]
pub enum Undocumentable {
    #[error("two different schemas are named `{0}`")]
    NameClash(String),
    #[error("{0} has no operation_id")]
    NoOperationId(String),
    #[error("two operations are named `{0}`")]
    SameOperationId(String),
}

/// The finished document; refuses what generated clients would stumble over.
pub fn finish(mut collected: Value) -> Result<Value, Undocumentable> {
    let mut schemas = Map::new();
    hoist(&mut collected, &mut schemas)?;
    let mut paths = Map::new();
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in object(collected.get_mut("paths")) {
        let mut operations = Map::new();
        for (method, operation) in item.as_object().cloned().unwrap_or_default() {
            let Value::Object(operation) = operation else { continue };
            if method == "parameters" {
                continue;
            }
            let name = operation.get("operationId").and_then(Value::as_str);
            let name =
                name.ok_or_else(|| Undocumentable::NoOperationId(format!("{method} {path}")))?;
            if !names.insert(name.to_owned()) {
                return Err(Undocumentable::SameOperationId(name.to_owned()));
            }
            operations.insert(method.clone(), finish_operation(&method, &path, operation));
        }
        paths.insert(path, Value::Object(operations));
    }
    schemas.values_mut().for_each(tidy);
    paths.values_mut().for_each(tidy);
    Ok(document(&mut collected, paths, schemas))
}

fn object(value: Option<&mut Value>) -> Map<String, Value> {
    match value.map(Value::take) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

fn document(collected: &mut Value, paths: Map<String, Value>, types: Map<String, Value>) -> Value {
    let problem = json!({
        "description": "Any other refusal",
        "headers": headers::of_every_answer(),
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    let mut components = Map::new();
    components.insert("schemas".into(), Value::Object(types));
    components.insert("responses".into(), json!({ "Problem": problem }));
    components.insert("headers".into(), headers::all());
    let declared = object(collected.get_mut("securityDefinitions"));
    let security: Map<_, _> =
        declared.into_iter().map(|(name, scheme)| (name, bearer(&scheme))).collect();
    components.insert("securitySchemes".into(), Value::Object(security));
    let take = |collected: &mut Value, key: &str| {
        collected.get_mut(key).map(Value::take).unwrap_or_default()
    };
    let (info, tags) = (take(collected, "info"), take(collected, "tags"));
    let (paths, components) = (Value::Object(paths), Value::Object(components));
    json!({ "openapi": "3.0.3", "info": info, "tags": tags, "paths": paths, "components": components })
}

/// Swagger 2.0 knows no bearer tokens; an API key in `Authorization` stands for one.
fn bearer(scheme: &Value) -> Value {
    if scheme.get("name").and_then(Value::as_str) != Some("Authorization") {
        return scheme.clone();
    }
    let description = scheme.get("description").cloned().unwrap_or_default();
    json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description })
}

fn finish_operation(method: &str, path: &str, mut operation: Map<String, Value>) -> Value {
    for left_over in ["produces", "consumes", "schemes"] {
        operation.remove(left_over);
    }
    let mut parameters = Vec::new();
    let collected = operation.remove("parameters");
    for parameter in collected.as_ref().and_then(Value::as_array).cloned().unwrap_or_default() {
        let Value::Object(parameter) = parameter else { continue };
        if parameter.get("in").and_then(Value::as_str) == Some("body") {
            operation.insert("requestBody".into(), request_body(&parameter));
        } else {
            parameters.push(Value::Object(with_schema(parameter)));
        }
    }
    if !parameters.is_empty() {
        operation.insert("parameters".into(), Value::Array(parameters));
    }
    let name = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut responses = object(operation.get_mut("responses"));
    refusals::add_common(method, &mut responses);
    if operation.contains_key("requestBody") {
        refusals::add_slow_body(&mut responses);
    }
    for (status, response) in &mut responses {
        finish_response(status, response);
        if status.as_str() >= "400" {
            refusals::exemplify(response, status, &name, path);
        }
    }
    responses.insert("default".into(), json!({ "$ref": "#/components/responses/Problem" }));
    operation.insert("responses".into(), Value::Object(responses));
    Value::Object(operation)
}

fn request_body(parameter: &Map<String, Value>) -> Value {
    let multipart = parameter.get("name").and_then(Value::as_str) == Some("multipart");
    let media = if multipart { "multipart/form-data" } else { "application/json" };
    let schema = parameter.get("schema").cloned().unwrap_or_default();
    json!({ "required": true, "content": { media: { "schema": schema } } })
}

/// A plain parameter of Swagger 2.0 has its type beside its name; 3.0 wants it in a schema.
fn with_schema(mut parameter: Map<String, Value>) -> Map<String, Value> {
    if parameter.contains_key("schema") {
        return parameter;
    }
    let mut schema = Map::new();
    for key in ["type", "format", "pattern", "enum", "items", "minimum", "maximum"] {
        if let Some(value) = parameter.remove(key) {
            schema.insert(key.into(), value);
        }
    }
    parameter.insert("schema".into(), Value::Object(schema));
    parameter
}

fn finish_response(status: &str, response: &mut Value) {
    let Some(response) = response.as_object_mut() else { return };
    response.entry("description").or_insert_with(|| "No content".into());
    headers::finish(status, response);
    if let Some(schema) = response.remove("schema") {
        let media = if status >= "400" { "application/problem+json" } else { "application/json" };
        response.insert("content".into(), json!({ media: { "schema": schema } }));
    }
}

/// Lifts the carried schemas into the components; one name means one schema.
fn hoist(value: &mut Value, schemas: &mut Map<String, Value>) -> Result<(), Undocumentable> {
    let carried = value.get_mut("example").and_then(|example| example.get_mut(CARRIER));
    if let Some(Value::Object(mut carried)) = carried.map(Value::take) {
        for (name, definition) in object(carried.get_mut("definitions")) {
            match schemas.get(&name) {
                Some(known) if *known != definition => return Err(Undocumentable::NameClash(name)),
                _ => schemas.insert(name, definition),
            };
        }
        *value = carried.remove("schema").unwrap_or_default();
        return Ok(());
    }
    match value {
        Value::Object(object) => object.values_mut().try_for_each(|inner| hoist(inner, schemas)),
        Value::Array(array) => array.iter_mut().try_for_each(|inner| hoist(inner, schemas)),
        _ => Ok(()),
    }
}

/// Generators stumble over `anyOf: [X, null]` in 3.0 and over the number formats of Rust.
fn tidy(value: &mut Value) {
    let null = json!({ "enum": [null], "nullable": true });
    if let Some(object) = value.as_object_mut() {
        let either = object.get("anyOf").and_then(Value::as_array).cloned().unwrap_or_default();
        if let [some, none] = either.as_slice()
            && *none == null
        {
            object.remove("anyOf");
            object.insert("allOf".into(), json!([some]));
            object.insert("nullable".into(), true.into());
        }
        let integer = object.get("type").and_then(Value::as_str) == Some("integer");
        if integer && let Some(format) = object.get_mut("format") {
            let wide =
                matches!(format.as_str(), Some("int64" | "uint64" | "uint32" | "uint" | "int"));
            *format = if wide { "int64" } else { "int32" }.into();
        }
    }
    match value {
        Value::Object(object) => object.values_mut().for_each(tidy),
        Value::Array(array) => array.iter_mut().for_each(tidy),
        _ => {}
    }
}
