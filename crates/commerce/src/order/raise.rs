//! Raise an order: copy what is sold and set aside what is held.

use super::{
    Address, Order, OrderError, OrderLine, OrderState, Origin, Policy, Redemption, Totals,
};
use crate::{Claim, ClaimMove, ClaimState, Effects, Money, OrderId, Timestamp, UserId, Write};

/// Everything an order is made of, decided by the way of selling.
#[derive(Debug, Clone)]
pub struct NewOrder {
    pub id: OrderId,
    pub buyer: UserId,
    pub origin: Origin,
    pub lines: Vec<OrderLine>,
    pub totals: Totals,
    pub address: Option<Address>,
    /// Until when it waits for payment.
    pub until: Timestamp,
}

impl Order {
    /// The new order, with the effects that write it and hold what its lines reserve.
    pub fn raise(new: NewOrder, now: Timestamp) -> Result<(Self, Effects), OrderError> {
        Self::raise_redeeming(new, None, now)
    }

    /// As [`Order::raise`], with a coupon whose uses are set aside as well.
    pub fn raise_redeeming(
        new: NewOrder,
        coupon: Option<Redemption>,
        now: Timestamp,
    ) -> Result<(Self, Effects), OrderError> {
        if let Some(coupon) = &coupon
            && !coupon.fits(&new.lines, &new.totals)?
        {
            return Err(OrderError::DoesNotAddUp);
        }
        let sums_up = || -> Result<bool, OrderError> {
            let subtotal =
                Money::sum(new.totals.currency(), new.lines.iter().map(|line| line.total))?;
            let ours = |money: Money| money.currency == new.totals.currency();
            let mut commissions = new.lines.iter().filter_map(|line| line.commission.as_ref());
            let fit = commissions.all(|commission| ours(commission.fee) && ours(commission.tax));
            Ok(subtotal == new.totals.subtotal && fit && !new.lines.is_empty())
        };
        if !sums_up()? {
            return Err(OrderError::DoesNotAddUp);
        }
        let order = Self {
            id: new.id,
            buyer: new.buyer,
            origin: new.origin,
            lines: new.lines,
            totals: new.totals,
            address: new.address,
            coupon,
            placed_at: now,
            state: OrderState::Pending { until: new.until },
            cancellation_request: None,
        };
        let holds = order.holds(new.until);
        Ok((order.clone(), Effects::none().write_order(Write::new(order)).claim(holds)))
    }

    fn holds(&self, until: Timestamp) -> Vec<ClaimMove> {
        let held = self.reservations().filter(|reservation| reservation.policy == Policy::Hold);
        let claim = |reservation: &super::Reservation| Claim {
            id: reservation.claim,
            resource: reservation.resource,
            units: reservation.units,
            span: reservation.span,
            holder: self.id.uuid(),
            state: ClaimState::Held { until },
        };
        held.map(|reservation| ClaimMove { claim: claim(reservation), from: None }).collect()
    }
}
