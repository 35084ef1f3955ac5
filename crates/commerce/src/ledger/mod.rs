//! Double entry: where the money is, and how it got there; append-only.

mod account;
mod chain;
mod digest;
mod expire_holds;
mod hold;
mod phase;
mod ports;
mod posting;
mod seal;
mod templates;

pub use account::{Account, Class};
pub use chain::{Broken, Chain, Sealed, SealedEntry, SealedPosting, Verified, verify};
pub use digest::{Digest, DigestEntry, DigestHead, GENESIS, digest, link};
pub use expire_holds::ExpireHolds;
pub use hold::{Hold, HoldError, Holds, StoredHold};
pub use phase::{End, Layer, Phase};
pub use ports::{Balance, BookedEntry, Journal, TrialBalance};
pub use posting::{Draft, Entry, Posting, Unbalanced};
pub use seal::SealBook;
pub use templates::*;
