//! The life of an order: `Pending → Paid → Cancelled`.

use serde::{Deserialize, Serialize};

use super::{Order, OrderError, Policy, Reservation};
use crate::{Claim, ClaimMove, ClaimState, PaymentId, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum OrderState {
    /// Raised and waiting for payment until `until`.
    Pending {
        until: Timestamp,
    },
    Paid {
        at: Timestamp,
        payment: PaymentId,
    },
    Cancelled {
        at: Timestamp,
        reason: CancelReason,
    },
}

impl OrderState {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending { .. } => "pending",
            Self::Paid { .. } => "paid",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// Nobody paid in time.
    Expired,
    /// Paid for, but gone; refunded.
    OutOfStock,
    /// The buyer asked for it.
    Requested,
    /// Paid for and refunded in full.
    Refunded,
}

impl CancelReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::OutOfStock => "out_of_stock",
            Self::Requested => "requested",
            Self::Refunded => "refunded",
        }
    }
}

/// A buyer's wish to cancel; the shop decides on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancellationRequest {
    pub at: Timestamp,
    pub reason: String,
}

impl Order {
    /// The order is paid for: what was held is taken, what was not held is claimed now.
    ///
    /// An order that had expired comes back to life when everything can be claimed again;
    /// the commit refuses it with `OutOfStock` otherwise.
    pub fn pay(
        self,
        payment: PaymentId,
        at: Timestamp,
    ) -> Result<(Self, Vec<ClaimMove>), OrderError> {
        let moves = match &self.state {
            OrderState::Pending { until } => {
                let held = ClaimState::Held { until: *until };
                self.claims(|r| match r.policy {
                    Policy::Hold => Ok(self.claim_of(r, held).keep(at)?),
                    Policy::OnPayment => Ok(self.take_now(r, at)),
                })?
            }
            OrderState::Cancelled { at: since, reason: CancelReason::Expired } => {
                let released = ClaimState::Released { at: *since };
                self.claims(|r| match r.policy {
                    Policy::Hold => Ok(self.claim_of(r, released).keep(at)?),
                    Policy::OnPayment => Ok(self.take_now(r, at)),
                })?
            }
            OrderState::Paid { .. } => return Err(OrderError::AlreadyPaid),
            OrderState::Cancelled { .. } => return Err(OrderError::Cancelled),
        };
        Ok((Self { state: OrderState::Paid { at, payment }, ..self }, moves))
    }

    /// Gives back whatever the order holds or has taken.
    pub fn cancel(
        self,
        reason: CancelReason,
        at: Timestamp,
    ) -> Result<(Self, Vec<ClaimMove>), OrderError> {
        let moves = match &self.state {
            OrderState::Pending { until } => {
                let held = ClaimState::Held { until: *until };
                self.claims_where(Policy::Hold, |r| Ok(self.claim_of(r, held).release(at)?))?
            }
            OrderState::Paid { at: since, .. } => {
                let kept = ClaimState::Kept { at: *since };
                self.claims(|r| Ok(self.claim_of(r, kept).release(at)?))?
            }
            OrderState::Cancelled { .. } => return Err(OrderError::Cancelled),
        };
        Ok((Self { state: OrderState::Cancelled { at, reason }, ..self }, moves))
    }

    /// An unpaid order runs out.
    pub fn expire(self, now: Timestamp) -> Result<(Self, Vec<ClaimMove>), OrderError> {
        match self.state {
            OrderState::Pending { until } if until <= now => {
                self.cancel(CancelReason::Expired, now)
            }
            OrderState::Pending { .. } => Err(OrderError::NotExpired),
            OrderState::Paid { .. } => Err(OrderError::AlreadyPaid),
            OrderState::Cancelled { .. } => Err(OrderError::Cancelled),
        }
    }

    /// The buyer asks for cancellation; an order that is not paid yet can then be cancelled at once.
    pub fn request_cancellation(self, reason: String, at: Timestamp) -> Result<Self, OrderError> {
        match self.state {
            OrderState::Pending { .. } | OrderState::Paid { .. } => {
                let request = self.cancellation_request.clone();
                let request = request.unwrap_or(CancellationRequest { at, reason });
                Ok(Self { cancellation_request: Some(request), ..self })
            }
            OrderState::Cancelled { .. } => Err(OrderError::Cancelled),
        }
    }

    fn claims(
        &self,
        mut f: impl FnMut(&Reservation) -> Result<ClaimMove, OrderError>,
    ) -> Result<Vec<ClaimMove>, OrderError> {
        self.reservations().map(&mut f).collect()
    }

    fn claims_where(
        &self,
        policy: Policy,
        mut f: impl FnMut(&Reservation) -> Result<ClaimMove, OrderError>,
    ) -> Result<Vec<ClaimMove>, OrderError> {
        self.reservations().filter(|r| r.policy == policy).map(&mut f).collect()
    }

    /// What its lines reserve, and the uses of its coupon.
    pub(crate) fn reservations(&self) -> impl Iterator<Item = &Reservation> {
        let uses = self.coupon.iter().flat_map(|coupon| &coupon.uses);
        self.lines.iter().filter_map(|line| line.reservation.as_ref()).chain(uses)
    }

    /// Whether a claim is a use of the order's coupon.
    pub fn is_coupon_use(&self, claim: &Claim) -> bool {
        self.coupon.iter().flat_map(|coupon| &coupon.uses).any(|used| used.claim == claim.id)
    }

    fn claim_of(&self, reservation: &Reservation, state: ClaimState) -> Claim {
        Claim {
            id: reservation.claim,
            resource: reservation.resource,
            units: reservation.units,
            span: reservation.span,
            holder: self.id.uuid(),
            state,
        }
    }

    fn take_now(&self, reservation: &Reservation, at: Timestamp) -> ClaimMove {
        ClaimMove { claim: self.claim_of(reservation, ClaimState::Kept { at }), from: None }
    }
}
