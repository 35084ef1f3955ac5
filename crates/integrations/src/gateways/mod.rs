//! Payment providers, each spoken to over its own wire protocol.

mod circuit;
mod sandbox;
mod signature;

pub use circuit::{Circuit, CircuitSettings};
pub use sandbox::{SandboxGateway, SandboxSettings};
pub use signature::SignedBody;
