//! An id as clients write it: `ord_0190…`.

use std::{borrow::Cow, fmt};

use commerce::{Id, Tagged};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// An id with its prefix, in paths, bodies and answers.
pub struct Ref<T>(pub Id<T>);

impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Ref<T> {}

impl<T> From<Id<T>> for Ref<T> {
    fn from(id: Id<T>) -> Self {
        Self(id)
    }
}

impl<T: Tagged> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<T: Tagged> Serialize for Ref<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: Tagged> Deserialize<'de> for Ref<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}

impl<T: Tagged> JsonSchema for Ref<T> {
    fn schema_name() -> Cow<'static, str> {
        T::PREFIX.into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let example = format!("{}_019aa3c5d1f27c3e8a4b5c6d7e8f9012", T::PREFIX);
        json_schema!({
            "type": "string",
            "pattern": format!("^{}_[0-9a-f]{{32}}$", T::PREFIX),
            "example": example,
        })
    }
}
