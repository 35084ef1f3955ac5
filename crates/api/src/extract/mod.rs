//! What handlers read from a request; each documents itself.

pub(crate) mod auth;
pub(crate) mod body;
mod client;
mod id;
mod if_match;
pub(crate) mod keyed;
mod maybe_keyed;
mod object;
mod page;
mod path;
mod query;
mod shape;
mod whole;

pub use auth::{Keeper, Maybe, Operator, Signed};
pub use body::Body;
pub use client::Client;
pub use id::{Listed, Ref, ids};
pub use if_match::{IfMatch, etag};
pub use keyed::{InFlight, Keyed};
pub use maybe_keyed::MaybeKeyed;
pub use object::Object;
pub use page::{PageLinks, PageView, Paging};
pub use path::Path;
pub use query::{Query, parameter_faults};
pub use whole::{Faults, Reads, Whole};

/// Extractors add nothing to Swagger's definitions; schemas travel by `openapi::carry`.
macro_rules! no_definitions {
    () => {
        fn update_definitions(
            _: &mut std::collections::BTreeMap<String, paperclip::v2::models::DefaultSchemaRaw>,
        ) {
        }
    };
}
pub(crate) use no_definitions;
