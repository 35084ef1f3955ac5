//! A provider's own record of what it took, gave and kept, as reconciliation reads it.

use async_trait::async_trait;

use super::GatewayError;
use crate::{Money, Timestamp};

/// What moved money at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LineKind {
    Capture,
    Refund,
    /// A customer's bank took money back.
    Dispute,
    /// And gave it up.
    DisputeWon,
    /// A charge of the provider that goes with no other line.
    Fee,
    /// To our bank; from there again where the amount is positive.
    Payout,
    Other,
}

impl LineKind {
    const ALL: [Self; 7] = [
        Self::Capture,
        Self::Refund,
        Self::Dispute,
        Self::DisputeWon,
        Self::Fee,
        Self::Payout,
        Self::Other,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Refund => "refund",
            Self::Dispute => "dispute",
            Self::DisputeWon => "dispute_won",
            Self::Fee => "fee",
            Self::Payout => "payout",
            Self::Other => "other",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One movement of money, by the provider's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    pub kind: LineKind,
    /// The provider's own name of it, given once among lines of its kind.
    pub name: String,
    /// What it added to what the provider holds for us; negative for what it took from that.
    pub amount: Money,
    /// What the provider kept besides; negative for what it gave back, absent where it does not say.
    pub fee: Option<Money>,
    pub at: Timestamp,
    /// The name by which we know the payment there.
    pub payment: Option<String>,
    /// Our id of the payment or the refund, as the provider kept it.
    pub reference: Option<String>,
    /// The provider's name of the refund or the dispute itself.
    pub object: Option<String>,
    /// The name of the capture's line which this one is about.
    pub about: Option<String>,
}

impl StatementLine {
    pub fn new(kind: LineKind, name: impl Into<String>, amount: Money, at: Timestamp) -> Self {
        let name = name.into();
        let (fee, payment, reference, object, about) = (None, None, None, None, None);
        Self { kind, name, amount, fee, at, payment, reference, object, about }
    }
}

/// Which lines are wanted: those from `from` on and before `until`, both whole seconds, after the ones that gave
/// the cursor. A line too many does no harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementAsk {
    pub from: Timestamp,
    pub until: Timestamp,
    pub cursor: Option<String>,
}

/// Some lines, in no order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPage {
    pub lines: Vec<StatementLine>,
    /// Where to go on; absent at the end.
    pub next: Option<String>,
    /// Up to when nothing can be missing any more.
    pub complete_until: Timestamp,
}

/// A provider that can be asked for its record.
#[async_trait]
pub trait Statement: Send + Sync {
    /// The kinds of movement it tells of; its silence about others means nothing.
    fn tells(&self) -> &'static [LineKind];

    async fn lines(&self, ask: &StatementAsk) -> Result<StatementPage, GatewayError>;
}
