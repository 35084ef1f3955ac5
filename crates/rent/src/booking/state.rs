//! The life of a booking. Pure.

use chrono::TimeDelta;
use commerce::{Money, OrderId, Timestamp, payment::RefundId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Back, BackPart, Booking, Charge, ChargeKind, Deposit, Record};
use crate::{RentError, quote};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum BookingState {
    /// The unit is set aside.
    Held {
        until: Timestamp,
        awaiting: Awaiting,
    },
    /// Paid for.
    Confirmed {
        at: Timestamp,
    },
    /// The vehicle is out.
    Active {
        since: Timestamp,
    },
    /// It is back; the deposit is not.
    Returned {
        at: Timestamp,
    },
    /// Nobody owes anybody anything.
    Completed {
        at: Timestamp,
    },
    Cancelled {
        at: Timestamp,
        by: Side,
    },
    /// Nobody answered, or nobody paid, in time.
    Expired {
        at: Timestamp,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaiting {
    /// The owner's, to a request.
    Answer,
    Payment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Traveller,
    Owner,
    /// The house: an operator, or what became of the order.
    House,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Traveller => "traveller",
            Self::Owner => "owner",
            Self::House => "house",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Traveller, Self::Owner, Self::House].into_iter().find(|side| side.as_str() == text)
    }
}

impl BookingState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Held { .. } => "held",
            Self::Confirmed { .. } => "confirmed",
            Self::Active { .. } => "active",
            Self::Returned { .. } => "returned",
            Self::Completed { .. } => "completed",
            Self::Cancelled { .. } => "cancelled",
            Self::Expired { .. } => "expired",
        }
    }

    /// Whether something still has to happen.
    pub fn is_open(self) -> bool {
        match self {
            Self::Held { .. }
            | Self::Confirmed { .. }
            | Self::Active { .. }
            | Self::Returned { .. } => true,
            Self::Completed { .. } | Self::Cancelled { .. } | Self::Expired { .. } => false,
        }
    }
}

impl Booking {
    pub(super) fn refused(&self) -> RentError {
        RentError::WrongState(self.state.name())
    }

    /// The order is paid. A booking that had expired comes back to life with it: the core claimed its time again.
    pub(super) fn confirmed(self, at: Timestamp) -> Result<Self, RentError> {
        match self.state {
            BookingState::Held { awaiting: Awaiting::Payment, .. }
            | BookingState::Expired { .. } => {
                let amount = self.quote.deposit;
                let deposit = match self.deposit {
                    Deposit::Due => Deposit::Held { amount, since: at },
                    other => other,
                };
                Ok(Self { state: BookingState::Confirmed { at }, deposit, ..self })
            }
            _ => Err(self.refused()),
        }
    }

    /// The owner says yes: the order that must be paid now holds the unit.
    pub(super) fn accepted(self, order: OrderId, until: Timestamp) -> Result<Self, RentError> {
        match self.state {
            BookingState::Held { awaiting: Awaiting::Answer, .. } => {
                let state = BookingState::Held { until, awaiting: Awaiting::Payment };
                Ok(Self { state, order: Some(order), ..self })
            }
            _ => Err(self.refused()),
        }
    }

    pub(super) fn cancelled(self, by: Side, at: Timestamp) -> Result<Self, RentError> {
        match self.state {
            BookingState::Held { .. } | BookingState::Confirmed { .. } => {
                Ok(Self { state: BookingState::Cancelled { at, by }, ..self })
            }
            _ => Err(self.refused()),
        }
    }

    pub(super) fn expired(self, at: Timestamp) -> Result<Self, RentError> {
        match self.state {
            BookingState::Held { .. } => Ok(Self { state: BookingState::Expired { at }, ..self }),
            _ => Err(self.refused()),
        }
    }

    pub(super) fn handed_over(self, record: Record) -> Result<Self, RentError> {
        match self.state {
            BookingState::Confirmed { .. } => {
                let state = BookingState::Active { since: record.at };
                Ok(Self { state, handed_over: Some(record), ..self })
            }
            _ => Err(self.refused()),
        }
    }

    /// It is back; what is late is charged by itself.
    pub(super) fn taken_back(self, record: Record, charge: Uuid) -> Result<Self, RentError> {
        if !matches!(self.state, BookingState::Active { .. }) {
            return Err(self.refused());
        }
        let fee = self.late_fee(record.at)?;
        let late = fee.is_positive().then(|| Charge {
            id: charge,
            kind: ChargeKind::Late,
            amount: fee,
            reason: "returned late".to_owned(),
            evidence: Vec::new(),
            at: record.at,
        });
        let charges = self.charges.into_iter().chain(late).collect();
        let state = BookingState::Returned { at: record.at };
        Ok(Self { state, charges, returned: Some(record), ..self })
    }

    /// What being back at that moment costs: each hour begun after the period, unless within the grace; never
    /// more than what is left of the deposit.
    pub fn late_fee(&self, back_at: Timestamp) -> Result<Money, RentError> {
        let late = back_at.signed_duration_since(self.period.ends_at());
        if late <= TimeDelta::minutes(self.late.grace_minutes.into()) {
            return Ok(Money::zero(self.late.hour.currency));
        }
        let fee = self.late.hour.times(i64::from(quote::hours_begun(late)))?;
        let most = self.chargeable()?;
        Ok(Money::new(fee.minor.min(most.minor), fee.currency))
    }

    pub(super) fn charged_with(mut self, charge: Charge) -> Result<Self, RentError> {
        if !matches!(self.state, BookingState::Returned { .. }) {
            return Err(self.refused());
        }
        let left = self.chargeable()?;
        if charge.amount.currency != left.currency || charge.amount.minor > left.minor {
            return Err(RentError::DepositTooSmall { left });
        }
        self.charges.push(charge);
        Ok(self)
    }

    /// Nothing is left to claim: what was not charged of the deposit goes back.
    pub(super) fn completed(self, refund: RefundId, at: Timestamp) -> Result<Self, RentError> {
        if !matches!(self.state, BookingState::Returned { .. } | BookingState::Confirmed { .. }) {
            return Err(self.refused());
        }
        let (claimed, returned) = (self.charged()?, self.chargeable()?);
        let deposit = match self.deposit {
            Deposit::Held { .. } => Deposit::Settled { returned, claimed, at },
            other => other,
        };
        let tax = Money::zero(returned.currency);
        let part = Some(BackPart { amount: returned, tax });
        let back = returned.is_positive().then_some(Back { refund, part });
        Ok(Self { state: BookingState::Completed { at }, deposit, back, ..self })
    }

    /// The deposit stands where refunds take it from.
    pub(super) fn with_deposit_freed(self, at: Timestamp) -> Self {
        let deposit = match self.deposit {
            Deposit::Held { amount, .. } => {
                Deposit::Settled { returned: amount, claimed: Money::zero(amount.currency), at }
            }
            other => other,
        };
        Self { deposit, ..self }
    }
}
