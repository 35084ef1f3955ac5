//! Stand-ins for what is at fault, so that the rest of a body can be judged as if it were sound.

use commerce::FieldError;
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::{Walk, choices, names, schema};

/// Puts something in the place of what is at fault that the schema has nothing against.
pub fn mend<T: JsonSchema + 'static>(json: &mut Value, faults: &[FieldError]) {
    let schema = schema::<T>();
    let walk = Walk { root: &schema, found: Vec::new() };
    for fault in faults {
        let names: Vec<_> = fault.pointer.split('/').skip(1).map(plain).collect();
        walk.mend(&schema, json, &names);
    }
}

impl<'a> Walk<'a> {
    fn mend(&self, schema: &'a Value, value: &mut Value, names: &[String]) {
        let Some((name, rest)) = names.split_first() else {
            *value = self.stand_in(schema);
            return;
        };
        let Some(schema) = self.meant(schema, value) else { return };
        match value {
            Value::Object(members) => {
                let known = schema.get("properties").and_then(|known| known.get(name));
                let of_member = known.or_else(|| schema.get("additionalProperties"));
                match (of_member, members.get_mut(name)) {
                    (Some(of_member), Some(member)) if of_member.is_object() => {
                        self.mend(of_member, member, rest);
                    }
                    (Some(of_member), None) if of_member.is_object() => {
                        members.insert(name.clone(), self.stand_in(of_member));
                    }
                    _ => drop(members.remove(name)),
                }
            }
            Value::Array(items) => {
                let item = name.parse::<usize>().ok().and_then(|at| items.get_mut(at));
                if let (Some(item), Some(schema)) = (item, schema.get("items")) {
                    self.mend(schema, item, rest);
                }
            }
            _ => {}
        }
    }

    /// The least that fits a schema; nothing, where nothing is allowed.
    fn stand_in(&self, schema: &'a Value) -> Value {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let behind = reference.strip_prefix('#').and_then(|at| self.root.pointer(at));
            return behind.map_or(Value::Null, |schema| self.stand_in(schema));
        }
        if let Some(first) = choices(schema).and_then(|all| all.first().copied().cloned()) {
            return first;
        }
        if let Some(example) = schema.get("example").or_else(|| schema.get("const")) {
            return example.clone();
        }
        if let Some(ways) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
            let ways: Vec<_> = ways.as_array().into_iter().flatten().collect();
            let nothing = ways.iter().any(|way| way.get("type").is_some_and(|t| t == "null"));
            let first = || ways.first().map_or(Value::Null, |way| self.stand_in(way));
            return if nothing { Value::Null } else { first() };
        }
        let kinds: Vec<_> = schema.get("type").into_iter().flat_map(names).collect();
        match kinds.as_slice() {
            ["boolean"] => Value::Bool(false),
            ["integer" | "number"] => schema.get("minimum").cloned().unwrap_or_else(|| 0.into()),
            ["string"] => text(schema).into(),
            ["array"] => Value::Array(Vec::new()),
            ["object"] => self.least(schema),
            _ => Value::Null,
        }
    }

    fn least(&self, schema: &'a Value) -> Value {
        let known = |name: &str| schema.get("properties").and_then(|known| known.get(name));
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let required = required.filter_map(Value::as_str);
        let members = required.filter_map(|name| Some((name, self.stand_in(known(name)?))));
        members.map(|(name, member)| (name.to_owned(), member)).collect::<Map<_, _>>().into()
    }
}

/// A text of the format that is asked for.
fn text(schema: &Value) -> &'static str {
    match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => "2000-01-01T00:00:00Z",
        Some("date") => "2000-01-01",
        Some("time") => "00:00:00",
        _ => "x",
    }
}

/// A segment of a pointer as it is written in JSON.
fn plain(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
