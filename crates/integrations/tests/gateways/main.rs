//! Payment providers against their recorded requests, their signature vectors and local counterparts.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;
mod contract;
mod paypal;
mod razorpay;
mod stripe;
