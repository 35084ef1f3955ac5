//! The document that clients are generated from is the one the handlers give, and says all it must.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::Document;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

async fn document() -> Value {
    Document::read().await.0
}

/// Every operation by `METHOD /path`.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        let operations = operations.filter(|(method, _)| METHODS.contains(&method.as_str()));
        operations.map(move |(method, operation)| {
            (format!("{} {path}", method.to_uppercase()), operation)
        })
    });
    operations.collect()
}

fn insist(rule: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{rule}\n  {}", broken.join("\n  "));
}

#[tokio::test]
async fn the_committed_document_is_the_one_the_handlers_give() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let committed = std::fs::read_to_string(committed).unwrap_or_default();
    let told = Document::printed().await;

    let (was, is) = (committed.lines().collect::<Vec<_>>(), told.lines().collect::<Vec<_>>());
    let first = was.iter().zip(&is).position(|(was, is)| was != is);
    let first = first.unwrap_or_else(|| was.len().min(is.len()));
    assert!(
        committed == told,
        "docs/openapi.json is not what the handlers give. If clients can live with the change, run `make \
         openapi` and commit the file. The first difference is in line {}:\n  committed  {}\n  handlers   {}",
        first + 1,
        was.get(first).unwrap_or(&"(the end)"),
        is.get(first).unwrap_or(&"(the end)"),
    );
}

#[tokio::test]
async fn the_document_comes_out_the_same_every_time() {
    assert_eq!(Document::printed().await, Document::printed().await);
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own_a_tag_and_a_summary() {
    let document = document().await;
    let tags: BTreeSet<_> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    let (mut names, mut broken) = (BTreeSet::new(), Vec::new());

    for (operation, told) in operations(&document) {
        let name = told["operationId"].as_str().unwrap_or_default();
        let camel = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric());
        if !camel || !names.insert(name.to_owned()) {
            broken.push(format!("{operation}: the operationId {name:?} is not a name of its own"));
        }
        let its: Vec<_> = told["tags"].as_array().into_iter().flatten().collect();
        if its.len() != 1 || !its.iter().all(|tag| tags.contains(tag.as_str().unwrap_or_default()))
        {
            broken.push(format!("{operation}: not under one of the tags {tags:?}"));
        }
        if told["summary"].as_str().is_none_or(str::is_empty) {
            broken.push(format!("{operation}: no summary"));
        }
    }

    insist("Clients and readers find every operation by name:", broken);
}

#[tokio::test]
async fn every_operation_declares_its_refusals_as_problems() {
    let document = document().await;
    let mut broken = Vec::new();

    for (operation, told) in operations(&document) {
        let responses = told["responses"].as_object().unwrap();
        let mut must = vec!["429", "503", "default"];
        if told.get("security").is_some() {
            must.push("401");
        }
        if told.get("requestBody").is_some() {
            must.extend(["400", "408", "413"]);
        }
        if operation.contains('{') {
            must.push("404");
        }
        let asks = |name: &str| {
            let parameters = told["parameters"].as_array().into_iter().flatten();
            parameters.into_iter().any(|it| it["name"] == name && it["required"] == true)
        };
        if asks("If-Match") {
            must.extend(["412", "428"]);
        }
        if asks("Idempotency-Key") {
            must.extend(["400", "409", "422"]);
        }
        for status in must.into_iter().filter(|status| !responses.contains_key(*status)) {
            broken.push(format!("{operation}: {status} is not declared"));
        }
        if !responses.keys().any(|status| status.starts_with('2')) {
            broken.push(format!("{operation}: no success is declared"));
        }
        for (status, response) in responses {
            let is_error = status.starts_with(['4', '5']);
            let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
            if is_error && problem != "#/components/schemas/Problem" {
                broken.push(format!("{operation}: {status} is no Problem"));
            }
        }
    }

    insist("A client can prepare for every answer:", broken);
}

#[tokio::test]
async fn bodies_are_named_schemas_and_bearer_is_the_one_way_in() {
    let document = document().await;
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    assert_eq!(schemes.keys().collect::<Vec<_>>(), ["bearer"]);
    let mut broken = Vec::new();

    for (operation, told) in operations(&document) {
        let bodies = std::iter::once(&told["requestBody"])
            .chain(told["responses"].as_object().unwrap().values());
        for body in bodies {
            for media in body["content"].as_object().into_iter().flat_map(|all| all.values()) {
                // A provider's message is taken as it comes.
                let named = media["schema"]["$ref"].is_string() || media["schema"] == json!({});
                if !named {
                    broken.push(format!("{operation}: an unnamed schema {}", media["schema"]));
                }
            }
        }
        for needed in told["security"].as_array().into_iter().flatten() {
            // Where a token is welcome and none is needed, nothing is a way in too.
            let open = needed == &json!({});
            if !open && needed.get("bearer").is_none() {
                broken.push(format!("{operation}: {needed} is no way in"));
            }
        }
    }

    insist("Schemas are flat and named, so that generated clients have types with names:", broken);
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let document = document().await;
    let mut references = BTreeSet::new();
    collect(&document, &mut references);

    let lost = references.iter().filter(|reference| {
        reference.strip_prefix('#').is_none_or(|pointer| document.pointer(pointer).is_none())
    });
    insist("Nothing dangles:", lost.cloned().collect());
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                references.insert(reference.to_owned());
            }
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

#[tokio::test]
async fn every_parameter_of_a_path_is_declared_and_no_other() {
    let document = Document::read().await;
    let mut broken = Vec::new();

    for operation in document.operations() {
        let written = operation.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        let written: BTreeSet<_> = written.collect();
        let declared: BTreeSet<_> =
            operation.parameters("path").iter().filter_map(|it| it["name"].as_str()).collect();
        if written != declared {
            broken.push(format!("{}: {written:?}, declared {declared:?}", operation.name()));
        }
        let all = operation.told["parameters"].as_array().into_iter().flatten();
        for parameter in all.filter(|it| !it["schema"].is_object()) {
            broken.push(format!("{}: {} has no schema", operation.name(), parameter["name"]));
        }
        for optional in operation.parameters("path").iter().filter(|it| it["required"] != true) {
            broken.push(format!("{}: {} is not required", operation.name(), optional["name"]));
        }
    }

    insist("A client can fill in every path:", broken);
}

#[tokio::test]
async fn every_tag_is_described_and_used() {
    let document = Document::read().await;
    let operations = document.operations();
    let mut broken = Vec::new();

    for tag in document.0["tags"].as_array().unwrap() {
        let used = operations.iter().any(|operation| operation.told["tags"][0] == tag["name"]);
        if !used || tag["description"].as_str().is_none_or(str::is_empty) {
            broken.push(tag.to_string());
        }
    }

    insist("Readers find their way by tags:", broken);
}

/// Words of JSON Schema that OpenAPI 3.0 does not know, or knows otherwise.
const NOT_IN_3_0: [&str; 12] = [
    "const",
    "$defs",
    "definitions",
    "examples",
    "prefixItems",
    "patternProperties",
    "propertyNames",
    "if",
    "dependentRequired",
    "unevaluatedProperties",
    "contentEncoding",
    "$schema",
];

#[tokio::test]
async fn every_schema_is_one_of_openapi_3_0() {
    let document = Document::read().await;
    assert_eq!(document.0["openapi"], "3.0.3");
    let mut broken = Vec::new();
    for (name, schema) in document.0["components"]["schemas"].as_object().unwrap() {
        complain(schema, name, &mut broken);
    }
    for operation in document.operations() {
        let (name, told) = (operation.name(), &operation.told);
        let bodies = std::iter::once(&told["requestBody"])
            .chain(told["responses"].as_object().unwrap().values());
        let media = bodies.flat_map(|body| body["content"].as_object().into_iter().flatten());
        for (_, media) in media {
            complain(&media["schema"], &name, &mut broken);
        }
        for parameter in told["parameters"].as_array().into_iter().flatten() {
            complain(&parameter["schema"], &format!("{name} {}", parameter["name"]), &mut broken);
        }
    }

    insist("Generators of clients read OpenAPI 3.0 and no newer JSON Schema:", broken);
}

/// Goes down a schema: `true`, lists of types and words of later drafts are none of 3.0.
fn complain(schema: &Value, at: &str, broken: &mut Vec<String>) {
    let Some(members) = schema.as_object() else {
        broken.push(format!("{at}: the schema is {schema}"));
        return;
    };
    if members.get("type").is_some_and(|kind| !kind.is_string()) {
        broken.push(format!("{at}: the type is {}", schema["type"]));
    }
    if let Some(word) = NOT_IN_3_0.iter().find(|word| members.contains_key(**word)) {
        broken.push(format!("{at}: says {word}"));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        complain(property, &format!("{at}.{name}"), broken);
    }
    if let Some(items) = members.get("items") {
        complain(items, &format!("{at}[]"), broken);
    }
    if members.get("additionalProperties").is_some_and(Value::is_object) {
        complain(&schema["additionalProperties"], &format!("{at}.*"), broken);
    }
    for word in ["allOf", "anyOf", "oneOf"] {
        for part in schema[word].as_array().into_iter().flatten() {
            complain(part, &format!("{at} {word}"), broken);
        }
    }
}

#[tokio::test]
async fn every_body_has_an_example_and_every_example_is_what_its_schema_says() {
    let document = Document::read().await;
    let mut broken = Vec::new();

    for operation in document.operations() {
        if let Some(body) = operation.body()
            && body.get("$ref").is_some()
            && !document.resolve(body)["example"].is_object()
        {
            broken.push(format!("{} reads a body without an example", operation.name()));
        }
    }
    for (name, schema) in document.0["components"]["schemas"].as_object().unwrap() {
        if let Some(example) = schema.get("example") {
            compare(&document, schema, example, name, &mut broken);
        }
    }

    insist("An example can be sent as it stands:", broken);
}

/// Whether a value is roughly what a schema says: its type, what must be there, and nothing unknown.
fn compare(document: &Document, schema: &Value, value: &Value, at: &str, broken: &mut Vec<String>) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    let schema = document.resolve(schema);
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    };
    let listed = schema["enum"].as_array().is_none_or(|known| known.contains(value));
    if !(fits && listed) {
        broken.push(format!("{at}: {value} is no {}", schema["type"]));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            broken.push(format!("{at}: {name} is missing"));
        }
    }
    let properties = schema["properties"].as_object();
    for (name, member) in value.as_object().into_iter().flatten() {
        match properties.and_then(|known| known.get(name)) {
            Some(property) => compare(document, property, member, &format!("{at}.{name}"), broken),
            None if schema["additionalProperties"] == false => {
                broken.push(format!("{at}: {name} is unknown"));
            }
            None => {}
        }
    }
    for item in value.as_array().into_iter().flatten() {
        compare(document, &schema["items"], item, &format!("{at}[]"), broken);
    }
}
