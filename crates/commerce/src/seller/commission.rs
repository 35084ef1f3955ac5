//! What a sale costs its seller, frozen on the order's line.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Money;

/// Decided when the order is raised; later rules do not touch it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commission {
    pub fee: Money,
    /// Tax on the fee, which the shop owes.
    pub tax: Money,
    /// Whom that tax is owed to.
    pub jurisdiction: String,
    /// Whether the shop keeps the fee of what is refunded.
    pub kept_on_refund: bool,
    /// The rule it came from; absent when none fitted and the shop's own rate held.
    pub rule: Option<Uuid>,
}
