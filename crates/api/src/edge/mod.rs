//! What every request passes on its way in and out.

pub mod address;
pub mod context;
pub mod etag;
#[cfg(feature = "edge-guard")]
pub mod guard;
pub mod headers;
pub mod patience;
pub mod quota;
pub mod watch;
