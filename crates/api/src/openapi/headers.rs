//! The headers of answers, named once and referred to.

use serde_json::{Map, Value, json};

/// Name, what it tells, and whether the answers it is documented for always carry it.
const ALL: &[(&str, &str, bool)] = &[
    ("X-Request-Id", "Names the request; tell it to support.", true),
    ("RateLimit-Policy", "The strictest quota met: `\"search\";q=60;w=60`, 60 in 60 s.", false),
    (
        "RateLimit",
        "What is left of it: `\"search\";r=59;t=60`, and the seconds until it is whole.",
        false,
    ),
    ("Retry-After", "Seconds to wait before trying again.", false),
    ("WWW-Authenticate", "`Bearer`.", false),
    ("ETag", "The version, for `If-Match` and `If-None-Match`.", true),
    ("Location", "Where what was made can be read.", false),
    ("Idempotent-Replayed", "`true` when this is the first answer again.", false),
];
const COMMON: [&str; 3] = ["X-Request-Id", "RateLimit-Policy", "RateLimit"];

/// Every header, for the components.
pub fn all() -> Value {
    let header = |(name, what, required): &(&str, &str, bool)| {
        let header = json!({
            "description": what, "required": required, "schema": { "type": "string" },
        });
        ((*name).to_owned(), header)
    };
    Value::Object(ALL.iter().map(header).collect())
}

/// References to what no answer is without.
pub fn of_every_answer() -> Value {
    Value::Object(COMMON.iter().map(|name| reference(name)).collect())
}

/// Completes the headers of an answer, which were carried by name only.
pub fn finish(status: &str, response: &mut Map<String, Value>) {
    let more: &[&str] = match status {
        "401" => &["WWW-Authenticate"],
        "429" | "503" => &["Retry-After"],
        "304" => &["ETag"],
        _ => &[],
    };
    let carried = response.remove("headers");
    let carried = carried.as_ref().and_then(Value::as_object).into_iter().flatten();
    let names = carried.map(|(name, _)| name.as_str()).chain(more.iter().copied()).chain(COMMON);
    let headers = names.map(reference).collect();
    response.insert("headers".into(), Value::Object(headers));
}

fn reference(name: &str) -> (String, Value) {
    (name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }))
}
