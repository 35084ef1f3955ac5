//! The outside world: gateways, pictures, mail, password hashing, tokens and limits.

pub mod gateways;
pub mod http;
pub mod limits;
pub mod mail;
pub mod media;
pub mod papers;
pub mod passwords;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tokens;
