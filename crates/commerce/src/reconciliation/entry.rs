//! One movement of money as reconciliation keeps it, and what came of the comparison.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::OwnEntry;
use crate::{
    PaymentId, Timestamp,
    payment::{LineKind, StatementLine},
};

/// What the two sides say of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Both say the same.
    Explained,
    /// Both say the same, and we were late to hear of it.
    Late,
    /// The provider moved money that our books know nothing of.
    MissingHere,
    /// Our books have a movement that the provider's record lacks.
    MissingThere,
    /// Another amount or another currency.
    Differs,
}

impl Class {
    const ALL: [Self; 5] =
        [Self::Explained, Self::Late, Self::MissingHere, Self::MissingThere, Self::Differs];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Explained => "explained",
            Self::Late => "late",
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
            Self::Differs => "differs",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }

    pub fn is_explained(self) -> bool {
        matches!(self, Self::Explained | Self::Late)
    }
}

/// A line of a provider's record, or a movement of ours that the record lacks, and what we make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciled {
    pub id: Uuid,
    pub provider: String,
    pub line: StatementLine,
    pub class: Class,
    pub payment: Option<PaymentId>,
    /// The posting that tells of the same movement.
    pub posting: Option<Uuid>,
    /// The posting of the fee that went with it.
    pub fee_posting: Option<Uuid>,
    pub seen_at: Timestamp,
    pub explained_at: Option<Timestamp>,
    pub alarmed_at: Option<Timestamp>,
}

impl Reconciled {
    /// A movement of ours that the provider does not tell of, under a name of our own.
    pub(super) fn ours(provider: &str, entry: &OwnEntry, now: Timestamp) -> Self {
        let name = entry.posting.simple().to_string();
        let kind = kind_of(&entry.kind);
        Self {
            id: hashed(&[provider.as_bytes(), b"ours", entry.posting.as_bytes()]),
            provider: provider.to_owned(),
            line: StatementLine::new(kind, name, entry.amount, entry.at),
            class: Class::MissingThere,
            payment: None,
            posting: Some(entry.posting),
            fee_posting: None,
            seen_at: now,
            explained_at: None,
            alarmed_at: None,
        }
    }
}

/// The kinds of posting that tell of what a provider tells of as `kind`.
pub(super) fn posting_kinds(kind: LineKind) -> &'static [&'static str] {
    match kind {
        LineKind::Capture => &["payment_captured", "wallet_topped_up"],
        LineKind::Refund => &["refund_sent"],
        LineKind::Dispute => &["dispute_opened"],
        LineKind::DisputeWon => &["dispute_won"],
        LineKind::Fee | LineKind::Payout | LineKind::Other => &[],
    }
}

fn kind_of(posting: &str) -> LineKind {
    let told = [LineKind::Capture, LineKind::Refund, LineKind::Dispute, LineKind::DisputeWon];
    let of = |kind: &LineKind| posting_kinds(*kind).contains(&posting);
    told.into_iter().find(of).unwrap_or(LineKind::Other)
}

/// The same line has the same id, however often it is listed.
pub(super) fn line_id(provider: &str, kind: LineKind, name: &str) -> Uuid {
    hashed(&[provider.as_bytes(), kind.as_str().as_bytes(), name.as_bytes()])
}

/// The id of what is booked because of a line.
pub(super) fn booking_id(line: Uuid, step: &str) -> Uuid {
    hashed(&[line.as_bytes(), step.as_bytes()])
}

/// `UUIDv8` (RFC 9562 §5.8): nothing but a hash.
fn hashed(parts: &[&[u8]]) -> Uuid {
    let digest = parts.iter().fold(Sha256::new(), |hash, part| {
        hash.chain_update(part.len().to_be_bytes()).chain_update(part)
    });
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.finalize()).for_each(|(byte, hashed)| *byte = hashed);
    Builder::from_custom_bytes(bytes).into_uuid()
}
