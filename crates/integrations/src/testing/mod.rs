//! Counterparts of payment providers on a local port, strict about what they are sent and faulty on demand.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a counterpart that cannot do its part should stop the test"
)]

mod http;
mod paypal;
mod razorpay;
mod shape;
mod stripe;

pub use http::{Counterpart, Fault, Heard, LocalServer, Reply};
pub use paypal::{
    PAYPAL_CLIENT, PAYPAL_MERCHANT, PAYPAL_SECRET, PAYPAL_TOKEN_LIFE, PayPalBooks, PayPalFake,
};
pub use razorpay::{RAZORPAY_KEY, RAZORPAY_SECRET, RazorpayBooks, RazorpayFake, sign};
pub use stripe::{StripeFront, form_pairs};
