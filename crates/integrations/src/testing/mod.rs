//! Counterparts of providers on a local port, strict about what they are sent and faulty on demand.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a counterpart that cannot do its part should stop the test"
)]

mod cloudinary;
mod http;
mod multipart;
mod paypal;
mod razorpay;
mod s3;
mod shape;
mod stripe;
mod stripe_record;

pub use cloudinary::{CLOUD, CLOUDINARY_KEY, CLOUDINARY_SECRET, CloudinaryFake, KeptPicture};
pub use http::{Counterpart, Fault, Heard, LocalServer, Reply};
pub use multipart::{Part, parts};
pub use paypal::{
    PAYPAL_CLIENT, PAYPAL_MERCHANT, PAYPAL_SECRET, PAYPAL_TOKEN_LIFE, PayPalBooks, PayPalFake,
};
pub use razorpay::{
    RAZORPAY_KEY, RAZORPAY_NOW, RAZORPAY_SECRET, RazorpayBooks, RazorpayFake, sign,
};
pub use s3::{Object, S3_BUCKET, S3_KEY, S3_REGION, S3_SECRET, S3Fake};
pub use stripe::{StripeFront, form_pairs};
pub use stripe_record::StripeRecord;
