//! Payment providers, each spoken to over its own wire protocol.

mod amount;
mod call;
mod circuit;
mod dispute;
mod paypal;
mod razorpay;
mod sandbox;
mod signature;
mod stripe;

pub use call::{CallSettings, Patience};
pub use circuit::{Circuit, CircuitSettings};
pub use paypal::{CertificateSettings, PayPalCheck, PayPalGateway, PayPalSettings, Roots};
pub use razorpay::{RazorpayGateway, RazorpaySettings};
pub use sandbox::{SandboxGateway, SandboxPayouts, SandboxSettings};
pub use signature::SignedBody;
pub use stripe::{StripeGateway, StripeSettings};

use sha2::{Digest, Sha256};

/// SHA-256 of a message as it came, in hex.
fn digest(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}
