//! Lets unpaid orders run out, so that others may buy what they held.

use std::time::Duration;

use async_trait::async_trait;
use tracing::warn;

use super::{Sales, events};
use crate::{
    Effects, Failure, Order, OrderId,
    event::{Sweep, Trouble},
    order::{CancelReason, OrderError},
    payment::PaymentError,
    update,
};

pub struct ExpireOrders(pub Sales);

#[async_trait]
impl Sweep for ExpireOrders {
    fn name(&self) -> &'static str {
        "expire_orders"
    }

    fn every(&self) -> Duration {
        self.0.settings.expire_every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let sales = &self.0;
        let due = sales.orders.expired_orders(sales.env.now(), sales.settings.batch).await;
        let mut expired: usize = 0;
        for order in due.map_err(PaymentError::from)? {
            expired = expired.saturating_add(usize::from(sales.expire_or_warn(order).await));
        }
        Ok(expired)
    }
}

impl Sales {
    /// Whether the order ran out. One that cannot be cancelled keeps nobody behind it from running out, and is not
    /// counted, so that a batch of such orders is not taken up again at once.
    async fn expire_or_warn(&self, order: OrderId) -> bool {
        match self.expire(order).await {
            Ok(expired) => expired,
            Err(error) => {
                warn!(%order, code = error.code(), %error, "an order could not be cancelled when it ran out");
                false
            }
        }
    }

    /// False when somebody paid or cancelled in the meantime.
    async fn expire(&self, order: OrderId) -> Result<bool, PaymentError> {
        let expired = update(&*self.orders, order, |order: Order| {
            let (order, claims) = order.expire(self.env.now())?;
            let told = events::order_cancelled(&self.env, &order, CancelReason::Expired);
            Ok::<_, PaymentError>((order, Effects::none().claim(claims).tell(told)))
        });
        match expired.await {
            Ok(order) => Ok(order.is_some()),
            Err(PaymentError::Order(
                OrderError::AlreadyPaid | OrderError::Cancelled | OrderError::NotExpired,
            )) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
