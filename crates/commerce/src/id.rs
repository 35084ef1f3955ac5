//! Typed identifiers: `UUIDv7` inside, `ord_0190…` outside.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use uuid::Uuid;

use crate::Env;

/// A kind of thing that has ids, and the prefix its ids wear outside.
pub trait Tagged {
    const PREFIX: &'static str;
}

/// The identifier of a `T`; ids of different things cannot be mixed up.
pub struct Id<T>(Uuid, PhantomData<fn() -> T>);

#[derive(Debug, Error, PartialEq, Eq)]
pub enum IdError {
    #[error("an id of this kind starts with `{0}_`")]
    Prefix(&'static str),
    #[error("the id is not well formed")]
    Malformed,
}

impl<T> Id<T> {
    /// A new id whose order is the order of making, from the surroundings' clock and randomness.
    pub fn new(env: &Env) -> Self {
        Self(env.uuid(), PhantomData)
    }

    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<T: Tagged> Id<T> {
    /// As it is known outside, in one piece.
    pub fn tagged(self) -> String {
        let mut hex = Uuid::encode_buffer();
        [T::PREFIX, "_", self.0.simple().encode_lower(&mut hex)].concat()
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}

impl<T> From<Id<T>> for Uuid {
    fn from(id: Id<T>) -> Self {
        id.0
    }
}

impl<T> From<Uuid> for Id<T> {
    fn from(uuid: Uuid) -> Self {
        Self::from_uuid(uuid)
    }
}

impl<T: Tagged> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tagged())
    }
}

impl<T: Tagged> FromStr for Id<T> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let hex = text.strip_prefix(T::PREFIX).and_then(|rest| rest.strip_prefix('_'));
        let hex = hex.ok_or(IdError::Prefix(T::PREFIX))?;
        let canonical =
            hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !canonical {
            return Err(IdError::Malformed);
        }
        Uuid::try_parse(hex).map(Self::from_uuid).map_err(|_| IdError::Malformed)
    }
}

/// Inside the house an id is stored and carried as a plain UUID.
impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::from_uuid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Order, Payment};

    #[test]
    fn an_id_reads_back_what_it_shows() {
        let id: Id<Order> = Id::from_uuid(Uuid::from_u128(7));

        assert_eq!(id.to_string(), "ord_00000000000000000000000000000007");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let order: Id<Order> = Id::from_uuid(Uuid::from_u128(7));

        assert_eq!(order.to_string().parse::<Id<Payment>>(), Err(IdError::Prefix("pay")));
        assert_eq!("ord_zz".parse::<Id<Order>>(), Err(IdError::Malformed));
    }
}
