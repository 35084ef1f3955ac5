//! Hears what became of a booking's order: paid confirms it, cancelled ends it.

use async_trait::async_trait;
use commerce::{
    Effects, Order, OrderId, Timestamp,
    event::{Delivery, Subscriber, Trouble},
    order::{CancelReason, OrderState},
    payment::RefundId,
};

use super::{
    Back, Booking, BookingState, Side,
    events::{What, money_due, told},
};
use crate::{MODE, Rent, RentError};

pub struct HearOrders(pub Rent);

#[async_trait]
impl Subscriber for HearOrders {
    fn name(&self) -> &'static str {
        "rent.hear_orders"
    }

    fn events(&self) -> &'static [&'static str] {
        &["order_paid", "order_cancelled"]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        Ok(self.0.hear_order(delivery.subject.into()).await?)
    }
}

impl Rent {
    /// Goes by how the order stands now, so news may come late, twice or out of order.
    async fn hear_order(&self, order: OrderId) -> Result<(), RentError> {
        let Some(order) = self.orders.find(order).await?.map(|stored| stored.state) else {
            return Ok(());
        };
        if order.origin.mode != MODE {
            return Ok(());
        }
        let id = order.origin.reference.into();
        self.change_by_itself(id, |booking, now| {
            if booking.order != Some(order.id) {
                return Ok(None);
            }
            self.follow(booking, &order, now)
        })
        .await
        .map(|_| ())
    }

    fn follow(
        &self,
        booking: Booking,
        order: &Order,
        now: Timestamp,
    ) -> Result<Option<(Booking, Effects)>, RentError> {
        let (after, what) = match (&order.state, booking.state) {
            (OrderState::Paid { .. }, BookingState::Held { .. } | BookingState::Expired { .. }) => {
                (booking.confirmed(now)?, What::Confirmed)
            }
            (
                OrderState::Cancelled { reason: CancelReason::Expired, .. },
                BookingState::Held { .. },
            ) => (booking.expired(now)?, What::Expired),
            // Money came after all for a booking that is off: all of it goes back.
            (OrderState::Paid { .. }, BookingState::Cancelled { .. }) => {
                let refund = RefundId::new(&self.env);
                let back = booking.back.or(Some(Back { refund, part: None }));
                let owing = Booking { back, ..booking };
                let due = money_due(&self.env, &owing);
                return Ok(Some((owing, due)));
            }
            // Refunded whole or called off by an operator.
            (
                OrderState::Cancelled { .. },
                BookingState::Held { .. } | BookingState::Confirmed { .. },
            ) => (booking.cancelled(Side::House, now)?.with_deposit_freed(now), What::Cancelled),
            // The vehicle is out or back, but there is no deposit left to settle.
            (
                OrderState::Cancelled { .. },
                BookingState::Active { .. } | BookingState::Returned { .. },
            ) => {
                let freed = booking.clone().with_deposit_freed(now);
                return Ok((freed != booking).then_some((freed, Effects::none())));
            }
            _ => return Ok(None),
        };
        let told = told(&self.env, what, &after);
        Ok(Some((after, told)))
    }
}
