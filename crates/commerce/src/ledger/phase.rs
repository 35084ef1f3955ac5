//! Whether an entry counts already: the settled layer, and the pending one in front of it.

use uuid::Uuid;

use crate::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// It counts.
    Settled,
    /// It waits: what it would take from an account with a floor is set aside, what it would bring does not count.
    Pending,
}

impl Layer {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Pending => "pending",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Settled, Self::Pending].into_iter().find(|layer| layer.as_str() == name)
    }
}

/// What a posting is in the life of a hold; most are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Settled,
    /// It waits until it is posted or voided, or until its time is over.
    Pending {
        until: Option<Timestamp>,
    },
    /// It ends the pending posting of that id; the store lets exactly one do so.
    Ends {
        pending: Uuid,
        how: End,
    },
}

/// How a hold ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    Posted,
    Voided,
    Expired,
}

impl End {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Voided => "voided",
            Self::Expired => "expired",
        }
    }
}

impl Phase {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Pending { .. } => "pending",
            Self::Ends { how, .. } => how.as_str(),
        }
    }

    /// The pending posting it ends.
    pub fn ends(self) -> Option<Uuid> {
        match self {
            Self::Settled | Self::Pending { .. } => None,
            Self::Ends { pending, .. } => Some(pending),
        }
    }
}
