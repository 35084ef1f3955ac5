//! Payment providers, each spoken to over its own wire protocol, and each in a folder of its own.

mod amount;
mod call;
mod circuit;
mod dispute;
mod provider;
mod section;
mod signature;

// `pub mod <folder>;` for each folder beside this file, and `PROVIDERS`, the list of what they register: build.rs.
include!(concat!(env!("OUT_DIR"), "/providers.rs"));

pub use call::{CallSettings, Patience};
pub use circuit::{Circuit, CircuitSettings};
pub use provider::{Chosen, Provider, Sections, SettingError};
pub use section::{Fault, Means, Section, Stage};
pub use signature::SignedBody;

use sha2::{Digest, Sha256};

/// SHA-256 of a message as it came, in hex.
fn digest(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}
