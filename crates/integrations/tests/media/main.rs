//! Stores of pictures against their signature vectors, a recorded request and local counterparts.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests")]

mod cloudinary;
mod common;
mod folder;
mod s3;
mod s3s;
mod vectors;
