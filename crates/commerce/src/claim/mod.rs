//! The one primitive for everything scarce: a claim on units of a resource, or on its time, `Held → Kept | Released`.
//!
//! A commit sums its moves by resource and applies them under the resources' row locks, in id order.
//! The store refuses what does not fit ([`crate::CommitError::OutOfStock`]), so no caller can oversell:
//! units that are not on hand, or a stretch of time that a live claim on the same resource overlaps. All moves
//! of a commit are judged together, as they leave things.

mod calendar;
#[cfg(test)]
mod random;
mod span;

pub use calendar::{Busy, Calendars};
pub use span::{EmptySpan, Span};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::{Env, Id, Tagged, Timestamp};

/// Something there is only so much of: the stock of a variant, the uses of a coupon, the time of a vehicle.
#[derive(Debug)]
pub enum Resource {}
pub type ResourceId = Id<Resource>;

impl Tagged for Resource {
    const PREFIX: &'static str = "res";
}

pub type ClaimId = Id<Claim>;

impl Tagged for Claim {
    const PREFIX: &'static str = "clm";
}

/// A number of units of a resource, or a stretch of its time, set aside or taken for a holder (an order).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub id: ClaimId,
    pub resource: ResourceId,
    /// Always more than zero; one for a stretch of time.
    pub units: i64,
    /// The time claimed, on a resource that only one holder has at a time; absent for units of stock.
    pub span: Option<Span>,
    pub holder: Uuid,
    pub state: ClaimState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum ClaimState {
    /// Set aside; the units are still on hand but nobody else may have them.
    Held { until: Timestamp },
    /// Taken; the units have left.
    Kept { at: Timestamp },
    /// Given back.
    Released { at: Timestamp },
}

impl ClaimState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Held { .. } => "held",
            Self::Kept { .. } => "kept",
            Self::Released { .. } => "released",
        }
    }

    /// How many of `units` this state keeps set aside, and how many it has taken.
    fn weight(self, units: i64) -> (i64, i64) {
        match self {
            Self::Held { .. } => (units, 0),
            Self::Kept { .. } => (0, units),
            Self::Released { .. } => (0, 0),
        }
    }
}

#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
#[error("a claim that is {from} cannot be {to}")]
pub struct ClaimError {
    pub from: &'static str,
    pub to: &'static str,
}

/// A claim's next state and the state it must still be in; `None` makes the claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimMove {
    pub claim: Claim,
    pub from: Option<ClaimState>,
}

impl Claim {
    /// Sets units aside for a while.
    pub fn hold(
        env: &Env,
        resource: ResourceId,
        units: i64,
        holder: Uuid,
        until: Timestamp,
    ) -> ClaimMove {
        let state = ClaimState::Held { until };
        let claim = Self { id: Id::new(env), resource, units, span: None, holder, state };
        ClaimMove { claim, from: None }
    }

    /// Sets a stretch of a resource's time aside for a while.
    pub fn hold_time(
        id: ClaimId,
        resource: ResourceId,
        span: Span,
        holder: Uuid,
        until: Timestamp,
    ) -> ClaimMove {
        let state = ClaimState::Held { until };
        let claim = Self { id, resource, units: 1, span: Some(span), holder, state };
        ClaimMove { claim, from: None }
    }

    /// Takes units at once.
    pub fn take(
        id: ClaimId,
        resource: ResourceId,
        units: i64,
        holder: Uuid,
        at: Timestamp,
    ) -> ClaimMove {
        let state = ClaimState::Kept { at };
        ClaimMove { claim: Self { id, resource, units, span: None, holder, state }, from: None }
    }

    /// Whether it keeps others from what it claims.
    pub fn is_live(&self) -> bool {
        !matches!(self.state, ClaimState::Released { .. })
    }

    /// Whether both want the same time of the same resource.
    pub fn rivals(&self, other: &Self) -> bool {
        let overlap = |(ours, theirs): (Span, Span)| ours.overlaps(theirs);
        self.id != other.id
            && self.resource == other.resource
            && self.is_live()
            && other.is_live()
            && self.span.zip(other.span).is_some_and(overlap)
    }

    /// What was set aside is taken; what was given back is claimed again if it is still there.
    pub fn keep(self, at: Timestamp) -> Result<ClaimMove, ClaimError> {
        match self.state {
            ClaimState::Held { .. } | ClaimState::Released { .. } => {
                Ok(self.moved(ClaimState::Kept { at }))
            }
            ClaimState::Kept { .. } => Err(ClaimError { from: "kept", to: "kept" }),
        }
    }

    /// What was set aside or taken is given back.
    pub fn release(self, at: Timestamp) -> Result<ClaimMove, ClaimError> {
        match self.state {
            ClaimState::Held { .. } | ClaimState::Kept { .. } => {
                Ok(self.moved(ClaimState::Released { at }))
            }
            ClaimState::Released { .. } => Err(ClaimError { from: "released", to: "released" }),
        }
    }

    fn moved(self, state: ClaimState) -> ClaimMove {
        let from = Some(self.state);
        ClaimMove { claim: Self { state, ..self }, from }
    }
}

impl ClaimMove {
    /// What the move does to its resource's stock; time is not counted.
    pub fn delta(&self) -> StockDelta {
        if self.claim.span.is_some() {
            return StockDelta::default();
        }
        let (held_before, taken_before) =
            self.from.map_or((0, 0), |state| state.weight(self.claim.units));
        let (held, taken) = self.claim.state.weight(self.claim.units);
        StockDelta {
            on_hand: taken_before.saturating_sub(taken),
            held: held.saturating_sub(held_before),
        }
    }
}

/// A change to `stock(on_hand, held)`; the store keeps `0 <= held <= on_hand`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StockDelta {
    pub on_hand: i64,
    pub held: i64,
}

impl StockDelta {
    pub fn plus(self, other: Self) -> Self {
        Self {
            on_hand: self.on_hand.saturating_add(other.on_hand),
            held: self.held.saturating_add(other.held),
        }
    }
}

/// Goods that arrived, were counted anew or were lost; kept for ever, so stock explains itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockMove {
    pub id: Uuid,
    pub resource: ResourceId,
    /// Units that came (positive) or went (negative).
    pub units: i64,
    pub reason: StockReason,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockReason {
    Received,
    Counted,
    Lost,
}

impl StockReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Counted => "counted",
            Self::Lost => "lost",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TestEnv, moment};

    #[test]
    fn a_held_claim_sets_aside_and_a_kept_one_takes() {
        let env = TestEnv::new();
        let held = Claim::hold(&env.env(), Id::from_uuid(Uuid::nil()), 3, Uuid::nil(), moment(0));
        let kept = held.claim.clone().keep(moment(1)).unwrap();
        let back = kept.claim.clone().release(moment(2)).unwrap();

        assert_eq!(held.delta(), StockDelta { on_hand: 0, held: 3 });
        assert_eq!(kept.delta(), StockDelta { on_hand: -3, held: -3 });
        assert_eq!(back.delta(), StockDelta { on_hand: 3, held: 0 });
    }

    #[test]
    fn nothing_is_kept_or_released_twice() {
        let env = TestEnv::new();
        let held = Claim::hold(&env.env(), Id::from_uuid(Uuid::nil()), 3, Uuid::nil(), moment(0));
        let kept = held.claim.clone().keep(moment(1)).unwrap().claim;
        let released = held.claim.release(moment(1)).unwrap().claim;

        assert!(kept.keep(moment(2)).is_err());
        assert!(released.release(moment(2)).is_err());
    }
}
