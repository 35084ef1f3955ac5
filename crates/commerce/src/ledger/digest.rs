//! What a posting says, as one number: the proof that a repeated one is the same, and the links of the chain.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::Posting;

pub type Digest = [u8; 32];

/// One entry as the digest sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestEntry<'a> {
    pub account: &'a str,
    pub currency: &'a str,
    pub amount: i64,
    pub layer: &'a str,
}

/// What a posting says besides its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestHead<'a> {
    pub kind: &'a str,
    pub reference: Uuid,
    pub reverses: Option<Uuid>,
    pub phase: &'a str,
    pub ends: Option<Uuid>,
}

/// Where the chain of a book begins.
pub const GENESIS: Digest = [0; 32];

impl Posting {
    /// All that it says but its id and its moment: a second try says the same at another time.
    pub fn digest(&self) -> Digest {
        let head = DigestHead {
            kind: self.kind,
            reference: self.reference,
            reverses: self.reverses,
            phase: self.phase.as_str(),
            ends: self.phase.ends(),
        };
        let entries = self.entries().iter().map(|entry| DigestEntry {
            account: entry.account.code(),
            currency: entry.amount.currency.code(),
            amount: entry.amount.minor,
            layer: entry.layer.as_str(),
        });
        digest(&head, entries)
    }
}

/// The digest of what was read from the books; entries in the order of their lines.
pub fn digest<'a>(
    head: &DigestHead<'_>,
    entries: impl IntoIterator<Item = DigestEntry<'a>>,
) -> Digest {
    let mut hash = Sha256::new();
    text(&mut hash, head.kind);
    hash.update(head.reference);
    optional(&mut hash, head.reverses);
    text(&mut hash, head.phase);
    optional(&mut hash, head.ends);
    for entry in entries {
        text(&mut hash, entry.account);
        text(&mut hash, entry.currency);
        hash.update(entry.amount.to_be_bytes());
        text(&mut hash, entry.layer);
    }
    hash.finalize().into()
}

/// The next link: everything before it, its number, and the posting with its id and moment.
pub fn link(before: &Digest, seq: i64, tx: Uuid, at_us: i64, says: &Digest) -> Digest {
    let hash = Sha256::new().chain_update(before).chain_update(seq.to_be_bytes());
    hash.chain_update(tx).chain_update(at_us.to_be_bytes()).chain_update(says).finalize().into()
}

/// Its length goes before a text, so that no two lists of texts look alike.
fn text(hash: &mut Sha256, text: &str) {
    hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(text);
}

fn optional(hash: &mut Sha256, id: Option<Uuid>) {
    hash.update([u8::from(id.is_some())]);
    hash.update(id.unwrap_or_default());
}
