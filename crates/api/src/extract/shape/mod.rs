//! Everything that is wrong with a body's or a query's shape, told at once: serde stops at the first thing it meets.
//!
//! This looks only for members that are missing, unknown, of the wrong type, none of the values that can be, or beyond
//! their range, by the schema that the document shows. Whatever else can be wrong is left to serde and garde.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use commerce::FieldError;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value};

mod mend;

pub use mend::mend;

/// Nobody reads more.
pub const MOST: usize = 100;

static SCHEMAS: LazyLock<RwLock<HashMap<TypeId, Arc<Value>>>> = LazyLock::new(RwLock::default);

/// Why this JSON is not a `T`, as far as its shape tells, beside what serde met.
pub fn faults<T: JsonSchema + 'static>(json: &Value, met: FieldError) -> Vec<FieldError> {
    let schema = schema::<T>();
    let mut walk = Walk { root: &schema, found: Vec::new() };
    walk.value(&schema, json, "#");
    let mut found = walk.found;
    // Serde's word on a value is better than ours, and ours on its parts is better than serde's on the whole.
    if found.iter().any(|fault| is_under(&fault.pointer, &met.pointer)) {
        return found;
    }
    match found.iter_mut().find(|fault| fault.pointer == met.pointer) {
        Some(same) if same.code == "bad_value" => *same = met,
        Some(_) => {}
        None => found.push(met),
    }
    found
}

/// Why these parameters are not a `T`, as far as their shape tells; each is named as it was sent.
pub fn parameter_faults<T: JsonSchema + 'static>(sent: &[(String, String)]) -> Vec<FieldError> {
    let schema = schema::<T>();
    let mut walk = Walk { root: &schema, found: Vec::new() };
    let member = |(name, text): &(String, String)| {
        let schema = schema.get("properties").and_then(|known| known.get(name));
        (name.clone(), walk.understood(schema, text))
    };
    let members: Map<_, _> = sent.iter().map(member).collect();
    walk.members(&schema, &members, "");
    let named =
        |fault: FieldError| FieldError { pointer: fault.pointer.replacen('/', "", 1), ..fault };
    walk.found.into_iter().map(named).collect()
}

/// Whether a fault is told of a place of which nothing is known to be wrong, nor of its parts, nor of the whole.
pub fn is_news(fault: &FieldError, known: &[FieldError]) -> bool {
    let of_the_same = |known: &FieldError| {
        known.pointer == fault.pointer
            || is_under(&fault.pointer, &known.pointer)
            || is_under(&known.pointer, &fault.pointer)
    };
    !known.iter().any(of_the_same)
}

fn is_under(pointer: &str, parent: &str) -> bool {
    pointer.strip_prefix(parent).is_some_and(|rest| rest.starts_with('/'))
}

fn schema<T: JsonSchema + 'static>() -> Arc<Value> {
    let id = TypeId::of::<T>();
    let known = SCHEMAS.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
    known.unwrap_or_else(|| {
        let made = SchemaSettings::draft2020_12().for_deserialize().into_generator();
        let made = Arc::new(made.into_root_schema_for::<T>().to_value());
        SCHEMAS.write().unwrap_or_else(PoisonError::into_inner).insert(id, made.clone());
        made
    })
}

struct Walk<'a> {
    root: &'a Value,
    found: Vec<FieldError>,
}

impl<'a> Walk<'a> {
    fn tell(&mut self, at: String, code: &'static str, detail: String) {
        if self.found.len() < MOST {
            self.found.push(FieldError::new(at, code, detail));
        }
    }

    fn value(&mut self, schema: &'a Value, value: &Value, at: &str) {
        let Some(schema) = self.meant(schema, value) else { return };
        if let Some(types) = schema.get("type").filter(|types| !admits(types, value)) {
            return self.tell(at.to_owned(), "bad_value", format!("must be {}", named(types)));
        }
        if let Some(why) = refused(schema, value) {
            return self.tell(at.to_owned(), "bad_value", why);
        }
        match value {
            Value::Object(members) => self.members(schema, members, at),
            Value::Array(items) => {
                let Some(schema) = schema.get("items") else { return };
                for (number, item) in items.iter().enumerate() {
                    self.value(schema, item, &format!("{at}/{number}"));
                }
            }
            _ => {}
        }
    }

    fn members(&mut self, schema: &'a Value, members: &Map<String, Value>, at: &str) {
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                self.tell(below(at, name), "required", "is missing".into());
            }
        }
        let known = schema.get("properties");
        let others = schema.get("additionalProperties");
        for (name, member) in members {
            let schema = known.and_then(|known| known.get(name)).or(others);
            match schema {
                Some(Value::Bool(false)) => {
                    self.tell(below(at, name), "unknown_field", "is not known here".into());
                }
                Some(schema) => self.value(schema, member, &below(at, name)),
                None => {}
            }
        }
    }

    /// The schema behind references, and of several alternatives the only one that can be meant.
    fn meant(&self, schema: &'a Value, value: &Value) -> Option<&'a Value> {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.meant(self.root.pointer(reference.strip_prefix('#')?)?, value);
        }
        if choices(schema).is_some() {
            return Some(schema);
        }
        let Some(ways) = schema.get("anyOf").or_else(|| schema.get("oneOf")) else {
            return Some(schema);
        };
        let meant = ways.as_array()?.iter().filter_map(|way| self.meant(way, value));
        let mut meant = meant.filter(|way| way.get("type").is_none_or(|t| admits(t, value)));
        let only = meant.next()?;
        meant.next().is_none().then_some(only)
    }

    /// A parameter's text as the value it stands for, if it is of the type that is asked for.
    fn understood(&self, schema: Option<&'a Value>, text: &str) -> Value {
        let as_sent = || Value::from(text);
        let number = || text.parse::<i64>().ok().map(Value::from);
        let yes_or_no = || text.parse::<bool>().ok().map(Value::from);
        let read = [number(), yes_or_no()].into_iter().flatten();
        let fits = |value: &Value| {
            let meant = schema.and_then(|schema| self.meant(schema, value));
            meant.and_then(|meant| meant.get("type")).is_some_and(|types| admits(types, value))
        };
        read.into_iter().find(fits).unwrap_or_else(as_sent)
    }
}

/// Why a value of the right type is none of those that can be.
fn refused(schema: &Value, value: &Value) -> Option<String> {
    if let Some(all) = choices(schema).filter(|all| !all.contains(&value)) {
        let names = all.iter().filter_map(|one| one.as_str()).map(|name| format!("`{name}`"));
        return Some(format!("must be one of {}", names.collect::<Vec<_>>().join(", ")));
    }
    let (number, bound) = (whole(value)?, |name| schema.get(name).and_then(whole));
    if let Some(least) = bound("minimum").filter(|least| number < *least) {
        return Some(format!("lower than {least}"));
    }
    let most = bound("maximum").filter(|most| number > *most);
    most.map(|most| format!("greater than {most}"))
}

/// The values of an enumeration, however it is written.
fn choices(schema: &Value) -> Option<Vec<&Value>> {
    if let Some(all) = schema.get("enum") {
        return Some(all.as_array()?.iter().collect());
    }
    let ways = schema.get("oneOf")?.as_array()?.iter();
    let each = ways.map(|way| way.get("const").map(|one| vec![one]).or_else(|| choices(way)));
    Some(each.collect::<Option<Vec<_>>>()?.concat())
}

fn whole(value: &Value) -> Option<i128> {
    value.as_i64().map(Into::into).or_else(|| value.as_u64().map(Into::into))
}

fn below(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn names(types: &Value) -> impl Iterator<Item = &str> {
    let several = types.as_array().into_iter().flatten();
    several.filter_map(Value::as_str).chain(types.as_str())
}

fn admits(types: &Value, value: &Value) -> bool {
    names(types).any(|name| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    })
}

fn named(types: &Value) -> String {
    let said = names(types).map(|name| match name {
        "null" => "null".to_owned(),
        "integer" | "array" | "object" => format!("an {name}"),
        _ => format!("a {name}"),
    });
    said.collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Parcel {
        to: Place,
        weight_g: u32,
        note: Option<String>,
        stars: u8,
        speed: Option<Speed>,
        #[serde(default)]
        insured: Option<Place>,
        items: Vec<Item>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Place {
        street: String,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Speed {
        /// By air.
        Fast,
        Slow,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Asked {
        limit: Option<u8>,
        speed: Option<Speed>,
        whole: Option<bool>,
        near: Option<String>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its schema is looked at")]
    enum Item {
        Book { pages: u32 },
        Cup,
    }

    fn told(json: &Value) -> Vec<(String, String)> {
        let met = serde_json::from_value::<Parcel>(json.clone()).err().unwrap();
        let met = FieldError::new("#", "bad_value", met.to_string());
        let found = faults::<Parcel>(json, met);
        let mut told: Vec<_> = found.into_iter().map(|fault| (fault.pointer, fault.code)).collect();
        told.sort();
        told
    }

    #[test]
    fn everything_missing_unknown_or_of_the_wrong_type_is_told_at_once() {
        let told = told(&json!({
            "to": {"street": 5, "a/b": 1}, "weight_g": 1.5, "note": [], "insured": {}, "colour": "red",
            "stars": 256, "speed": "warp"
        }));

        let expected = [
            ("#/colour", "unknown_field"),
            ("#/insured/street", "required"),
            ("#/items", "required"),
            ("#/note", "bad_value"),
            ("#/speed", "bad_value"),
            ("#/stars", "bad_value"),
            ("#/to/a~1b", "unknown_field"),
            ("#/to/street", "bad_value"),
            ("#/weight_g", "bad_value"),
        ];
        assert_eq!(told, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    }

    #[test]
    fn what_the_shape_cannot_tell_is_left_to_serde() {
        let told = told(&json!({
            "to": {"street": "High"}, "weight_g": 1, "insured": null, "stars": 255, "speed": "slow",
            "items": [{"kind": "plate"}]
        }));

        assert_eq!(told, [("#".to_owned(), "bad_value".to_owned())]);
    }

    #[test]
    fn what_is_at_fault_is_mended_and_the_rest_left_as_it_is() {
        let mut json = json!({
            "to": {"street": 5, "a/b": 1}, "weight_g": 7, "note": [], "insured": {}, "colour": "red",
            "stars": 256, "speed": "warp", "items": [{"kind": "cup"}]
        });
        let met = FieldError::new("#/stars", "bad_value", "too many");

        let found = faults::<Parcel>(&json, met);
        mend::<Parcel>(&mut json, &found);

        let expected = json!({
            "to": {"street": "x"}, "weight_g": 7, "note": null, "insured": {"street": "x"},
            "stars": 0, "speed": null, "items": [{"kind": "cup"}]
        });
        assert_eq!(json, expected);
        assert!(serde_json::from_value::<Parcel>(json).is_ok());
    }

    #[test]
    fn of_what_stands_in_for_a_fault_nothing_is_news() {
        let fault = |at: &str| FieldError::new(at, "bad_value", "is bad");
        let known = [fault("#/rates/day")];

        assert!(is_news(&fault("#/rates/week"), &known) && is_news(&fault("#/rates/days"), &known));
        assert!(
            ["#/rates/day", "#/rates/day/minor", "#/rates"]
                .iter()
                .all(|at| !is_news(&fault(at), &known))
        );
    }

    #[test]
    fn the_word_of_serde_on_the_same_value_is_kept() {
        let met = FieldError::new("#/weight_g", "bad_value", "invalid type: floating point");
        let json = json!({"to": {"street": "High"}, "weight_g": 1.5, "stars": 1, "items": []});

        let found = faults::<Parcel>(&json, met.clone());

        assert_eq!(found, [met]);
    }

    #[test]
    fn every_parameter_that_will_not_do_is_named() {
        let sent = [("limit", "many"), ("speed", "warp"), ("whole", "yes"), ("colour", "red")];
        let sent = sent.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let fine = [("limit", "24"), ("speed", "fast"), ("whole", "true"), ("near", "12")];
        let fine = fine.map(|(name, text)| (name.to_owned(), text.to_owned()));

        let mut told: Vec<_> =
            parameter_faults::<Asked>(&sent).into_iter().map(|fault| fault.pointer).collect();
        told.sort();

        assert_eq!(told, ["colour", "limit", "speed", "whole"]);
        assert_eq!(parameter_faults::<Asked>(&fine), []);
    }

    #[test]
    fn nobody_is_told_more_than_can_be_read() {
        let many: Map<String, Value> =
            (0..5_000).map(|number| (format!("x{number}"), Value::Null)).collect();

        let met = FieldError::new("#", "bad_value", "unknown field");

        assert_eq!(faults::<Parcel>(&Value::Object(many), met).len(), MOST);
    }
}
