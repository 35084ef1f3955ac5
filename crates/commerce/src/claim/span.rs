//! A stretch of time, half-open: what ends at ten and what begins at ten do not meet.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Timestamp;

/// From a moment up to, but not including, a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Ends", into = "Ends")]
pub struct Span {
    from: Timestamp,
    to: Timestamp,
}

#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
#[error("a stretch of time ends after it begins")]
pub struct EmptySpan;

impl Span {
    pub fn try_new(from: Timestamp, to: Timestamp) -> Result<Self, EmptySpan> {
        if from < to { Ok(Self { from, to }) } else { Err(EmptySpan) }
    }

    pub fn starts_at(self) -> Timestamp {
        self.from
    }

    pub fn ends_at(self) -> Timestamp {
        self.to
    }

    pub fn length(self) -> TimeDelta {
        self.to.signed_duration_since(self.from)
    }

    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    pub fn contains(self, moment: Timestamp) -> bool {
        self.from <= moment && moment < self.to
    }

    /// The same beginning with a later end; a time past the end of the calendar changes nothing.
    pub fn and_then(self, more: TimeDelta) -> Self {
        let to = self.to.checked_add_signed(more).filter(|to| *to > self.to);
        Self { to: to.unwrap_or(self.to), ..self }
    }
}

#[derive(Serialize, Deserialize)]
struct Ends {
    starts_at: Timestamp,
    ends_at: Timestamp,
}

impl From<Span> for Ends {
    fn from(span: Span) -> Self {
        Self { starts_at: span.from, ends_at: span.to }
    }
}

impl TryFrom<Ends> for Span {
    type Error = EmptySpan;

    fn try_from(ends: Ends) -> Result<Self, EmptySpan> {
        Self::try_new(ends.starts_at, ends.ends_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::moment;

    fn span(from: i64, to: i64) -> Span {
        Span::try_new(moment(from), moment(to)).unwrap()
    }

    #[test]
    fn neighbours_do_not_meet() {
        assert!(!span(0, 10).overlaps(span(10, 20)));
        assert!(span(0, 11).overlaps(span(10, 20)));
        assert!(span(0, 30).overlaps(span(10, 20)) && span(10, 20).overlaps(span(0, 30)));
    }

    #[test]
    fn nothing_ends_before_it_begins() {
        assert_eq!(Span::try_new(moment(1), moment(1)), Err(EmptySpan));
        assert!(
            serde_json::from_value::<Span>(serde_json::json!({
                "starts_at": moment(2), "ends_at": moment(1),
            }))
            .is_err()
        );
    }
}
