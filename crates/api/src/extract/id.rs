//! An id as clients write it: `ord_0190…`.

use std::{borrow::Cow, fmt};

use commerce::{Id, IdError, Tagged};
use garde::Validate;
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
        serializer.serialize_str(&self.0.tagged())
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

/// An id in a list. Serde would stop at the first that is none; the rules of the body tell of each.
#[derive(Debug)]
pub struct Listed<T>(Result<Id<T>, IdError>);

/// Those of a list whose rules were looked at.
pub fn ids<T>(list: Vec<Listed<T>>) -> Vec<Id<T>> {
    list.into_iter().filter_map(|listed| listed.0.ok()).collect()
}

impl<'de, T: Tagged> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        Ok(Self(text.parse()))
    }
}

impl<T> Validate for Listed<T> {
    type Context = ();

    fn validate_into(
        &self,
        (): &(),
        parent: &mut dyn FnMut() -> garde::Path,
        report: &mut garde::Report,
    ) {
        if let Err(error) = &self.0 {
            report.append(parent(), garde::Error::new(error));
        }
    }
}

impl<T: Tagged> JsonSchema for Listed<T> {
    fn schema_name() -> Cow<'static, str> {
        Ref::<T>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Ref::<T>::json_schema(generator)
    }
}
