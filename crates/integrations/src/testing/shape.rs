//! Whether JSON has a documented shape.

use serde_json::Value;

/// The first place where `value` has a field that `shape` has not, or another type. A list in `shape` shows
/// what each of its entries is like; `null` is any scalar; an object with the one field `*` may have any fields.
pub(super) fn strange(value: &Value, shape: &Value) -> Option<String> {
    match (value, shape) {
        (Value::Object(fields), Value::Object(known)) => fields.iter().find_map(|(name, field)| {
            let Some(shape) = known.get("*").or_else(|| known.get(name)) else {
                return Some(format!("/{name} is not known"));
            };
            strange(field, shape).map(|place| format!("/{name}{place}"))
        }),
        (Value::Array(entries), Value::Array(known)) => {
            entries.iter().find_map(|entry| strange(entry, known.first()?))
        }
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_)) => None,
        (value, Value::Null) if !value.is_object() && !value.is_array() => None,
        _ => Some(" has another type".to_owned()),
    }
}
